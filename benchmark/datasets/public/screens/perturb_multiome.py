"""Perturb-Multiome (Martin-Rufino et al., Science 2025) as in GROOVE, Appendix D.

Modality 1 is gene expression, modality 2 the accessibility of genes. The raw files are GEO's
(GSE274113), one 10x matrix per library with genes and peaks, the table of cells with time point
and target of the guide, and a GENCODE annotation:

- `*_repN_filtered_feature_bc_matrix.h5`, or a folder per library with `matrix.mtx.gz`,
  `barcodes.tsv.gz` and `features.tsv.gz`;
- `*metadata.csv.gz`, ids like `rep1_AAACAGCCAAGTTATC-1`;
- `gencode.*.annotation.gtf.gz`.

The paper names GENCODE M38, an annotation of the mouse; the cells are human, so the human
annotation belongs here.
"""

import re
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field
from scipy import sparse

from benchmark.datasets.base import Strings
from benchmark.datasets.preprocessing.columnwise import Detected, HighlyVariable, TfIdf
from benchmark.datasets.preprocessing.projection import Svd
from benchmark.datasets.preprocessing.rowwise import Log1p, NormalizeTotal
from benchmark.datasets.public.screens.genes import Distance, gene_scores, nearest_genes, read_genes
from benchmark.datasets.public.screens.raw.files import find_one, need_column, read_metadata
from benchmark.datasets.public.screens.raw.tenx import GENES, PEAKS, Library, libraries
from benchmark.datasets.public.screens.report import Report
from benchmark.datasets.public.screens.screen import GROUP, Assay, Screen, draw_per_group
from benchmark.datasets.public.screens.sparse_steps import apply_step, apply_steps, check_counts
from benchmark.datasets.public.screens.writing import write_screen
from benchmark.datasets.spec import Steps
from weakpair.errors import DataError
from weakpair.specs import Frozen


class Spec(Frozen):
    """The steps of Appendix D, in its order; what it leaves open is marked [choice].

    Attributes:
        day: the time point; the column `timepoint` holds it as a number, e.g. "Day 14".
        timepoint: column of the time point.
        target: column of the guide's target; cells without one are left out.
        library: pattern of a library's name in the name of its file or folder; cells are called
            LIBRARY_BARCODE. With a single library that has no such name they are called BARCODE.
        peaks: peaks that are seen in fewer cells are left out, library by library [choice: every
            library has its own peaks].
        within: bases to the nearest gene, at most; farther peaks are left out.
        distance: to the "body" of the gene or to its "tss" [choice: the body].
        atac: what is done to the accessibility of genes, summed over their peaks [choice: the
            weighting that Signac calls method 1].
        rna: what is done to RNA counts.
        perturbations: how many, by falling number of cells; None for all that have `cells`
            [choice: the control counts as one; the screen has 19 targets and the control].
        cells: cells per perturbation, drawn with `seed`; perturbations with fewer are left out.
        seed: which cells are drawn.
    """

    kind_of_spec: ClassVar[str] = "preparation of Perturb-Multiome"
    day: int = 14
    timepoint: str = "Timepoint"
    target: str = "target"
    library: str = r"(?<![A-Za-z])rep\d+"
    peaks: Detected = Detected(share=0.01)
    within: int = Field(default=100_000, ge=0)
    distance: Distance = "body"
    atac: Steps = (TfIdf(), Svd(n=256))
    rna: Steps = (
        NormalizeTotal(target_sum=1e4),
        Log1p(),
        Detected(share=0.01),
        HighlyVariable(n=512),
    )
    perturbations: int | None = Field(default=20, ge=1)
    cells: int = Field(default=128, ge=1)
    seed: int = Field(default=0, ge=0)


def prepare(raw: Path, out: Path, spec: Spec) -> Report:
    """Prepare the screen from the fetched files.

    Args:
        raw: folder of the fetched files.
        out: the data set's folder, written as the folder loader reads it.
        spec: the parameters of the steps.

    Returns:
        Cells, features and perturbations after every step.

    Raises:
        DataError: a file, column or time point is missing or wrong, or no perturbation is left.
    """
    report = Report("perturb-multiome")
    screen = _read(raw, spec, report)
    screen = apply_steps(screen, "second", spec.atac, report)
    screen = apply_steps(screen, "first", spec.rna, report)
    screen = _balanced(screen, spec)
    report.add(f"{spec.cells} cells per perturbation", screen)
    write_screen(out, screen)
    return report


