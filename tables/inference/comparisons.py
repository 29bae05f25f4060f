"""Tests of the best of a section against the rest, metric by metric."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import hypot, isnan, nan
from typing import cast

import pandas as pd

from tables.inference.statistics import POWER, by_unit, compare_with_best, resolution
from tables.metrics import decimals, in_print
from tables.model import Cell, Column, Group, Mark, Row, Table
from tables.ranked.boards import Board
from tables.ranked.captions import title
from tables.ranked.cells import NOTHING, method_cell
from tables.ranked.folds import overlap
from tables.ranked.sections import Combination, Section
from tables.ranked.standings import Standing

ALPHA = 0.05


@dataclass(frozen=True)
class Tested:
    """All complete combinations of a section against the best one in a metric.

    `gaps` are means minus the best's mean, the best first; `p_values` are adjusted; `units` were
    compared and their test sets hold `test_to_train` times the rows of their training sets.
    `resolution` is the smallest difference of a typical pair that the test would find, NaN where
    nothing is tested. `noise` is the standard deviation that a difference from the best has by
    seeds alone, where folds were fitted from several.
    """

    metric: str
    gaps: Mapping[Combination, float]
    p_values: Mapping[Combination, float]
    units: int
    test_to_train: float
    resolution: float = nan
    noise: Mapping[Combination, float] = field(default_factory=dict)

    @property
    def best(self) -> Combination:
        """The best by mean."""
        return next(iter(self.gaps))

    @property
    def tied(self) -> list[Combination]:
        """Combinations that do not differ from the best, itself left out; none without a test.

        A difference that other seeds alone would make is none, however steady it is over the folds.
        """
        if self.units < 2:
            return []
        return [
            name
            for name, p in self.p_values.items()
            if name != self.best and (p > ALPHA or abs(self.gaps[name]) <= self.noise.get(name, 0))
        ]


def _overlap(board: Board, section: Section, ratios: Mapping[str, float]) -> float:
    """The overlap of a section of a board."""
    protocol = board.protocol
    return overlap(section, protocol.split, board.unit, ratios, protocol.training_cells)


def compare_best(board: Board, standing: Standing, ratios: Mapping[str, float]) -> list[Tested]:
    """Compare the best with the rest, for every metric of the board that somebody has.

    Args:
        board: where the section stands.
        standing: the section; only its ranked combinations that are complete are compared.
        ratios: kind of split → test / training rows, as for `overlap`.
    """
    section = standing.section
    ratio = _overlap(board, section, ratios)
    compared = []
    for metric in board.metrics:
        names = list(standing.complete_means(metric)) if metric in section.scores else []
        if not names:
            continue
        scores = by_unit(section.scores[metric].loc[names], board.unit)
        found = compare_with_best(
            scores, higher_is_better=board.higher_is_better[metric], test_to_train=ratio
        )
        by_name = [(cast("Combination", c.name), c) for c in found]
        compared.append(
            Tested(
                metric,
                {name: c.gap for name, c in by_name},
                {name: c.p_value for name, c in by_name},
                scores.shape[1],
                ratio,
                _resolution(scores, ratio),
                _noise(section, metric, [name for name, _ in by_name], scores.shape[1]),
            )
        )
    return compared


def _noise(
    section: Section, metric: str, names: Sequence[Combination], units: int
) -> dict[Combination, float]:
    """Noise of seeds in the difference of each combination from the first; none for one seed."""
    if section.seeds.count < 2:
        return {}
    own = {name: section.seeds.noise(metric, name, units) for name in names}
    return {name: hypot(noise, own[names[0]]) for name, noise in own.items()}


def _resolution(scores: pd.DataFrame, test_to_train: float) -> float:
    if min(scores.shape) < 2:
        return nan
    return resolution(scores.to_numpy(dtype=float), test_to_train, ALPHA)


def with_ties(
    marks: Mapping[Combination, frozenset[Mark]], tied: Collection[Combination]
) -> dict[Combination, frozenset[Mark]]:
    """Add the mark of a tie to the marks of a metric."""
    names = dict.fromkeys([*marks, *tied])
    return {
        name: marks.get(name, frozenset()) | ({Mark.TIED} if name in tied else frozenset())
        for name in names
    }


def tie_caption(board: Board, ratios: Mapping[str, float]) -> str:
    """Say what ≈ means and which test says so."""
    if not board.rankers:
        return "Nothing is ranked: there is no test."
    return f"≈: not told from the best of its metric at {ALPHA:.0%}. {test_caption(board, ratios)}"


def resolution_caption(tested: Mapping[str, Sequence[Tested]]) -> str:
    """Say how large a difference must be for these tests to find it; "" where nothing is tested.

    Args:
        tested: by variant, as `compare_best` gives them.
    """
    by_metric: dict[str, list[float]] = {}
    for found in tested.values():
        for one in found:
            if not isnan(one.resolution):
                by_metric.setdefault(one.metric, []).append(one.resolution)
    if not by_metric:
        return ""
    parts = (f"{in_print(metric)} {_range(values, 2)}" for metric, values in by_metric.items())
    return (
        f"Resolution, the smallest difference of a typical pair that these tests find with "
        f"{POWER:.0%} power: {', '.join(parts)}."
    )


def test_caption(board: Board, ratios: Mapping[str, float]) -> str:
    """Say which test compares the combinations, over what, and how it is adjusted."""
    sections = [standing.section for standing in board.standings]
    overlaps = sorted({_overlap(board, section, ratios) for section in sections})
    units = [_count(section, board.unit) for section in sections]
    if max(units) < 2:
        return f"A single {board.unit} tells nothing apart: there is no test."
    correction = (
        " with the Nadeau–Bengio correction for shared training rows "
        f"(test/train {_range(overlaps)})"
        if overlaps[-1] > 0
        else ""
    )
    return (
        f"Two-sided paired t-tests across {_range(units)} {board.unit}s{correction}, Holm-adjusted "
        "over all pairs of ranked combinations of a section and metric, since the best is chosen "
        "by the same scores."
    )


def comparison_table(board: Board, ratios: Mapping[str, float], *, top: int | None = None) -> Table:
    """Differences of every ranked combination from the best of each metric, with p-values."""
    groups = []
    for standing in board.standings:
        tested = {found.metric: found for found in compare_best(board, standing, ratios)}
        rows = [_row(name, standing, board.metrics, tested) for name in standing.ranked[:top]]
        if rows:
            groups.append(Group(standing.section.variant, tuple(rows)))
    scores = [Column(m, in_print(m), board.higher_is_better[m]) for m in board.metrics]
    return Table(
        title=f"Differences from the best. {title(board.task, board.protocol)}",
        caption=(
            "Mean difference from the best combination of the metric, adjusted p-value in "
            f"brackets. {tie_caption(board, ratios)}"
        ),
        columns=(Column("method", "Method", numeric=False), *scores),
        groups=tuple(groups),
    )


def _row(
    name: Combination,
    standing: Standing,
    metrics: Sequence[str],
    tested: Mapping[str, Tested],
) -> Row:
    cells = (_gap_cell(name, tested.get(metric)) for metric in metrics)
    return Row((method_cell(name, standing), *cells))


def _gap_cell(name: Combination, tested: Tested | None) -> Cell:
    if tested is None or name not in tested.gaps:
        return Cell(None, NOTHING)
    if name == tested.best:
        return Cell(0.0, "best", marks=frozenset({Mark.BEST}), n=tested.units)
    digits = decimals(tested.metric, tested.gaps.values())
    p_value = f" ({written_p(tested.p_values[name])})" if tested.units > 1 else ""
    return Cell(
        tested.gaps[name],
        f"{tested.gaps[name]:+.{digits}f}{p_value}",
        marks=frozenset({Mark.TIED} if name in tested.tied else ()),
        n=tested.units,
    )


def written_p(p_value: float) -> str:
    """Write a p-value with three decimals.

    >>> written_p(0.0123), written_p(1e-9)
    ('p 0.012', 'p < 0.001')
    """
    return f"p {p_value:.3f}" if p_value >= 0.0005 else "p < 0.001"


def _count(section: Section, unit: str) -> int:
    """Units of a section."""
    return len(
        {replicate for replicate, _ in section.units} if unit == "replicate" else section.units
    )


def _range(numbers: Iterable[float], digits: int = 3) -> str:
    """A number or a range of them, with so many significant digits.

    >>> _range([5, 5]), _range([0.25, 0.1]), _range([0.0213], 2)
    ('5', '0.1–0.25', '0.021')
    """
    given = sorted(numbers)
    low, high = (f"{number:.{digits}g}" for number in (given[0], given[-1]))
    return low if low == high else f"{low}–{high}"
