"""Intervals of mean ranks: a bootstrap over the declared unit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tables.inference.statistics import NotIdentifiable, Unit, by_unit
from tables.metrics import in_print
from tables.model import Cell, Column, Group, Row, Table
from tables.ranked.boards import Board
from tables.ranked.captions import title
from tables.ranked.cells import method_cell
from tables.ranked.sections import Combination
from tables.ranked.standings import Standing
from weakpair.errors import ParameterError

RESAMPLES = 2000
LEVEL = 0.95

# As in `tables.ranked.ranking`: the last bits of a sum must not decide a rank.
_SAME = 12


@dataclass(frozen=True)
class RankInterval:
    """Mean rank of a combination, its percentile interval, and how often it came first.

    `first` is the share of resamples in which nobody had a smaller mean rank; ties share it.
    """

    mean_rank: float
    lower: float
    upper: float
    first: float


def rank_intervals(
    scores: Mapping[str, pd.DataFrame],
    higher_is_better: Mapping[str, bool],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
) -> list[RankInterval]:
    """Bootstrap intervals of the mean rank over the metrics.

    Units are drawn with replacement, the same ones for all combinations and metrics; then scores
    are averaged, ranked per metric and ranks averaged, as for the table. The interval is that of
    the percentiles (Efron & Tibshirani, 1993, chapter 13).

    Args:
        scores: per metric, rows = combinations, columns = units, the same in all, without NaN.
        higher_is_better: direction of every metric.
        seed: of the draws.
        resamples: how many.
        level: of the interval, e.g. 0.95.

    Returns:
        One interval per row.

    Raises:
        ParameterError: fewer than two units, NaN, or metrics of different shapes.
    """
    shapes = {frame.shape for frame in scores.values()}
    if len(shapes) != 1 or (shape := shapes.pop())[1] < 2:
        raise ParameterError("scores must share their combinations and at least two units")
    if any(frame.isna().to_numpy().any() for frame in scores.values()):
        raise ParameterError("scores must hold a number for every combination and unit")
    units = shape[1]
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(units, np.full(units, 1 / units), size=resamples) / units
    drawn = _mean_ranks(scores, higher_is_better, weights)
    whole = _mean_ranks(scores, higher_is_better, np.full((1, units), 1 / units))[0]
    tail = (1 - level) / 2
    lower, upper = np.quantile(drawn, [tail, 1 - tail], axis=0)
    leads = drawn <= drawn.min(axis=1, keepdims=True) + 1e-9
    first = (leads / leads.sum(axis=1, keepdims=True)).mean(axis=0)
    columns = (whole.tolist(), lower.tolist(), upper.tolist(), first.tolist())
    return [RankInterval(*row) for row in zip(*columns, strict=True)]


def _mean_ranks(
    scores: Mapping[str, pd.DataFrame],
    higher_is_better: Mapping[str, bool],
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Mean ranks under weights of the units, shape (draws, units) to (draws, combinations)."""
    from scipy.stats import rankdata

    tables = []
    for metric, frame in scores.items():
        means = (weights @ frame.to_numpy(dtype=float).T).round(_SAME)
        tables.append(rankdata(-means if higher_is_better[metric] else means, axis=1))
    return np.asarray(np.mean(tables, axis=0))


def standing_intervals(
    board: Board, standing: Standing, *, seed: int = 0, resamples: int = RESAMPLES
) -> dict[Combination, RankInterval] | NotIdentifiable:
    """Intervals of the ranked combinations of a section, best mean rank first.

    Combinations that lack a score are left out, so mean ranks may differ from those of a table
    with missing="worst".
    """
    metrics = [m for m in standing.meant if standing.section.expected.get(m, 0)]
    names = _complete(standing, metrics)
    scores = _common({m: standing.section.scores[m].loc[names] for m in metrics}, board.unit)
    units = min((frame.shape[1] for frame in scores.values()), default=0)
    if not names or units < 2:
        return NotIdentifiable(f"a single {board.unit}" if names else "nothing is ranked")
    found = rank_intervals(scores, board.higher_is_better, seed=seed, resamples=resamples)
    ordered = sorted(zip(names, found, strict=True), key=lambda item: item[1].mean_rank)
    return dict(ordered)


def _complete(standing: Standing, metrics: Sequence[str]) -> list[Combination]:
    complete = [standing.complete_means(metric) for metric in metrics]
    return [name for name in standing.ranked if all(name in means for means in complete)]


def _common(scores: Mapping[str, pd.DataFrame], unit: Unit) -> dict[str, pd.DataFrame]:
    """Scores by unit, on the units that all metrics are defined on."""
    frames = {metric: by_unit(frame, unit) for metric, frame in scores.items()}
    shared = [
        c
        for c in next(iter(frames.values()), pd.DataFrame())
        if all(c in f for f in frames.values())
    ]
    return {metric: frame[shared] for metric, frame in frames.items()}


def rank_table(board: Board, *, top: int | None = None, seed: int = 0) -> Table:
    """Mean ranks with their bootstrap intervals, a group per section."""
    columns = (
        Column("method", "Method", numeric=False),
        Column("mean-rank", "Mean rank"),
        Column("lower", f"Lower {LEVEL:.0%}"),
        Column("upper", f"Upper {LEVEL:.0%}"),
        Column("first", "First in"),
    )
    groups, silent = [], dict[str, None]()
    for standing in board.standings:
        found = standing_intervals(board, standing, seed=seed)
        if isinstance(found, NotIdentifiable):
            silent[found.reason] = None
            continue
        rows = [_row(name, standing, found[name]) for name in list(found)[:top]]
        groups.append(Group(standing.section.variant, tuple(rows)))
    missing = [f"Not identifiable: {reason}." for reason in silent]
    return Table(
        title=f"Mean ranks with intervals. {title(board.task, board.protocol)}",
        caption=" ".join(
            [
                rank_caption(board),
                "First in: share of resamples with the smallest mean rank.",
                *missing,
            ]
        ),
        columns=columns,
        groups=tuple(groups),
    )


def rank_caption(board: Board) -> str:
    """Say what was resampled, and what the interval leaves out."""
    if not board.rankers:
        return "Nothing is ranked."
    over = ", ".join(in_print(metric) for metric in board.rankers)
    caution = (
        " Folds share training rows, so the intervals are too narrow."
        if board.unit == "fold"
        else ""
    )
    return (
        f"Mean rank over {over} of the complete ranked combinations; {LEVEL:.0%} percentile "
        f"intervals of {RESAMPLES} bootstrap resamples of the {board.unit}s.{caution}"
    )


def _row(name: Combination, standing: Standing, found: RankInterval) -> Row:
    ranks = (found.mean_rank, found.lower, found.upper)
    return Row(
        (
            method_cell(name, standing),
            *(Cell(rank, f"{rank:.2f}") for rank in ranks),
            Cell(found.first, f"{found.first:.0%}"),
        )
    )
