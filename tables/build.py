"""Ranked tables of tidy results."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from tables.inference.comparisons import (
    Tested,
    compare_best,
    resolution_caption,
    tie_caption,
    with_ties,
)
from tables.inference.statistics import Unit
from tables.metrics import in_print
from tables.model import Cell, Column, Group, Mark, Row, Table
from tables.ranked import captions
from tables.ranked.boards import Board, boards
from tables.ranked.cells import (
    best_marks,
    column_digits,
    method_cell,
    rank_cell,
    score_cell,
    share_cell,
)
from tables.ranked.ranking import Missing
from tables.ranked.sections import Combination
from tables.ranked.standings import Standing
from weakpair.errors import ParameterError
from weakpair.vocabulary.tasks import TASKS

__all__ = ["TASKS", "build"]


def build(
    results: pd.DataFrame,
    task: str,
    *,
    top: int | None = None,
    missing: Missing = "strict",
    include: Iterable[str] = (),
    metrics: Iterable[str] | None = None,
    failures: pd.DataFrame | None = None,
    expected: int | None = None,
    unit: Unit | None = None,
    ties: Mapping[str, float] | None = None,
    ratios: Mapping[str, float] | None = None,
    all_metrics: bool = False,
) -> list[Table]:
    """Rank all combinations by mean rank and lay the best of them out.

    One table per data set, split, kind of training cells and imputed modality; its variants are
    sections, ranked each by itself. Methods and baselines are ranked, controls and oracles stand
    below. Where both are there, a column has the share of the gap that each combination closes.

    Args:
        results: tidy results, one row per cell, task and metric (see `tables.results.REQUIRED`).
        task: "matching", "imputation" or "probe".
        top: how many ranked combinations to show; None = all.
        missing: "strict" does not rank a combination that lacks a score, "worst" ranks it last in
            that metric, "drop" leaves the folds out that some ranked combination lacks.
        include: roles to rank with the methods, of "control" and "oracle".
        metrics: which metrics to show and rank over; None = all of the task.
        failures: cells that have no result, with the columns that name a cell.
        expected: (replicate, fold) pairs every combination should have; None = the most that any
            combination of a section has.
        unit: what the SE is taken over; None = replicates where there are several, else folds.
        ties: mark the scores that cannot be told from the best; a mapping from kinds of split to
            test / training rows for results that do not say it, or an empty one.
        ratios: such a mapping for the shares of the gap; None = that of `ties`.
        all_metrics: rank over metrics, too, that cannot tell the best oracle from the best control.

    Raises:
        DataError: a wrong column or value, no results for the task, or two data sets or settings
            under one name.
        ParameterError: `top` or `expected` below 1.
        UnknownNameError: a task, metric, role or way with missing scores that nobody knows.
    """
    if top is not None and top < 1:
        raise ParameterError(f"top must be at least 1, not {top}")
    ranked = boards(
        results,
        task,
        missing=missing,
        include=include,
        metrics=metrics,
        failures=failures,
        expected=expected,
        unit=unit,
        ratios=ties if ratios is None else ratios,
        all_metrics=all_metrics,
    )
    return [_table(board, top, ties) for board in ranked]


def _table(board: Board, top: int | None, ties: Mapping[str, float] | None) -> Table:
    digits = {metric: column_digits(metric, board.standings) for metric in board.metrics}
    tested = (
        {}
        if ties is None
        else {s.section.variant: compare_best(board, s, ties) for s in board.standings}
    )
    groups = tuple(
        group
        for standing in board.standings
        for group in _groups(board, standing, digits, top, tested.get(standing.section.variant, []))
    )
    cells = (cell for group in groups for row in group.rows for cell in row.cells)
    sentences = [
        captions.caption(board, top, marked=any(Mark.BEST in cell.marks for cell in cells))
    ]
    if ties is not None and board.rankers:
        sentences += filter(None, [tie_caption(board, ties), resolution_caption(tested)])
    title = captions.title(board.task, board.protocol)
    return Table(title, " ".join(sentences), _columns(board), groups)


def _columns(board: Board) -> tuple[Column, ...]:
    scores = [Column(m, in_print(m), board.higher_is_better.get(m)) for m in board.metrics]
    method = Column("method", "Method", numeric=False)
    closed = [Column("gap-closed", "Gap closed", higher_is_better=True)] if _closes(board) else []
    return (method, Column("mean-rank", "Mean rank"), *closed, *scores)


def _closes(board: Board) -> bool:
    """Tell whether a share of the gap is defined somewhere on the board."""
    return any(standing.closed for standing in board.standings)


def _groups(
    board: Board,
    standing: Standing,
    digits: Mapping[str, int],
    top: int | None,
    tested: Sequence[Tested],
) -> list[Group]:
    """The ranked rows, then what is not ranked, each under its label; empty groups are left out."""
    variant, undefined = standing.section.variant, set(standing.undefined)
    labelled = [
        ("", standing.ranked[:top]),
        ("not ranked", standing.undefined),
        ("incomplete, not ranked", [n for n in standing.incomplete if n not in undefined]),
        *((f"{role}s, not ranked", names) for role, names in standing.set_aside.items()),
    ]
    tied = {found.metric: found.tied for found in tested}
    marks = {
        metric: with_ties(
            best_marks(
                metric, standing, digits[metric], higher_is_better=board.higher_is_better[metric]
            ),
            tied.get(metric, ()),
        )
        for metric in digits
    }
    return [
        Group(
            ": ".join(part for part in (variant, label) if part),
            tuple(Row(_cells(name, board, standing, marks, digits)) for name in names),
        )
        for label, names in labelled
        if names
    ]


def _cells(
    name: Combination,
    board: Board,
    standing: Standing,
    marks: Mapping[str, Mapping[Combination, frozenset[Mark]]],
    digits: Mapping[str, int],
) -> tuple[Cell, ...]:
    closed = [share_cell(standing.closed.get(name))] if _closes(board) else []
    scores = (
        score_cell(name, metric, standing, digits[metric], marks[metric].get(name, frozenset()))
        for metric in digits
    )
    return (method_cell(name, standing), rank_cell(name, standing), *closed, *scores)
