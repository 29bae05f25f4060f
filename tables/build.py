"""From tidy results to ranked tables."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from tables import captions
from tables.cells import best_marks, column_digits, method_cell, rank_cell, score_cell
from tables.metrics import describe, in_order
from tables.model import Cell, Column, Group, Mark, Row, Table
from tables.ranking import MISSING, Missing
from tables.results import ROLES, checked, checked_gaps
from tables.sections import Combination, Protocol, Section, split_sections
from tables.standings import Standing, stand
from tables.statistics import Unit
from weakpair.errors import DataError, ParameterError, UnknownNameError

TASKS = ("matching", "imputation")


@dataclass(frozen=True)
class _Plan:
    """How tables are made, once for all of a report."""

    task: str
    metrics: Sequence[str]
    higher_is_better: Mapping[str, bool]
    top: int | None
    missing: Missing
    include: frozenset[str]
    unit: Unit | None


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
) -> list[Table]:
    """Rank all combinations by mean rank and lay the best of them out.

    One table per data set, split and kind of training cells; its variants are sections, ranked
    each by itself. Methods and baselines are ranked, controls and oracles stand below.

    Args:
        results: tidy results, one row per cell, task and metric (see `tables.results.REQUIRED`).
        task: "matching" or "imputation".
        top: how many ranked combinations to show; None = all.
        missing: "strict" does not rank a combination that lacks a score, "worst" ranks it last in
            that metric, "drop" leaves the folds out that some ranked combination lacks.
        include: roles to rank with the methods, of "control" and "oracle".
        metrics: which metrics to show and rank over; None = all of the task.
        failures: cells that have no result, with the columns that name a cell.
        expected: (replicate, fold) pairs every combination should have; None = the most that any
            combination of a section has.
        unit: what the SE is taken over; None = replicates where there are several, else folds.

    Raises:
        DataError: a wrong column or value, or no results for the task.
        ParameterError: `top` or `expected` below 1.
        UnknownNameError: a task, metric, role or way with missing scores that nobody knows.
    """
    _check_options(task, top, missing, frozenset(include), expected, unit)
    rows, gaps = _of_task(checked(results), task), _of_task(checked_gaps(failures), task)
    if rows.empty:
        found = ", ".join(sorted(results["task"].unique())) or "none at all"
        raise DataError(f"no results for task {task!r}; tasks with results: {found}")
    chosen = _choose(in_order(rows["metric"]), metrics)
    rows = rows[rows["metric"].isin(chosen)]
    plan = _Plan(
        task=task,
        metrics=chosen,
        higher_is_better=dict(zip(rows["metric"], rows["higher_is_better"], strict=True)),
        top=top,
        missing=missing,
        include=frozenset(include),
        unit=unit,
    )
    return [
        _table(plan, protocol, sections)
        for protocol, sections in split_sections(rows, gaps, expected)
    ]


def _check_options(
    task: str,
    top: int | None,
    missing: str,
    include: Collection[str],
    expected: int | None,
    unit: str | None,
) -> None:
    if task not in TASKS:
        raise UnknownNameError("task", task, TASKS)
    if missing not in MISSING:
        raise UnknownNameError("way with missing scores", missing, MISSING)
    for role in sorted(set(include) - set(ROLES)):
        raise UnknownNameError("role", role, ROLES)
    if unit not in (None, "fold", "replicate"):
        raise UnknownNameError("unit", str(unit), ("fold", "replicate"))
    for name, number in (("top", top), ("expected", expected)):
        if number is not None and number < 1:
            raise ParameterError(f"{name} must be at least 1, not {number}")


def _of_task(frame: pd.DataFrame, task: str) -> pd.DataFrame:
    return frame[frame["task"] == task] if "task" in frame else frame


def _choose(known: Sequence[str], wanted: Iterable[str] | None) -> list[str]:
    chosen = list(dict.fromkeys(known if wanted is None else wanted))
    for name in chosen:
        if name not in known:
            raise UnknownNameError("metric", name, known)
    if not chosen:
        raise ParameterError(f"metrics must name at least one of {', '.join(known)}")
    return chosen


def _table(plan: _Plan, protocol: Protocol, sections: Sequence[Section]) -> Table:
    unit = plan.unit or _unit(sections)
    standings = [
        stand(
            section,
            plan.higher_is_better,
            unit=unit,
            missing=plan.missing,
            include=plan.include,
        )
        for section in sections
    ]
    here = [m for m in plan.metrics if any(m in section.scores for section in sections)]
    shown = here or plan.metrics
    digits = {metric: column_digits(metric, standings) for metric in shown}
    groups = [group for standing in standings for group in _groups(plan, standing, digits)]
    return Table(
        title=captions.title(plan.task, protocol),
        caption=captions.caption(protocol, standings, shown, unit, plan.missing, plan.top),
        columns=_columns(plan, shown),
        groups=tuple(groups),
    )


def _unit(sections: Sequence[Section]) -> Unit:
    """Replicates vary independently, so they are the unit where there are several."""
    replicates = {replicate for section in sections for replicate, _ in section.units}
    return "replicate" if len(replicates) > 1 else "fold"


def _columns(plan: _Plan, metrics: Sequence[str]) -> tuple[Column, ...]:
    scores = [Column(m, describe(m).display, plan.higher_is_better.get(m)) for m in metrics]
    method = Column("method", "Method", numeric=False)
    return (method, Column("mean-rank", "Mean rank"), *scores)


def _groups(plan: _Plan, standing: Standing, digits: Mapping[str, int]) -> list[Group]:
    """The ranked rows, then what is not ranked, each under its label; empty groups are left out."""
    variant = standing.section.variant
    labelled = [
        ("", standing.ranked[: plan.top]),
        ("incomplete, not ranked", standing.incomplete),
        *((f"{role}s, not ranked", names) for role, names in standing.apart.items()),
    ]
    marks = {
        metric: best_marks(
            metric, standing, digits[metric], higher_is_better=plan.higher_is_better[metric]
        )
        for metric in digits
    }
    return [
        Group(
            ": ".join(part for part in (variant, label) if part),
            tuple(Row(_cells(name, standing, digits, marks)) for name in names),
        )
        for label, names in labelled
        if names
    ]


def _cells(
    name: Combination,
    standing: Standing,
    digits: Mapping[str, int],
    marks: Mapping[str, Mapping[Combination, frozenset[Mark]]],
) -> tuple[Cell, ...]:
    scores = (
        score_cell(name, metric, standing, digits[metric], marks[metric].get(name, frozenset()))
        for metric in digits
    )
    return (method_cell(name, standing), rank_cell(name, standing), *scores)
