"""Critical differences of average ranks, where the data could show one at all."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import sqrt

import pandas as pd

from tables.inference.statistics import NotIdentifiable, by_unit
from tables.metrics import in_print
from tables.model import Cell, Column, Group, Row, Table
from tables.ranked.boards import Board
from tables.ranked.ranking import ranks
from tables.ranked.sections import Protocol

ALPHA = 0.05


@dataclass(frozen=True)
class CriticalDifference:
    """Friedman's test over blocks and Nemenyi's critical difference.

    `average_ranks` are best first. `groups` are the largest runs of combinations that differ by
    less than the critical difference; all are one group where Friedman's test does not reject.
    """

    average_ranks: pd.Series
    blocks: int
    statistic: float
    p_value: float
    difference: float
    groups: tuple[tuple[Hashable, ...], ...]

    @property
    def tied(self) -> tuple[Hashable, ...]:
        """The best and who is not told from it."""
        best = self.average_ranks.index[0]
        return next((group for group in self.groups if best in group), (best,))


@dataclass(frozen=True)
class Diagram:
    """One diagram: its metric, what its blocks are, and what was found."""

    metric: str
    place: str
    found: CriticalDifference | NotIdentifiable


def critical_difference(
    scores: pd.DataFrame, *, higher_is_better: bool, alpha: float = ALPHA
) -> CriticalDifference | NotIdentifiable:
    """Rank the combinations in every block and test whether their average ranks differ.

    Friedman's test first; then two combinations differ if their average ranks are at least
    q √(k(k + 1) / 6N) apart for k combinations and N blocks, q from the studentized range
    (Demšar, JMLR 7, 2006, section 3.2.2). Average ranks are at most k − 1 apart, so that N blocks
    are too few where the critical difference is larger.

    Args:
        scores: rows = combinations, columns = independent blocks (data sets), without NaN.
        higher_is_better: the metric's direction.
        alpha: level.
    """
    from scipy.stats import friedmanchisquare, studentized_range

    k, n = scores.shape
    if k < 3:
        return NotIdentifiable(f"{k} combinations, a diagram needs three")
    difference = float(studentized_range.isf(alpha, k, float("inf"))) * sqrt(k * (k + 1) / 12 / n)
    if n < 2 or difference > k - 1:
        return NotIdentifiable(
            f"{n} {'block' if n == 1 else 'blocks'} for {k} combinations: the critical difference "
            f"{difference:.1f} exceeds the largest possible one, {k - 1}"
        )
    table = ranks(scores, dict.fromkeys(scores.columns, higher_is_better))
    average = table.mean(axis=1).sort_values(kind="stable")
    if (table.nunique() == 1).all():
        statistic, p_value = 0.0, 1.0
    else:
        statistic, p_value = map(float, friedmanchisquare(*table.to_numpy()))
    groups = _groups(average, difference) if p_value <= alpha else (tuple(average.index),)
    return CriticalDifference(average, n, statistic, p_value, difference, groups)


def _groups(average: pd.Series, difference: float) -> tuple[tuple[Hashable, ...], ...]:
    """The maximal runs of sorted average ranks that span less than the difference."""
    names, values = list(average.index), average.tolist()
    runs: list[tuple[int, int]] = []
    for start, value in enumerate(values):
        end = max(i for i, other in enumerate(values) if other - value < difference)
        if not runs or end > runs[-1][1]:
            runs.append((start, end))
    return tuple(tuple(names[start : end + 1]) for start, end in runs if end > start)


def diagrams(boards: Sequence[Board], metric: str) -> list[Diagram]:
    """The diagrams of a metric: one per section with replicates, else one across data sets.

    Blocks must be independent: replicates of a simulation are, and so are data sets; folds of one
    data set share training rows, so they are averaged to the one number of their data set.
    Combinations that are not complete in every block are left out.
    """
    among = [board for board in boards if metric in board.metrics]
    sections = [
        (board, standing, standing.section.scores[metric].loc[list(names)])
        for board in among
        for standing in board.standings
        if (names := standing.complete_means(metric))
    ]
    direction = {board.higher_is_better[metric] for board in among}
    if not sections:
        return []
    higher = direction.pop()
    if all(board.unit == "replicate" for board, _, _ in sections):
        return [
            Diagram(
                metric,
                _place(board.protocol, standing.section.variant),
                critical_difference(by_unit(scores, "replicate"), higher_is_better=higher),
            )
            for board, standing, scores in sections
        ]
    found = []
    for kind in dict.fromkeys(_kind(board.protocol) for board, _, _ in sections):
        means = [
            scores.mean(axis=1) for board, _, scores in sections if _kind(board.protocol) == kind
        ]
        common = pd.concat(means, axis=1, join="inner", keys=range(len(means)))
        place = ", ".join([f"{len(means)} data sets", *(word for word in kind if word)])
        if len(means) == 1:
            reason = "one data set; its folds share training rows and are no independent blocks"
            found.append(Diagram(metric, place.replace("sets", "set"), NotIdentifiable(reason)))
            continue
        found.append(Diagram(metric, place, critical_difference(common, higher_is_better=higher)))
    return found


def _kind(protocol: Protocol) -> tuple[str, str, str]:
    """Say what data sets must share to be blocks of one diagram."""
    imputed = f"modality {protocol.target} imputed" if protocol.target else ""
    return protocol.split, f"{protocol.training_cells} training cells", imputed


def _place(protocol: Protocol, variant: str) -> str:
    where = f"{protocol.dataset}{f' {variant}' if variant else ''}, {protocol.split}"
    return f"{where}, {protocol.direction}" if protocol.direction else where


def critical_caption(metric: str) -> str:
    """Say which test draws the groups."""
    return (
        f"Average rank in {in_print(metric)} over independent blocks (replicates, else "
        f"data sets). Friedman's test, then Nemenyi's critical difference at {ALPHA:.0%}; "
        "combinations joined by a bar are not told apart."
    )


def critical_table(boards: Sequence[Board]) -> Table:
    """Per metric and place: what Friedman's test says and how large a difference must be."""
    metrics = dict.fromkeys(metric for board in boards for metric in board.metrics)
    columns = (
        Column("metric", "Metric", numeric=False),
        Column("combinations", "Combinations"),
        Column("blocks", "Blocks"),
        Column("friedman", "Friedman p"),
        Column("difference", "Critical difference"),
        Column("told", "Told from the best"),
        Column("verdict", "Verdict", numeric=False),
    )
    by_place: dict[str, list[Row]] = {}
    silent: dict[str, None] = {}
    for metric in metrics:
        for diagram in diagrams(boards, metric):
            by_place.setdefault(diagram.place, []).append(_row(diagram))
            if isinstance(diagram.found, NotIdentifiable):
                silent[f"Not identifiable: {diagram.found.reason}."] = None
    return Table(
        title=f"Critical differences: {boards[0].task}",
        caption=" ".join(
            [
                "Average ranks over independent blocks: replicates, else data sets. Friedman's "
                f"test, then Nemenyi's critical difference at {ALPHA:.0%}; told from the best: "
                "combinations whose average rank is that far from the smallest.",
                *silent,
            ]
        ),
        columns=columns,
        groups=tuple(Group(place, tuple(rows)) for place, rows in by_place.items()),
    )


def _row(diagram: Diagram) -> Row:
    metric, found = Cell(None, in_print(diagram.metric)), diagram.found
    if isinstance(found, NotIdentifiable):
        return Row((metric, *[Cell(None, "–")] * 5, Cell(None, "not identifiable")))
    k = len(found.average_ranks)
    separable = k - len(found.tied)
    verdict = "differ" if found.p_value <= ALPHA else "not told apart"
    return Row(
        (
            metric,
            Cell(float(k), str(k)),
            Cell(float(found.blocks), str(found.blocks)),
            Cell(found.p_value, f"{found.p_value:.3f}" if found.p_value >= 0.0005 else "< 0.001"),
            Cell(found.difference, f"{found.difference:.2f}"),
            Cell(float(separable), f"{separable} of {k - 1}"),
            Cell(None, verdict),
        )
    )
