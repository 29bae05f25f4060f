"""sci-CAR: RNA and chromatin of the same A549 nuclei, 0, 1 or 3 hours after dexamethasone."""

from pathlib import Path
from typing import ClassVar

import pandas as pd

from benchmark.datasets.public.screens.report import Report
from benchmark.datasets.public.sets.readers import read_pickled_names, read_sparse
from benchmark.datasets.public.sets.tables import numbered, screen, write
from weakpair.errors import DataError
from weakpair.specs import Frozen


class ScicarSpec(Frozen):
    """Choice of what is kept.

    Attributes:
        cell_line: only nuclei of that line, which alone was treated.
    """

    kind_of_spec: ClassVar[str] = "preparation"
    cell_line: str = "A549"


def prepare(raw: Path, out: Path, spec: ScicarSpec) -> Report:
    """Counts of genes and motifs; the time of treatment is the group."""
    names = read_pickled_names(raw / "shared_cells.pkl")
    obs = _metadata(raw / "GSM3271040_RNA_sciCAR_A549_cell.txt", names)
    # The files hold features × cells.
    x1 = read_sparse(raw / "diff_expr_shared_cells.npz").T.toarray()
    x2 = read_sparse(raw / "diff_atac_shared_cells.npz").T.toarray()
    genes, motifs = numbered("gene", x1.shape[1], 4), numbered("motif", x2.shape[1], 4)
    joint = screen(x1, genes, x2, motifs, obs, raw)
    report = Report("scicar")
    report.add("raw", joint)
    chosen = (obs["cell_name"] == spec.cell_line) & obs["treatment_time"].notna()
    joint = joint.cells(chosen.to_numpy(dtype=bool))
    report.add(f"{spec.cell_line} with a time of treatment", joint)
    for which in ("first", "second"):
        joint = joint.change(which, lambda assay: assay.columns((assay.dense() != 0).any(axis=0)))
    report.add("features that are not all zero", joint)
    return write(joint, out, report)


def _metadata(path: Path, names: list[str]) -> pd.DataFrame:
    table = pd.read_csv(path, index_col=0)
    missing = [name for name in names if name not in table.index]
    if missing:
        raise DataError(f"{path}: no row for {len(missing)} cells, first {missing[0]!r}")
    obs = table.loc[names]
    hours = [f"dex_{time:g}h" for time in obs["treatment_time"]]
    plate = [name.split("-")[2] for name in names]
    return obs.assign(group=hours, plate=plate)
