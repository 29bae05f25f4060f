"""SNARE-seq of a mixture of four cell lines, as SCOT reduced it."""

from pathlib import Path
from typing import ClassVar

import pandas as pd

from benchmark.datasets.loaders.folder import column
from benchmark.datasets.public.screens.report import Report
from benchmark.datasets.public.sets.readers import read_npy
from benchmark.datasets.public.sets.tables import screen, write
from weakpair.specs import Frozen


class SnareSpec(Frozen):
    """No choice: the reduced features are taken as they are."""

    kind_of_spec: ClassVar[str] = "preparation"


def prepare(raw: Path, out: Path, spec: SnareSpec) -> Report:  # noqa: ARG001
    """Ten principal components of RNA, 19 topics of ATAC; the cell line is the group."""
    path = raw / "SNAREseq_metadata.txt"
    obs = pd.read_csv(path, sep="\t", dtype={"Barcode": str, "CellType": str})
    obs.index = pd.Index(column(obs, "Barcode", str(path)))
    obs = obs.drop(columns="Barcode").assign(group=column(obs, "CellType", str(path)))
    x1 = read_npy(raw / "SNAREseq_rna_feat.npy")
    x2 = read_npy(raw / "SNAREseq_atac_feat.npy")
    components = [f"rna_pc{j}" for j in range(x1.shape[1])]
    topics = [f"atac_topic{j}" for j in range(x2.shape[1])]
    return write(screen(x1, components, x2, topics, obs, raw), out, Report("snare"))
