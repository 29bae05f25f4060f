"""Perturb-CITE-seq (Frangieh et al., Nature Genetics 2021) as in GROOVE, Appendix E.

Modality 1 is RNA, modality 2 surface proteins. The raw files are the Single Cell Portal's
(SCP1064) or scPerturb's:

- portal: `RNA_metadata.csv`, `RNA_expression.csv.gz` (genes x cells, ln(TPM + 1)), and
  `Protein_expression.csv.gz` (20 proteins, log-ratio to the isotype control) or
  `raw_CITE_expression.csv.gz` (24 antibodies, counts);
- scPerturb: `FrangiehIzar2021_RNA.h5ad` and `FrangiehIzar2021_protein.h5ad`, counts.
"""

from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from benchmark.datasets.preprocessing.columnwise import HighlyVariable
from benchmark.datasets.preprocessing.projection import Pca
from benchmark.datasets.preprocessing.rowwise import Log1p, NormalizeTotal
from benchmark.datasets.public.screens.energy import Metric, energy_distances
from benchmark.datasets.public.screens.raw.frangieh import Read, read
from benchmark.datasets.public.screens.report import Report
from benchmark.datasets.public.screens.screen import Assay, Screen, draw_per_group
from benchmark.datasets.public.screens.sparse_steps import (
    Vector,
    apply_step,
    apply_steps,
    column_means,
    hvg_columns,
)
from benchmark.datasets.public.screens.writing import write_screen
from benchmark.datasets.spec import Steps
from weakpair.errors import DataError
from weakpair.specs import Frozen


class Spec(Frozen):
    """The steps of Appendix E, in its order; what it leaves open is marked [choice].

    Attributes:
        read: which files, condition and cells.
        rna: what is done to RNA counts first.
        relative: subtract the mean of the control cells, in both modalities.
        min_energy: perturbations nearer to the control are left out.
        energy_on: what is made of log RNA before the energy distance is computed; without a step
            it is computed on all genes [choice: the paper names no features; 50 components of
            2,000 highly variable genes as in scPerturb].
        energy_metric: distance between cells [choice: Euclidean, as the statistic is defined].
        min_cells: perturbations with fewer cells are left out.
        hvg: how many highly variable genes, Seurat flavour.
        hvg_on: the values that it looks at: "relative" to the control, as the order of the paper's
            steps has it, or the "log" values before the subtraction.
        control_cells: cells of the control in the result, drawn with `seed`; None keeps all
            [choice: 270, the paper's largest condition, where 6,144 cells are controls].
        seed: which control cells are drawn.
    """

    kind_of_spec: ClassVar[str] = "preparation of Perturb-CITE-seq"
    read: Read = Read()
    rna: Steps = (NormalizeTotal(target_sum=1e4), Log1p())
    relative: bool = True
    min_energy: float = 0.05
    energy_on: Steps = (HighlyVariable(n=2000), Pca(n=50))
    energy_metric: Metric = "euclidean"
    min_cells: int = Field(default=50, ge=2)
    hvg: HighlyVariable | None = HighlyVariable(n=500)
    hvg_on: Literal["relative", "log"] = "relative"
    control_cells: int | None = Field(default=270, ge=1)
    seed: int = Field(default=0, ge=0)


def prepare(raw: Path, out: Path, spec: Spec) -> Report:
    """Prepare the screen from the fetched files.

    Args:
        raw: folder of the fetched files.
        out: the data set's folder, written as the folder loader reads it.
        spec: the parameters of the steps.

    Returns:
        Cells, features and perturbations after every step, and all energy distances.

    Raises:
        DataError: a file or column is missing or wrong, or no perturbation is left.
    """
    report = Report("perturb-cite-seq")
    screen = apply_steps(read(raw, spec.read, report), "first", spec.rna, report)
    baselines = _control_means(screen, spec.read.control)
    report.add("means of the control cells", screen)
    screen = _distant(screen, spec, report)
    if spec.hvg is not None:
        screen, baselines = _variable(screen, spec, spec.hvg, baselines)
        report.add(f"{spec.hvg.n} highly variable genes", screen)
    most = {} if spec.control_cells is None else {spec.read.control: spec.control_cells}
    screen = screen.cells(draw_per_group(screen.labels, most, spec.seed))
    report.add(f"control cells: {spec.control_cells or 'all'}", screen)
    if spec.relative:
        screen = Screen(
            _relative(screen.first, baselines[0]),
            _relative(screen.second, baselines[1]),
            screen.obs,
        )
        report.add("relative to the control", screen)
    write_screen(out, screen)
    return report


def _control_means(screen: Screen, control: str) -> tuple[Vector, Vector]:
    """Mean of every feature over the control cells, in both modalities."""
    cells = screen.cells(screen.labels == control)
    first, second = (column_means(assay.sparse()) for assay in (cells.first, cells.second))
    return first, second


def _relative(assay: Assay, baseline: Vector) -> Assay:
    return Assay((assay.dense() - baseline).astype(np.float32), assay.features)


def _distant(screen: Screen, spec: Spec, report: Report) -> Screen:
    """Perturbations with enough cells and far enough from the control, and the control.

    Distances between cells do not change when a baseline is subtracted, so the sparse values serve.
    """
    control, sizes = spec.read.control, screen.groups
    large = [name for name, size in sizes.items() if size >= spec.min_cells or name == control]
    screen = screen.cells(np.isin(screen.labels, large))
    report.add(f"perturbations of at least {spec.min_cells} cells", screen)
    rna = screen.first
    for step in spec.energy_on:
        rna = apply_step(rna, step)
    found = energy_distances(rna.dense(), screen.labels, control, spec.energy_metric)
    ordered = sorted(found.items(), key=lambda item: -item[1])
    report.figures["energy distance to the control"] = dict(ordered)
    far = [name for name, value in found.items() if value >= spec.min_energy]
    if not far:
        name, value = ordered[0] if ordered else ("none", float("nan"))
        raise DataError(
            f"no perturbation of {spec.min_cells} cells has an energy distance of "
            f"{spec.min_energy:g} to the control; the farthest is {name} at {value:.3g}"
        )
    screen = screen.cells(np.isin(screen.labels, [*far, control]))
    report.add(f"energy distance of at least {spec.min_energy:g}", screen)
    return screen


def _variable(
    screen: Screen, spec: Spec, step: HighlyVariable, baselines: tuple[Vector, Vector]
) -> tuple[Screen, tuple[Vector, Vector]]:
    """The highly variable genes, and their baselines."""
    relative = spec.relative and spec.hvg_on == "relative"
    columns = hvg_columns(screen.first.sparse(), step, baselines[0] if relative else None)
    screen = screen.change("first", lambda assay: assay.columns(columns))
    return screen, (baselines[0][columns], baselines[1])
