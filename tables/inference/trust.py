"""How far surrogates can be trusted, where true pairs are known."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan
from statistics import median
from typing import Any

import pandas as pd

from tables.metrics import in_print
from tables.model import Cell, Column, Group, Row, Table
from tables.ranked.boards import Board, boards
from tables.ranked.captions import training_cells
from tables.ranked.cells import NOTHING
from tables.ranked.sections import Combination, combination
from tables.ranked.standings import Standing
from weakpair.errors import DataError
from weakpair.vocabulary.splits import split_in_print

_LEAST = 3
"""Combinations below which an order tells nothing."""


@dataclass(frozen=True)
class Trust:
    """A surrogate against the truth, in one section.

    Attributes:
        surrogate: its metric.
        correlation: Spearman's, of its means with the truth, over the combinations.
        chosen: the combination it puts first.
        regret: truth of the best minus truth of the chosen.
        below: whether the chosen is not above the best control.
        count: combinations that have both.
    """

    surrogate: str
    correlation: float
    chosen: Combination
    regret: float
    below: bool
    count: int


@dataclass(frozen=True)
class Place:
    """A section of matching and its surrogates, with what the truth was measured in."""

    board: Board
    standing: Standing
    truth: str
    found: Sequence[Trust]


def trusts(results: pd.DataFrame, **options: Any) -> Iterator[Place]:
    """Compare surrogates with true scores, section by section.

    The truth is the share of the gap closed in matching; where there is no gap, the mean Trace.

    Args:
        results: tidy results of the tasks `matching` and `surrogate`.
        options: of `tables.ranked.boards`.

    Raises:
        DataError: no results of one of the two tasks.
    """
    guesses = {
        _place(board, standing): (board, standing)
        for board in boards(results, "surrogate", **options)
        for standing in board.standings
    }
    for board in boards(results, "matching", **options):
        for standing in board.standings:
            if (place := _place(board, standing)) in guesses:
                yield _compared(board, standing, *guesses[place])


def _place(board: Board, standing: Standing) -> tuple[str, str, str, str]:
    """Data set, split, training cells and variant: what both tasks have in common."""
    protocol = board.protocol
    return protocol.dataset, protocol.split, protocol.training_cells, standing.section.variant


def _compared(board: Board, standing: Standing, guessing: Board, guess: Standing) -> Place:
    truth, what, floor = _truth(board, standing)
    found = []
    for metric in guessing.metrics:
        means = guess.complete_means(metric)
        both = [name for name in means if name in truth]
        if len(both) < _LEAST:
            continue
        sign = 1 if guessing.higher_is_better[metric] else -1
        chosen = max(both, key=lambda name: sign * means[name])
        correlation = _spearman(
            [sign * means[name] for name in both], [truth[name] for name in both]
        )
        regret = max(truth[name] for name in both) - truth[chosen]
        below = truth[chosen] <= floor
        found.append(Trust(metric, correlation, chosen, regret, below, len(both)))
    return Place(board, standing, what, found)


def _spearman(one: Sequence[float], other: Sequence[float]) -> float:
    return float(pd.Series(one).corr(pd.Series(other), method="spearman"))


def _truth(board: Board, standing: Standing) -> tuple[Mapping[Combination, float], str, float]:
    """Worth of the combinations, what it is measured in, and that of the best control."""
    closed = {
        name: standing.closed[name].value for name in standing.ranked if name in standing.closed
    }
    if closed:
        return closed, "share of the gap", 0.0
    metric = board.metrics[0]
    controls = standing.set_aside.get("control", ())
    means = [standing.estimates[metric][name].mean for name in controls]
    return standing.complete_means(metric), in_print(metric), max(means, default=nan)


def trust_tables(results: pd.DataFrame, **options: Any) -> list[Table]:
    """Tables of surrogates against the truth, one for each split and kind of training cells.

    Args:
        results: tidy results of the tasks `matching` and `surrogate`.
        options: of `tables.ranked.boards`.

    Raises:
        DataError: no results of one of the two tasks, or no data set that has both.
    """
    options.pop("top", None)
    together: dict[tuple[str, str], list[Place]] = {}
    for place in trusts(results, **options):
        protocol = place.board.protocol
        together.setdefault((protocol.split, protocol.training_cells), []).append(place)
    if not together:
        raise DataError(
            "no data set has results of matching and of surrogate under one split; run a grid with "
            "tasks: [matching, surrogate]"
        )
    return [_table(places) for places in together.values()]


def _table(places: Sequence[Place]) -> Table:
    names = list(dict.fromkeys(one.surrogate for place in places for one in place.found))
    columns = (
        Column("dataset", "Data set", numeric=False),
        Column("truth", "Truth", numeric=False),
        Column("correlation", "Correlation", higher_is_better=True),
        Column("regret", "Regret", higher_is_better=False),
        Column("chosen", "Chosen", numeric=False),
    )
    protocol = places[0].board.protocol
    how = f"{split_in_print(protocol.split)}, {protocol.training_cells} training cells"
    title = f"Surrogates against true pairs: {how}"
    groups = tuple(_group(name, places) for name in names)
    return Table(title, _caption(places), columns, groups)


def _group(name: str, places: Sequence[Place]) -> Group:
    """A surrogate on every data set, and its medians where there are several."""
    own = [(place, one) for place in places for one in place.found if one.surrogate == name]
    rows = [_row(place, one) for place, one in own]
    if len(own) > 1:
        rows.append(_medians([one for _, one in own]))
    return Group(in_print(name), tuple(rows))


def _row(place: Place, one: Trust) -> Row:
    label = f"{place.board.protocol.dataset} {place.standing.section.variant}".strip()
    mark = " (not above the best control)" if one.below else ""
    return Row(
        (
            Cell(None, label),
            Cell(None, place.truth),
            _number(one.correlation, 2),
            _number(one.regret, 3),
            Cell(None, f"{combination(one.chosen)}{mark}"),
        )
    )


def _medians(found: Sequence[Trust]) -> Row:
    known = [one.correlation for one in found if not isnan(one.correlation)]
    below = sum(one.below for one in found)
    return Row(
        (
            Cell(None, f"median of {len(found)}"),
            Cell(None, ""),
            _number(median(known) if known else nan, 2),
            _number(median(one.regret for one in found), 3),
            Cell(None, f"{below} of {len(found)} not above the best control"),
        )
    )


def _number(value: float, digits: int) -> Cell:
    return Cell(None, NOTHING) if isnan(value) else Cell(value, f"{value:.{digits}f}")


def _caption(places: Sequence[Place]) -> str:
    counts = [one.count for place in places for one in place.found] or [0]
    low, high = min(counts), max(counts)
    number = str(high) if low == high else f"{low} to {high}"
    cells = training_cells(places[0].board.protocol)
    return (
        f"Over {number} combinations (methods and baselines) of a data set: Spearman's correlation "
        "of the surrogate with the truth, and the regret, truth of the best minus truth of the one "
        "that the surrogate puts first. Truth is the share of the gap closed in matching, or the "
        "mean of its first metric where there is no gap to close. Surrogates see no pair. "
        f"{cells[0].upper()}{cells[1:]}."
    )
