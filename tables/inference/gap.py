"""Share of the gap closed: how far a score is on the way from knowing nothing to knowing pairs.

The floor is the best control, the ceiling the best oracle whose learner was told pairs or truth.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tables.inference.comparisons import ALPHA, overlap
from tables.inference.statistics import Unit, by_unit, errors_of_means, one_sided_t_tests
from tables.metrics import in_print
from tables.model import Cell, Column, Group, Row, Table
from tables.ranked.boards import Board, boards
from tables.ranked.captions import title
from tables.ranked.cells import NOTHING, method_cell
from tables.ranked.sections import Combination, Section, combination
from tables.ranked.standings import Standing


@dataclass(frozen=True)
class Gap:
    """Floor and ceiling of a metric in a section, unit by unit.

    `reason` says why shares are not defined; empty if they are.
    """

    metric: str
    floor: Combination | None
    ceiling: Combination | None
    low: pd.Series
    high: pd.Series
    reason: str = ""

    def words(self) -> str:
        """Name floor and ceiling with their means, and say why shares are not defined."""
        if self.floor is None or self.ceiling is None:
            return self.reason
        words = (
            f"from {self.low.mean():.3f} ({combination(self.floor)}) to {self.high.mean():.3f} "
            f"({combination(self.ceiling)})"
        )
        return f"{words}, {self.reason}" if self.reason else words


@dataclass(frozen=True)
class Share:
    """Share of the gap closed by a combination, and its standard error over n units."""

    value: float
    se: float
    n: int


def gap_of(
    section: Section, metric: str, unit: Unit, *, higher_is_better: bool, test_to_train: float
) -> Gap:
    """The gap of a metric: the best control and the best oracle by their means.

    Shares are not defined where one of them is missing, or where the ceiling is not above the
    floor beyond chance (one-sided test over the units, Nadeau–Bengio, at 0.05): such a metric
    cannot rank here.

    Args:
        section: the combinations, with their roles.
        metric: its name.
        unit: what varies.
        higher_is_better: direction of the metric.
        test_to_train: test / training rows of the units, 0 for independent ones.
    """
    sign = 1.0 if higher_is_better else -1.0
    scores = by_unit(section.scores[metric], unit)
    complete = scores.dropna()
    controls = [n for n in section.of_roles(["control"]) if n in complete.index]
    # The oracle among aligners is right by definition, whatever the features hold.
    oracles = [n for n in section.of_roles(["oracle"]) if n in complete.index and n[0] != "-"]
    if not controls or not oracles:
        lack = "no control" if not controls else "no oracle among learners"
        return Gap(metric, None, None, pd.Series(dtype=float), pd.Series(dtype=float), lack)

    def mean(name: Combination) -> float:
        return sign * float(complete.loc[[name]].to_numpy().mean())

    floor, ceiling = max(controls, key=mean), max(oracles, key=mean)
    low, high = (complete.loc[[name]].iloc[0] for name in (floor, ceiling))
    difference = sign * (high - low).to_numpy()[None]
    reason = ""
    if difference.shape[1] < 2:
        reason = "one unit"
    elif difference.mean() <= 0 or not one_sided_t_tests(difference, test_to_train)[0] < ALPHA:
        reason = "cannot rank here: its ceiling and its floor cannot be told apart"
    return Gap(metric, floor, ceiling, low, high, reason)


def share_of(gap: Gap, scores: pd.Series, test_to_train: float) -> Share | None:
    """The share of a gap that scores close; None where it is not defined.

    With a = score − floor and b = ceiling − floor of every unit the share is R = Σa / Σb; its SE
    is by the delta method that of the mean of a − R b, divided by the mean of b, corrected for
    training sets that overlap (variance times 1/n + test/train in place of 1/n).

    Args:
        gap: floor and ceiling.
        scores: of a combination, by unit.
        test_to_train: test / training rows of the units, 0 for independent ones.
    """
    if gap.reason or scores.isna().any():
        return None
    gained, whole = (scores - gap.low).to_numpy(), (gap.high - gap.low).to_numpy()
    value = float(gained.sum() / whole.sum())
    (error,) = errors_of_means((gained - value * whole)[None], test_to_train)
    return Share(value, float(error / abs(whole.mean())), len(gained))


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
    return [_table(board, ratios or {}, top) for board in boards(results, task, **options)]


def _table(board: Board, ratios: Mapping[str, float], top: int | None) -> Table:
    protocol = board.protocol
    groups, sentences = [], []
    for standing in board.standings:
        section = standing.section
        ratio = overlap(section, protocol.split, board.unit, ratios, protocol.training_cells)
        gaps = [
            gap_of(
                section,
                metric,
                board.unit,
                higher_is_better=board.higher_is_better[metric],
                test_to_train=ratio,
            )
            for metric in board.metrics
            if metric in section.scores
        ]
        shares = {gap.metric: _shares(section, gap, board.unit, ratio) for gap in gaps}
        names = [*standing.ranked[:top], *standing.incomplete]
        rows = tuple(_row(name, standing, board.metrics, shares) for name in names)
        groups.append(Group(section.variant, rows))
        sentences.append(_sentence(section.variant, gaps))
    columns = (
        Column("method", "Method", numeric=False),
        *(Column(metric, in_print(metric), higher_is_better=True) for metric in board.metrics),
    )
    caption = (
        "Share of the way from the best control (0 %) to the best oracle among learners (100 %), "
        f"± its standard error over {board.unit}s. {' '.join(sentences)}"
    )
    return Table(
        f"Share of the gap: {title(board.task, protocol)}", caption, columns, tuple(groups)
    )


def _shares(
    section: Section, gap: Gap, unit: Unit, ratio: float
) -> dict[Combination, Share | None]:
    """The share of every combination of a section in one metric."""
    scores = by_unit(section.scores[gap.metric], unit)
    return {name: share_of(gap, scores.loc[[name]].iloc[0], ratio) for name in section.combinations}


def _row(
    name: Combination,
    standing: Standing,
    metrics: Sequence[str],
    shares: Mapping[str, Mapping[Combination, Share | None]],
) -> Row:
    sources = standing.section.sources
    cells = (
        _cell(shares.get(metric, {}).get(name), sources.get((name, metric), ()))
        for metric in metrics
    )
    return Row((method_cell(name, standing), *cells))


def _cell(share: Share | None, sources: tuple[str, ...]) -> Cell:
    if share is None:
        return Cell(None, NOTHING)
    shown = f"{100 * share.value:.0f} % ± {100 * share.se:.0f}"
    return Cell(share.value, shown, sources, se=share.se, n=share.n)


def _sentence(variant: str, gaps: Sequence[Gap]) -> str:
    parts = "; ".join(f"{in_print(gap.metric)} {gap.words()}" for gap in gaps)
    return f"{variant}: {parts}." if variant else f"{parts}."
