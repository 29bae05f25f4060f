"""Ours beside a paper's, number by number."""

from collections.abc import Iterator
from dataclasses import replace
from math import isfinite

import pandas as pd

from tables.metrics import in_print
from tables.model import Cell, Column, Group, Row, Table
from tables.papers.numbers import WITHIN, Comparison, Verdict, compare_numbers
from tables.papers.published.ours import SEEDS
from tables.ranked.cells import NOTHING
from weakpair.vocabulary.splits import split_in_print

_MET = (Verdict.REPRODUCED, Verdict.BETTER)
"""The verdicts that a control may get as well."""


def compare(results: pd.DataFrame, published: pd.DataFrame) -> list[Table]:
    """Set our results beside the numbers of a paper.

    Only results of `same` training cells are compared, as the papers have it. Mean ranks are left
    out: they depend on all combinations of a table, of which papers print the first.

    Args:
        results: tidy results, as for `build`.
        published: the numbers of a paper, as `tables.papers.published.load` returns them.

    Returns:
        A summary with one row per table of the paper, then each of its tables that shares a
        number with the results. Beside each number of ours stands what the best control of the
        results reached, and the verdict that it would get.

    Raises:
        DataError: a wrong column or value in the results.
    """
    numbers = list(compare_numbers(results, published))
    by_table: dict[int, list[Comparison]] = {}
    for number in numbers:
        by_table.setdefault(int(number.place["table"]), []).append(number)
    paper = str(published["paper"].iloc[0]).upper()
    shown = {n: found for n, found in by_table.items() if any(c.ours for c in found)}
    return [
        _summary(paper, by_table),
        *(_table(paper, n, found) for n, found in shown.items()),
    ]


def _summary(paper: str, by_table: dict[int, list[Comparison]]) -> Table:
    columns = [Column("table", "Table", numeric=False), Column("numbers", "Numbers")]
    for verdict in Verdict:
        columns.append(Column(verdict.value, verdict.value.capitalize()))
        if verdict in _MET:
            columns.append(Column(f"{verdict.value}-with-power", "With power"))
    rows = [
        Row((_text(f"{paper} {number}"), *_counts(found)))
        for number, found in sorted(by_table.items())
    ]
    caption = (
        f"Published numbers{_left_out(paper)}. Reproduced: within {WITHIN:g} standard errors of "
        "the difference (and half a printed digit); better or worse: beyond; missing: not "
        f"computed. {_power(by_table)}"
    )
    return Table(f"{paper}: ours and theirs", caption, tuple(columns), (Group("", tuple(rows)),))


def _counts(found: list[Comparison]) -> Iterator[Cell]:
    """All numbers of a table, then those of each verdict, and how many of them have power."""
    yield _count(len(found))
    for verdict in Verdict:
        alike = [comparison for comparison in found if comparison.verdict is verdict]
        yield _count(len(alike))
        if verdict in _MET:
            unknown = all(comparison.control is None for comparison in found)
            known = _count(sum(comparison.has_power for comparison in alike))
            yield _text(NOTHING) if unknown else known


def _power(by_table: dict[int, list[Comparison]]) -> str:
    """Say what a control would have got, and where there is none."""
    met = [c for found in by_table.values() for c in found if c.verdict in _MET]
    without = sum(comparison.control is None for comparison in met)
    if met and without == len(met):
        return (
            "There are no controls in these results: what a method that knows nothing would have "
            "reproduced is not known."
        )
    notes = (
        "With power: of these, the numbers that the best control of the same data, split, "
        "task and metric neither reproduces nor beats; only they say something of a method."
    )
    return (
        f"{notes} {without} of {len(met)} have no control and do not count." if without else notes
    )


def _left_out(paper: str) -> str:
    """Say which printed numbers no run has, and which were converted."""
    if paper == "IPIC":
        return (
            " but means of two columns; accuracies as shares, standard deviations over "
            f"{SEEDS} seeds as standard errors"
        )
    return ", mean ranks left out"


def _table(paper: str, number: int, found: list[Comparison]) -> Table:
    columns = (
        Column("number", "Number", numeric=False),
        Column("ours", "Ours"),
        Column("paper", "Paper"),
        Column("gap", "Gap in SE"),
        Column("verdict", "Verdict", numeric=False),
        Column("control", "Control"),
        Column("control-verdict", "Its verdict", numeric=False),
    )
    by_setting: dict[str, list[Row]] = {}
    for comparison in found:
        by_setting.setdefault(_setting(comparison.place), []).append(_row(comparison))
    counts = sorted({comparison.ours.n for comparison in found if comparison.ours})
    across = " to ".join(dict.fromkeys((str(counts[0]), str(counts[-1]))))
    caption = (
        f"Ours: mean ± SE across {across} units (replicates, or folds where there is one); the "
        "paper's as printed. Gap: difference over its standard error, above 0 where ours is "
        f"better. {_controls(found)}"
    )
    groups = tuple(Group(label, tuple(rows)) for label, rows in by_setting.items())
    return Table(f"{paper}, Table {number}", caption, columns, groups)


def _controls(found: list[Comparison]) -> str:
    """Say what the column of controls holds, and which they are."""
    named = {_method(c.control.learner, c.control.aligner) for c in found if c.control}
    if not named:
        return "Control: there is none in these results."
    return (
        f"Control: the best mean of those that there are ({', '.join(sorted(named))}), and the "
        "verdict it would get in place of ours."
    )


def _setting(place: pd.Series) -> str:
    """Data set, variant, split and task of a published number."""
    where = " ".join(part for part in (place["dataset"], place["variant"]) if part)
    return f"{where}, {split_in_print(place['split'])}, {place['task']}"


def _row(comparison: Comparison) -> Row:
    place, ours = comparison.place, comparison.ours
    method = _method(place["learner"], place["aligner"])
    gap = comparison.gap
    return Row(
        (
            _text(f"{method}: {in_print(place['metric'])}"),
            _ours_cell(comparison),
            _number(float(place["value"]), float(place["se"])),
            Cell(gap, f"{gap:+.1f}") if ours and isfinite(gap) else _text(NOTHING),
            _text(comparison.verdict.value),
            *_control_cells(comparison),
        )
    )


def _method(learner: str, aligner: str) -> str:
    """Learner + aligner, or the one that there is."""
    return " + ".join(part for part in (learner, aligner) if part not in ("", "-"))


def _control_cells(comparison: Comparison) -> tuple[Cell, Cell]:
    """Cells of the control: its name and number, and its verdict."""
    control = comparison.control
    if control is None:
        return _text(NOTHING), _text(NOTHING)
    shown = _number(control.reached.mean, control.reached.se)
    display = f"{shown.display} ({_method(control.learner, control.aligner)})"
    return replace(shown, display=display), _text(comparison.control_verdict.value)


def _ours_cell(comparison: Comparison) -> Cell:
    ours = comparison.ours
    if ours is None:
        return _text(NOTHING)
    shown = _number(ours.mean, ours.se)
    return Cell(shown.value, shown.display, comparison.sources, se=shown.se, n=ours.n)


def _number(value: float, se: float) -> Cell:
    known = isfinite(se)
    return Cell(value, f"{value:.3f}{f' ± {se:.3f}' if known else ''}", se=se if known else None)


def _count(number: int) -> Cell:
    return Cell(float(number), str(number))


def _text(display: str) -> Cell:
    return Cell(None, display)
