"""Tables of surrogates against the truth, where true pairs are known."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan
from statistics import median
from typing import Any

import pandas as pd

from tables.choosing.places import Place, Trust, places
from tables.choosing.weighted import COMBINED, elsewhere
from tables.metrics import in_print
from tables.model import Cell, Column, Group, Row, Table
from tables.ranked.captions import training_cells
from tables.ranked.cells import NOTHING
from tables.ranked.sections import combination
from weakpair.errors import DataError
from weakpair.vocabulary.splits import split_in_print


@dataclass(frozen=True)
class Judged:
    """A place with all that is said of its surrogates, the weighted ones last."""

    place: Place
    trusts: Sequence[Trust]


def judged(results: pd.DataFrame, **options: Any) -> list[Judged]:
    """Every surrogate against the truth on every data set that has both.

    Weights of all surrogates together are learned from the other data sets with training cells of
    the same kind, whatever their split.

    Args:
        results: tidy results of the tasks `matching` and `surrogate`.
        options: of `tables.ranked.boards`.

    Raises:
        DataError: no results of one of the two tasks, or no data set that has both.
    """
    found = list(places(results, **options))
    if not found:
        raise DataError(
            "no data set has results of matching and of surrogate under one split; run a grid with "
            "tasks: [matching, surrogate]"
        )
    said = []
    for cells in dict.fromkeys(place.board.protocol.training_cells for place in found):
        alike = [place for place in found if place.board.protocol.training_cells == cells]
        weighted = elsewhere(alike)
        for number, place in enumerate(alike):
            more = [weighted[number]] if number in weighted else []
            said.append(Judged(place, [*place.found, *more]))
    return said


def trust_tables(results: pd.DataFrame, **options: Any) -> list[Table]:
    """Tables of surrogates against the truth, one for each split and kind of training cells.

    Args:
        results: tidy results of the tasks `matching` and `surrogate`.
        options: of `tables.ranked.boards`.

    Raises:
        DataError: as `judged`.
    """
    options.pop("top", None)
    together: dict[tuple[str, str], list[Judged]] = {}
    for one in judged(results, **options):
        protocol = one.place.board.protocol
        together.setdefault((protocol.split, protocol.training_cells), []).append(one)
    return [_table(found) for found in together.values()]


def _table(found: Sequence[Judged]) -> Table:
    names = list(dict.fromkeys(trust.surrogate for one in found for trust in one.trusts))
    columns = (
        Column("dataset", "Data set", numeric=False),
        Column("truth", "Truth", numeric=False),
        Column("correlation", "Correlation", higher_is_better=True),
        Column("regret", "Regret", higher_is_better=False),
        Column("chosen", "Chosen", numeric=False),
        Column("score", "Its score"),
    )
    protocol = found[0].place.board.protocol
    how = f"{split_in_print(protocol.split)}, {protocol.training_cells} training cells"
    title = f"Surrogates against true pairs: {how}"
    groups = tuple(_group(name, found) for name in names)
    return Table(title, _caption(found, combined=COMBINED in names), columns, groups)


def _group(name: str, found: Sequence[Judged]) -> Group:
    """A surrogate on every data set, and its medians where there are several."""
    own = [(one.place, trust) for one in found for trust in one.trusts if trust.surrogate == name]
    rows = [_row(place, one) for place, one in own]
    if len(own) > 1:
        rows.append(_medians([one for _, one in own]))
    return Group(in_print(name) if name != COMBINED else "All of them, weighted", tuple(rows))


def _row(place: Place, one: Trust) -> Row:
    label = f"{place.dataset} {place.standing.section.variant}".strip()
    mark = " (not above the best control)" if one.below else ""
    return Row(
        (
            Cell(None, label),
            Cell(None, place.what),
            _number(one.correlation, 2),
            _number(one.regret, 3),
            Cell(None, f"{combination(one.chosen)}{mark}"),
            _number(one.score, 2),
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
            _number(median(one.score for one in found), 2),
        )
    )


def _number(value: float, digits: int) -> Cell:
    return Cell(None, NOTHING) if isnan(value) else Cell(value, f"{value:.{digits}f}")


def _caption(found: Sequence[Judged], *, combined: bool) -> str:
    counts = [trust.count for one in found for trust in one.trusts] or [0]
    low, high = min(counts), max(counts)
    number = str(high) if low == high else f"{low} to {high}"
    cells = training_cells(found[0].place.board.protocol)
    weighted = (
        " The weights of all of them are a logistic regression on pairs of combinations, fitted to "
        "all other data sets with such training cells and judged on the one that is named."
        if combined
        else ""
    )
    return (
        f"Over {number} combinations (methods and baselines) of a data set: Spearman's correlation "
        "of the surrogate with the truth, and the regret, truth of the best minus truth of the one "
        "that the surrogate puts first. Truth is the share of the gap closed in matching, or the "
        "mean of its first metric where there is no gap to close. Surrogates see no pair."
        f"{weighted} {cells[0].upper()}{cells[1:]}."
    )
