"""Boards: everything that one table, comparison or figure shows, from tidy results."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from tables.inference.statistics import Unit
from tables.ranked.folds import overlap
from tables.ranked.ranking import MISSING, Missing
from tables.ranked.sections import Protocol, Section, split_sections
from tables.ranked.standings import Standing, stand
from tables.results import checked, checked_gaps
from weakpair.errors import DataError, ParameterError, UnknownNameError
from weakpair.registry import ROLES
from weakpair.vocabulary.metrics import METRICS
from weakpair.vocabulary.tasks import TASKS


@dataclass(frozen=True)
class Board:
    """One data set, split, kind of training cells and target, ranked: a standing per variant.

    `metrics` are those that are shown, in the papers' order; `unit` is what the SE is taken over.
    """

    task: str
    protocol: Protocol
    standings: Sequence[Standing]
    metrics: Sequence[str]
    higher_is_better: Mapping[str, bool]
    unit: Unit
    missing: Missing

    @property
    def rankers(self) -> list[str]:
        """The metrics that mean ranks run over, in some section."""
        used = {metric for standing in self.standings for metric in standing.rankers}
        return [metric for metric in self.metrics if metric in used]


def boards(
    results: pd.DataFrame,
    task: str,
    *,
    missing: Missing = "strict",
    include: Iterable[str] = (),
    metrics: Iterable[str] | None = None,
    failures: pd.DataFrame | None = None,
    expected: int | None = None,
    unit: Unit | None = None,
    ratios: Mapping[str, float] | None = None,
    all_metrics: bool = False,
) -> list[Board]:
    """Rank all combinations; arguments and errors are those of `tables.build`.

    `ratios` are kinds of split → test / training rows, for results that do not say it. Where
    nobody knows it, floors and ceilings are not looked for.
    """
    roles = frozenset(include)
    _check_options(task, missing, roles, expected, unit)
    rows, gaps = _of_task(checked(results), task), _of_task(checked_gaps(failures), task)
    if rows.empty:
        others = ", ".join(sorted(results["task"].unique())) or "none at all"
        raise DataError(f"no results for task {task!r}; tasks with results: {others}")
    chosen = _choose(METRICS.in_order(rows["metric"]), metrics)
    rows = _with_values(rows[rows["metric"].isin(chosen)])
    directions = dict(zip(rows["metric"], rows["higher_is_better"], strict=True))
    found = []
    for protocol, sections in split_sections(rows, gaps, expected):
        over = unit or _unit(sections)
        standings = [
            stand(
                section,
                directions,
                unit=over,
                missing=missing,
                include=roles,
                test_to_train=_overlap(section, protocol, over, ratios or {}),
                all_metrics=all_metrics,
            )
            for section in sections
        ]
        present = [m for m in chosen if any(m in section.scores for section in sections)]
        found.append(Board(task, protocol, standings, present or chosen, directions, over, missing))
    return found


def _overlap(
    section: Section, protocol: Protocol, unit: Unit, ratios: Mapping[str, float]
) -> float | None:
    """Test to training rows of a section's units; None where nobody knows it."""
    try:
        return overlap(section, protocol.split, unit, ratios, protocol.training_cells)
    except DataError:
        return None


def _check_options(
    task: str, missing: str, include: Collection[str], expected: int | None, unit: str | None
) -> None:
    if task not in TASKS:
        raise UnknownNameError("task", task, TASKS)
    if missing not in MISSING:
        raise UnknownNameError("way with missing scores", missing, MISSING)
    for role in sorted(set(include) - set(ROLES)):
        raise UnknownNameError("role", role, ROLES)
    if unit not in (None, "fold", "replicate"):
        raise UnknownNameError("unit", str(unit), ("fold", "replicate"))
    if expected is not None and expected < 1:
        raise ParameterError(f"expected must be at least 1, not {expected}")


def _of_task(frame: pd.DataFrame, task: str) -> pd.DataFrame:
    return frame[frame["task"] == task] if "task" in frame else frame


def _with_values(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out unranked metrics that are not defined anywhere in a table, e.g. of no batch."""
    table = ["dataset", "split", "training_cells", "target", "metric"]
    defined = rows.groupby(table)["value"].transform("count") > 0
    return rows[defined | rows["metric"].map(lambda metric: METRICS.heading(metric).ranked)]


def _choose(known: Sequence[str], wanted: Iterable[str] | None) -> list[str]:
    chosen = list(dict.fromkeys(known if wanted is None else wanted))
    for name in chosen:
        if name not in known:
            raise UnknownNameError("metric", name, known)
    if not chosen:
        raise ParameterError(f"metrics must name at least one of {', '.join(known)}")
    return chosen


def _unit(sections: Sequence[Section]) -> Unit:
    """Replicates vary independently, so they are the unit where there are several."""
    replicates = {replicate for section in sections for replicate, _ in section.units}
    return "replicate" if len(replicates) > 1 else "fold"
