"""BMMC CITE-seq of the NeurIPS 2021 competition (GSE194122), as in propensity-score alignment.

One `*cite_BMMC_processed.h5ad` (or `.h5ad.gz`, as GEO has it) with genes and surface proteins in
one matrix, told apart by `var["feature_types"]`. The perturbation is the cell type.
"""

import gzip
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import numpy as np
import pandas as pd

from benchmark.datasets.preprocessing.projection import Pca
from benchmark.datasets.preprocessing.rowwise import Clr, Log1p, NormalizeTotal
from benchmark.datasets.public.screens.raw.files import find_one, need_column, one_line, open_hdf5
from benchmark.datasets.public.screens.raw.scverse_files import AnnDataGroup
from benchmark.datasets.public.screens.report import Report
from benchmark.datasets.public.screens.screen import GROUP, Assay, Screen
from benchmark.datasets.public.screens.selection import Selection, select
from benchmark.datasets.public.screens.sparse_steps import apply_steps, check_counts
from benchmark.datasets.public.screens.writing import write_screen
from benchmark.datasets.spec import Steps
from weakpair.errors import DataError, UnknownNameError
from weakpair.specs import Frozen


class Spec(Frozen):
    """The steps; what the paper leaves open is marked [choice].

    Attributes:
        group: column of the labels that stand for treatments.
        layer: layer of the counts.
        types: values of `var["feature_types"]` for modality 1 and 2.
        selection: which labels and how many cells.
        rna: what is done to RNA counts; the paper takes 200 principal components.
        proteins: what is done to protein counts [choice: centred log-ratios].
        batch: column that is kept as the batch.
    """

    kind_of_spec: ClassVar[str] = "preparation of BMMC CITE-seq"
    group: str = "cell_type"
    layer: str = "counts"
    types: tuple[str, str] = ("GEX", "ADT")
    selection: Selection = Selection()
    rna: Steps = (NormalizeTotal(target_sum=1e4), Log1p(), Pca(n=200))
    proteins: Steps = (Clr(),)
    batch: str = "batch"


def prepare(raw: Path, out: Path, spec: Spec) -> Report:
    """Prepare the set from the fetched file.

    Args:
        raw: folder of the fetched file.
        out: the data set's folder, written as the folder loader reads it.
        spec: the parameters of the steps.

    Returns:
        Cells, features and labels after every step.

    Raises:
        DataError: the file, a layer, column or type of features is missing or wrong.
    """
    report = Report("bmmc-cite")
    with _unpacked(find_one(raw, "the set", "*.h5ad", "*.h5ad.gz")) as path:
        screen = _read(path, spec, report)
    screen = select(screen, spec.selection, report)
    screen = apply_steps(screen, "first", spec.rna, report)
    screen = apply_steps(screen, "second", spec.proteins, report)
    write_screen(out, screen)
    return report


@contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    """The file itself, or what a .gz holds, for as long as it is read."""
    if path.suffix != ".gz":
        yield path
        return
    with TemporaryDirectory() as folder:
        plain = Path(folder) / path.stem
        with one_line(path), gzip.open(path, "rb") as packed, plain.open("wb") as file:
            shutil.copyfileobj(packed, file, 2**20)
        yield plain


def _read(path: Path, spec: Spec, report: Report) -> Screen:
    with open_hdf5(path) as file:
        group = AnnDataGroup(file, path.name)
        table = group.table("obs")
        obs = pd.DataFrame({GROUP: need_column(table, spec.group, path.name)})
        if spec.batch in table.columns:
            obs["batch"] = table[spec.batch].astype(str)
        obs = obs[obs[GROUP] != ""]
        first, second = (_assay(group, obs, kind, spec) for kind in spec.types)
    screen = Screen(first, second, obs)
    report.add("cells with a label", screen)
    return screen


def _assay(group: AnnDataGroup, obs: pd.DataFrame, kind: str, spec: Spec) -> Assay:
    types = need_column(group.table("var"), "feature_types", group.where)
    columns = np.flatnonzero(types == kind)
    if not columns.size:
        error = UnknownNameError("type of features", kind, set(types))
        raise DataError(f"{group.where}: {error}")
    assay = group.assay(obs.index.to_list(), spec.layer, columns.astype(np.int64))
    check_counts(assay.sparse(), group.where)
    return assay