def _read(raw: Path, spec: Spec, report: Report) -> Screen:
    """Counts of genes, and accessibility of genes, of the day's cells with a target."""
    path = find_one(raw, "the cells' metadata", "*metadata.csv.gz", "*metadata.csv", "*guides.tsv*")
    table = _day(read_metadata(path), spec, path)
    annotation = find_one(raw, "the gene annotation", "gencode*.gtf.gz", "*.gtf.gz", "*.gtf")
    genes = read_genes(annotation)
    found = libraries(raw)
    parts = []
    for library in found:
        name = _name(library, spec, alone=len(found) == 1)
        ids = np.array([f"{name}_{code}" if name else code for code in library.barcodes], dtype=str)
        mine = np.isin(ids, table.index)
        if mine.any():
            parts.append(_library(library, ids, mine, table, genes, spec, report))
    if not parts:
        raise DataError(
            f"{path}: no cell of day {spec.day} stands in a matrix of {raw}; cells are called "
            f"LIBRARY_BARCODE, e.g. {str(table.index[0])!r}"
        )
    screen = _joined(parts)
    report.add("libraries joined", screen)
    return screen


def _day(table: pd.DataFrame, spec: Spec, path: Path) -> pd.DataFrame:
    """Cells of the day with a target: columns group and those of the table."""
    days = need_column(table, spec.timepoint, path).str.extract(r"(\d+)")[0]
    target = need_column(table, spec.target, path)
    mine = table[(days == str(spec.day)) & (target != "")]
    if mine.empty:
        known = ", ".join(sorted(set(days.dropna()), key=int))
        raise DataError(f"{path}: no cell of day {spec.day}; {spec.timepoint!r} has {known}")
    return mine.assign(**{GROUP: target[mine.index]})


def _name(library: Library, spec: Spec, *, alone: bool) -> str:
    """The library's name, from its file or else its folder."""
    for part in (library.path.name, library.path.parent.name):
        match = re.search(spec.library, part)
        if match:
            return match[0]
    if alone:
        return ""
    raise DataError(f"{library.path}: the name has no library like {spec.library!r}; rename it")


def _library(
    library: Library,
    ids: Strings,
    mine: NDArray[np.bool_],
    table: pd.DataFrame,
    genes: pd.DataFrame,
    spec: Spec,
    report: Report,
) -> Screen:
    """One library's cells; peaks are filtered and gathered by gene."""
    codes = library.barcodes[mine]
    rna, atac = library.read(codes, GENES), library.read(codes, PEAKS)
    check_counts(rna.sparse(), str(library.path))
    screen = Screen(rna, atac, table.loc[ids[mine].tolist()])
    report.add(f"{library.path.name}: day {spec.day}", screen)
    screen = screen.change("second", lambda assay: apply_step(assay, spec.peaks))
    report.add(f"{library.path.name}: peaks in {spec.peaks.share:.1%} of cells", screen)
    nearest = nearest_genes(screen.second.features, genes, spec.within, spec.distance)
    screen = screen.change("second", lambda assay: gene_scores(assay, nearest))
    report.add(f"{library.path.name}: genes within {spec.within} bases", screen)
    return screen


def _joined(parts: list[Screen]) -> Screen:
    """Libraries one under the other; the genes of any of them."""
    obs = pd.concat([part.obs for part in parts])
    return Screen(_stack([p.first for p in parts]), _stack([p.second for p in parts]), obs)


def _stack(assays: list[Assay]) -> Assay:
    names = np.unique(np.concatenate([assay.features for assay in assays]))
    rows = []
    for assay in assays:
        entries = assay.sparse().tocoo()
        columns = np.searchsorted(names, assay.features)[entries.coords[1]]
        shape = (assay.x.shape[0], len(names))
        rows.append(sparse.coo_array((entries.data, (entries.coords[0], columns)), shape=shape))
    return Assay(sparse.csr_array(sparse.vstack(rows, format="csr")), names)


def _balanced(screen: Screen, spec: Spec) -> Screen:
    """The largest perturbations, each with the same number of cells."""
    sizes = sorted(screen.groups.items(), key=lambda item: (-item[1], item[0]))
    enough = [name for name, size in sizes if size >= spec.cells]
    wanted = len(enough) if spec.perturbations is None else spec.perturbations
    if len(enough) < max(wanted, 1):
        raise DataError(
            f"{len(enough)} perturbations have {spec.cells} cells, {wanted} are wanted; lower "
            "cells or perturbations"
        )
    screen = screen.cells(np.isin(screen.labels, enough[:wanted]))
    rows = draw_per_group(screen.labels, dict.fromkeys(screen.groups, spec.cells), spec.seed)
    return screen.cells(rows)
