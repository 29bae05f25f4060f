"""`bench list`: what can stand in a grid."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from benchmark.cli.streams import say, screen, shown


class What(StrEnum):
    """Kinds of things that can be listed."""

    learners = "learners"
    aligners = "aligners"
    datasets = "datasets"
    grids = "grids"
    metrics = "metrics"
    preprocess = "preprocess"


def list_names(what: Annotated[What, typer.Argument(help="What to list.")]) -> None:
    """List learners, aligners, data sets, grids, metrics or preprocessing, a line each.

    Example:
        bench list aligners
    """
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    head, rows = _rows(what)
    for column in head:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(shown(text)) for text in row))
    console = screen()
    if not console.is_terminal:
        console = screen(width=400)  # piped output keeps one line per name, for grep
    console.print(table)


def _rows(what: What) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    if what is What.datasets:
        from benchmark import datasets

        return ("name", "what", "where"), [tuple(map(str, row)) for row in datasets.available()]
    if what is What.grids:
        from benchmark.grids.reading.shipped import about, shipped_grids

        return ("name", "what"), [(name, about(path)) for name, path in shipped_grids().items()]
    if what is What.preprocess:
        from benchmark.datasets.preprocessing.pipeline import preprocess_rows

        return ("name", "what", "parameters, or steps"), [*preprocess_rows()]
    if what is What.metrics:
        from weakpair.vocabulary.metrics import METRICS

        _warn(METRICS)
        rows: list[tuple[str, ...]] = [
            (m.name, m.task, "↑" if m.higher_is_better else "↓", m.summary) for m in METRICS
        ]
        return ("name", "task", "better", "what"), rows
    return ("name", "role", "what", "source"), _methods(what)


def _methods(what: What) -> list[tuple[str, ...]]:
    registry: Any
    if what is What.learners:
        import learners

        registry = learners.REGISTRY
    else:
        import aligners

        registry = aligners.REGISTRY
    _warn(registry)
    return [(entry.name, entry.role, entry.summary, entry.paper) for entry in registry]


def _warn(catalogue: Any) -> None:
    """Name what installed packages declare and what does not load."""
    for line in catalogue.complaints():
        say(shown(f"warning: {line}"), err=True)
