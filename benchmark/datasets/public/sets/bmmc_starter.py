"""The starter sample of the NeurIPS 2021 bone-marrow CITE-seq data."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmark.datasets.loaders.h5ad import open_file
from benchmark.datasets.public.screens.report import Report
from benchmark.datasets.public.sets.tables import screen, write
from weakpair.errors import DataError
from weakpair.specs import Frozen

RNA = "openproblems_bmmc_cite_starter.output_rna.h5ad"
PROTEIN = "openproblems_bmmc_cite_starter.output_mod2.h5ad"

# Beginning of a cell type's name → lineage; the first that fits.
LINEAGES = {
    "CD4+ T": "CD4 T",
    "T reg": "CD4 T",
    "CD8+ T": "CD8 T",
    "MAIT": "other T",
    "gdT": "other T",
    "dnT": "other T",
    "NK": "NK/ILC",
    "ILC": "NK/ILC",
    "B1 B": "B/plasma",
    "Naive CD20+ B": "B/plasma",
    "Transitional B": "B/plasma",
    "Plasma": "B/plasma",
    "CD14+ Mono": "Mono",
    "CD16+ Mono": "Mono",
    "cDC": "DC",
    "pDC": "DC",
    "HSC": "progenitor/erythroid",
    "Lymph prog": "progenitor/erythroid",
    "G/M prog": "progenitor/erythroid",
    "MK/E prog": "progenitor/erythroid",
    "Proerythroblast": "progenitor/erythroid",
    "Erythroblast": "progenitor/erythroid",
    "Normoblast": "progenitor/erythroid",
    "Reticulocyte": "progenitor/erythroid",
}


class BmmcStarterSpec(Frozen):
    """Choice of what stands for the perturbation.

    Attributes:
        group: "lineage", made from the cell type's name, or a column of the metadata.
        layer: the layer with raw counts; where a file has none of that name, its X.
    """

    kind_of_spec: ClassVar[str] = "preparation"
    group: str = "lineage"
    layer: str = "counts"


def prepare(raw: Path, out: Path, spec: BmmcStarterSpec) -> Report:
    """Raw counts of genes and surface proteins of the same cells."""
    rna, protein = (open_file("anndata", "read_h5ad", raw / name) for name in (RNA, PROTEIN))
    if list(rna.obs_names) != list(protein.obs_names):
        raise DataError(f"{raw}: {RNA} and {PROTEIN} hold other cells, or in another order")
    further = [name for name in protein.obs.columns if name not in rna.obs.columns]
    obs = rna.obs.join(protein.obs[further])
    if spec.group == "lineage":
        group = [lineage(name) for name in obs["cell_type"]]
    elif spec.group in obs.columns:
        group = [str(label) for label in obs[spec.group]]
    else:
        raise DataError(f"{raw / RNA}: no column {spec.group!r}; known: {', '.join(obs.columns)}")
    joint = screen(
        _counts(rna, spec.layer, raw / RNA),
        [str(name) for name in rna.var_names],
        _counts(protein, spec.layer, raw / PROTEIN),
        [str(name) for name in protein.var_names],
        _plain(obs).assign(group=group),
        raw,
    )
    return write(joint, out, Report("bmmc starter"))


def lineage(cell_type: str) -> str:
    """The lineage of a cell type.

    Raises:
        DataError: a type that no rule fits.

    >>> lineage("CD8+ T CD49f+"), lineage("Transitional B")
    ('CD8 T', 'B/plasma')
    """
    for beginning, name in LINEAGES.items():
        if cell_type.startswith(beginning):
            return name
    raise DataError(f"cell type {cell_type!r} belongs to no lineage that is known; use group=…")


def _counts(data: Any, layer: str, path: Path) -> NDArray[np.float32]:
    array = data.layers.get(layer, data.X)
    counts = np.asarray(array.toarray() if hasattr(array, "toarray") else array, np.float32)
    if (counts < 0).any() or (counts != np.round(counts)).any():
        raise DataError(f"{path}: no raw counts, neither in X nor in the layer {layer!r}")
    return counts


def _plain(obs: pd.DataFrame) -> pd.DataFrame:
    """Categories as text."""
    text = obs.select_dtypes("category").columns
    return obs.astype(dict.fromkeys(text, object))
