"""Report of a preparation: counts of a screen after every step."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from logging import getLogger
from typing import Any

from benchmark.datasets.public.screens.screen import Screen

_LOG = getLogger(__name__)
_HEAD = ("step", "cells", "features 1", "features 2", "perturbations")


@dataclass(frozen=True)
class Row:
    """Counts after a step; features of modality 1 and 2, perturbations with the control."""

    step: str
    cells: int
    features1: int
    features2: int
    perturbations: int


@dataclass
class Report:
    """The steps of a preparation, and figures that choices were made by.

    `figures` holds them by name, e.g. every perturbation's energy distance to the control.
    """

    pipeline: str
    rows: list[Row] = field(default_factory=list)
    figures: dict[str, Mapping[str, float]] = field(default_factory=dict)

    def add(self, step: str, screen: Screen) -> None:
        """Note the counts after a step, and log them."""
        row = Row(
            step,
            len(screen),
            len(screen.first.features),
            len(screen.second.features),
            len(screen.groups),
        )
        self.rows.append(row)
        _LOG.info("%s: %s", self.pipeline, row)

    def table(self) -> dict[str, Any]:
        """Plain values, as they are stored."""
        return {
            "pipeline": self.pipeline,
            "steps": [asdict(row) for row in self.rows],
            "figures": {name: dict(values) for name, values in self.figures.items()},
        }

    def __str__(self) -> str:
        """A table for the terminal, numbers to the right."""
        body = [tuple(str(value) for value in asdict(row).values()) for row in self.rows]
        widths = [max(map(len, column)) for column in zip(_HEAD, *body, strict=True)]
        return "\n".join(
            "  ".join(
                text.ljust(width) if j == 0 else text.rjust(width)
                for j, (text, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in (_HEAD, *body)
        )
