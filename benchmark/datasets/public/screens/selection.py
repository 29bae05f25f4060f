"""Selection of perturbations and of their cells."""

from typing import ClassVar

import numpy as np
from pydantic import Field

from benchmark.datasets.public.screens.report import Report
from benchmark.datasets.public.screens.screen import Screen, draw_per_group
from weakpair.errors import DataError, UnknownNameError
from weakpair.specs import Frozen


class Selection(Frozen):
    """Perturbations and cells to keep.

    Attributes:
        drop: perturbations to leave out.
        min_cells: perturbations with fewer cells are left out.
        max_cells: at most that many cells per perturbation, drawn with `seed`; None keeps all.
        seed: which cells are drawn.
    """

    kind_of_spec: ClassVar[str] = "selection of cells"
    drop: tuple[str, ...] = ()
    min_cells: int = Field(default=0, ge=0)
    max_cells: int | None = Field(default=None, ge=1)
    seed: int = Field(default=0, ge=0)


def select(screen: Screen, spec: Selection, report: Report) -> Screen:
    """Keep what the spec asks for, with a row in the report for every step that it sets.

    Raises:
        DataError: a perturbation to drop that no cell has, or none is left.
    """
    if spec.drop:
        for name in spec.drop:
            if name not in screen.groups:
                raise DataError(f"drop: {UnknownNameError('perturbation', name, screen.groups)}")
        screen = screen.cells(~np.isin(screen.labels, spec.drop))
        report.add(f"without {', '.join(spec.drop)}", screen)
    if spec.min_cells:
        large = [name for name, size in screen.groups.items() if size >= spec.min_cells]
        screen = screen.cells(np.isin(screen.labels, large))
        report.add(f"perturbations of at least {spec.min_cells} cells", screen)
    if spec.max_cells is not None:
        most = dict.fromkeys(screen.groups, spec.max_cells)
        screen = screen.cells(draw_per_group(screen.labels, most, spec.seed))
        report.add(f"at most {spec.max_cells} cells per perturbation", screen)
    return screen
