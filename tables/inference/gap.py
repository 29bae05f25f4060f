"""Tables of shares: how far each combination is from the best control to the best oracle."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from tables.metrics import in_print
from tables.model import Column, Group, Row, Table
from tables.ranked.boards import Board, boards
from tables.ranked.captions import gaps_in_words, title
from tables.ranked.cells import method_cell, share_cell
from tables.ranked.sections import Combination
from tables.ranked.standings import Standing


def gap_tables(
    results: pd.DataFrame,
    task: str,
    *,
    ratios: Mapping[str, float] | None = None,
    top: int | None = None,
    **options: Any,
) -> list[Table]:
    """Tables of shares: one per data set, split, training cells and direction.

    Args:
        results: tidy results, as for `tables.build`.
        task: "matching", "imputation" or "probe".
        ratios: kind of split → test / training rows, for results that do not say it.
        top: how many ranked combinations to show; None = all.
        options: `failures`, `missing`, `include`, `metrics`, `expected`, `unit` of `tables.build`.
    """
    return [_table(board, top) for board in boards(results, task, ratios=ratios, **options)]


def _table(board: Board, top: int | None) -> Table:
    groups, sentences = [], []
    for standing in board.standings:
        names = [*standing.ranked[:top], *standing.incomplete]
        rows = tuple(_row(name, standing, board.metrics) for name in names)
        groups.append(Group(standing.section.variant, rows))
        told = gaps_in_words(standing.section.variant, list(standing.gaps.values()))
        sentences.append(f"{told}.")
    columns = (
        Column("method", "Method", numeric=False),
        *(Column(metric, in_print(metric), higher_is_better=True) for metric in board.metrics),
    )
    caption = (
        "Share of the way from the best control (0 %) to the best oracle among learners (100 %), "
        f"± its standard error over {board.unit}s. {' '.join(sentences)}"
    )
    return Table(
        f"Share of the gap: {title(board.task, board.protocol)}", caption, columns, tuple(groups)
    )


def _row(name: Combination, standing: Standing, metrics: Sequence[str]) -> Row:
    sources = standing.section.sources
    cells = (
        share_cell(standing.shares.get(metric, {}).get(name), sources.get((name, metric), ()))
        for metric in metrics
    )
    return Row((method_cell(name, standing), *cells))
