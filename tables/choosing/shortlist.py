"""The short list of combinations that hidden labels speak for, and whether it says anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tables.choosing.record import SURROGATE, reliability
from tables.inference.comparisons import ALPHA, Tested, compare_best, test_caption
from tables.inference.statistics import by_unit, half_widths, one_sided_t_tests
from tables.metrics import in_print
from tables.model import Cell, Column, Group, Mark, Row, Table
from tables.ranked.boards import Board, boards
from tables.ranked.captions import title
from tables.ranked.cells import NOTHING, method_cell
from tables.ranked.sections import Combination, combination
from tables.ranked.standings import Standing

_TOP = 5
_MANY = 0.5
"""Share of the combinations that may be tied with the first before nothing is said."""


@dataclass(frozen=True)
class Choice:
    """The word of hidden labels on one data set.

    Attributes:
        dataset: its name, and the variant if there are several.
        chosen: the combination to take; None where it cannot be told.
        verdict: the choice, or why there is none, in a sentence.
        trust: how far such choices could be trusted elsewhere; empty where nothing was measured.
        table: the short list.
    """

    dataset: str
    chosen: Combination | None
    verdict: str
    trust: str
    table: Table


def shortlists(
    results: pd.DataFrame,
    *,
    ratios: Mapping[str, float],
    top: int = _TOP,
    **options: Any,
) -> list[Choice]:
    """The best combinations of each data set by hidden labels, with what speaks against trusting.

    Args:
        results: tidy results of the task `surrogate`.
        ratios: kind of split → test / training rows, for results that do not say it.
        top: how many combinations are shown.
        options: of `tables.ranked.boards`.

    Raises:
        DataError: no results of the task.
    """
    return [
        _choice(board, standing, ratios, top)
        for board in boards(results, "surrogate", ratios=ratios, **options)
        for standing in board.standings
    ]


def _choice(board: Board, standing: Standing, ratios: Mapping[str, float], top: int) -> Choice:
    name = f"{board.protocol.dataset} {standing.section.variant}".strip()
    means = standing.complete_means(SURROGATE) if SURROGATE in standing.estimates else {}
    known = {one: mean for one, mean in means.items() if not isnan(mean)}
    if not known:
        verdict = (
            "cannot be told: hidden labels are not defined here; they need four perturbations, and "
            "a split that leaves cells of all of them to test"
        )
        return Choice(name, None, verdict, "", _table(board, standing, None, [], ratios))
    tested = next(t for t in compare_best(board, standing, ratios) if t.metric == SURROGATE)
    names = sorted(known, key=lambda one: -known[one])
    chosen, verdict = _verdict(standing, board, tested, names)
    found = reliability(known[names[0]])
    trust = found.sentence if found else ""
    return Choice(
        name, chosen, verdict, trust, _table(board, standing, tested, names[:top], ratios)
    )


def _verdict(
    standing: Standing, board: Board, tested: Tested, names: Sequence[Combination]
) -> tuple[Combination | None, str]:
    """The combination to take, and the sentence; None where hidden labels do not tell."""
    first = names[0]
    if tested.units < 2:
        return None, (
            "cannot be told: there is one test set, and nothing to take an interval over; use "
            "--split kfold:5"
        )
    values = _units(board, standing, first)
    p_value = float(one_sided_t_tests(values, tested.test_to_train)[0])
    if p_value > ALPHA:
        return None, (
            f"cannot be told: even the first, {combination(first)}, does not tell hidden labels "
            f"apart better than chance (p = {p_value:.2f})"
        )
    tied = tested.tied
    if len(tied) + 1 > max(2, _MANY * len(names)):
        return None, (
            f"cannot be told: {len(tied) + 1} of {len(names)} combinations cannot be told from the "
            f"first, {combination(first)}"
        )
    others = f" (≈ {', '.join(combination(one) for one in tied)})" if tied else ""
    return first, f"take {combination(first)}{others}"


def _table(
    board: Board,
    standing: Standing,
    tested: Tested | None,
    names: Sequence[Combination],
    ratios: Mapping[str, float],
) -> Table:
    controls = standing.set_aside.get("control", ()) if names else ()
    groups = [
        Group(label, tuple(_row(board, standing, tested, name) for name in own))
        for label, own in (("", names), ("control", controls))
        if own
    ]
    columns = (
        Column("method", "Method", numeric=False),
        Column(SURROGATE, in_print(SURROGATE), higher_is_better=True),
        Column("lower", f"Lower {1 - ALPHA:.0%}"),
        Column("upper", f"Upper {1 - ALPHA:.0%}"),
    )
    said = [
        "Skill in telling perturbations apart that methods were shown as one: 1 is always right, 0 "
        "chance. No pair was used."
    ]
    if tested is not None and tested.units > 1:
        said.append(f"≈: not told from the first at {ALPHA:.0%}. {test_caption(board, ratios)}")
    heading = title(board.task, board.protocol)
    variant = standing.section.variant
    return Table(f"{heading} {variant}".strip(), " ".join(said), columns, tuple(groups))


def _row(board: Board, standing: Standing, tested: Tested | None, name: Combination) -> Row:
    estimate = standing.estimates[SURROGATE][name]
    marks = frozenset({Mark.TIED}) if tested is not None and name in tested.tied else frozenset()
    mean = Cell(
        estimate.mean, f"{estimate.mean:z.3f}", marks=marks, n=estimate.n, done=estimate.done
    )
    return Row((method_cell(name, standing), mean, *_interval(board, standing, tested, name)))


def _interval(
    board: Board, standing: Standing, tested: Tested | None, name: Combination
) -> tuple[Cell, Cell]:
    """Lower and upper end of the interval of the mean; dashes where there is one unit."""
    if tested is None or tested.units < 2:
        return Cell(None, NOTHING), Cell(None, NOTHING)
    values = _units(board, standing, name)
    half = float(half_widths(values, tested.test_to_train, ALPHA)[0])
    mean = float(values.mean())
    return Cell(mean - half, f"{mean - half:z.3f}"), Cell(mean + half, f"{mean + half:z.3f}")


def _units(board: Board, standing: Standing, name: Combination) -> NDArray[np.float64]:
    """The surrogate of a combination on every unit, (1, units)."""
    scores = by_unit(standing.section.scores[SURROGATE].loc[[name]], board.unit)
    return np.asarray(scores.to_numpy(dtype=float))
