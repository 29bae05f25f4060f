"""Ours beside a paper's, number by number."""

from math import isfinite

import pandas as pd

from tables.cells import NOTHING
from tables.compare_numbers import WITHIN, Comparison, Verdict, compare_numbers
from tables.metrics import describe
from tables.model import Cell, Column, Group, Row, Table
from tables.published.ours import SEEDS
from tables.splits import SPLITS


def compare(results: pd.DataFrame, published: pd.DataFrame) -> list[Table]:
    """Set our results beside the numbers of a paper.

    Only results of `same` training cells are compared, as the papers have it. Mean ranks are left
    out: they depend on all combinations of a table, of which papers print the first.

    Args:
        results: tidy results, as for `build`.
        published: the numbers of a paper, as `tables.published.load` returns them.

    Returns:
        A summary with one row per table of the paper, then each of its tables that shares a
        number with the results.

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
    columns = (
        Column("table", "Table", numeric=False),
        Column("numbers", "Numbers"),
        *(Column(verdict.value, verdict.value.capitalize()) for verdict in Verdict),
    )
    rows = []
    for number, found in sorted(by_table.items()):
        verdicts = [comparison.verdict for comparison in found]
        counts = (len(found), *(verdicts.count(verdict) for verdict in Verdict))
        rows.append(Row((_text(f"{paper} {number}"), *(Cell(float(n), str(n)) for n in counts))))
    caption = (
        f"Published numbers{_left_out(paper)}. Reproduced: within {WITHIN:g} standard errors of "
        "the difference (and half a printed digit); better or worse: beyond; missing: not computed."
    )
    return Table(f"{paper}: ours and theirs", caption, columns, (Group("", tuple(rows)),))


def _left_out(paper: str) -> str:
    """What no run has, and what was converted."""
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
    )
    by_setting: dict[str, list[Row]] = {}
    for comparison in found:
        by_setting.setdefault(_setting(comparison.place), []).append(_row(comparison))
    counts = sorted({comparison.ours.n for comparison in found if comparison.ours})
    across = " to ".join(dict.fromkeys((str(counts[0]), str(counts[-1]))))
    caption = (
        f"Ours: mean ± SE across {across} units (replicates, or folds where there is one); the "
        "paper's as printed. Gap: difference over its standard error, above 0 where ours is better."
    )
    groups = tuple(Group(label, tuple(rows)) for label, rows in by_setting.items())
    return Table(f"{paper}, Table {number}", caption, columns, groups)


def _setting(place: pd.Series) -> str:
    """Data set, variant, split and task of a published number."""
    where = " ".join(part for part in (place["dataset"], place["variant"]) if part)
    return f"{where}, {SPLITS.get(place['split'], place['split'])}, {place['task']}"


def _row(comparison: Comparison) -> Row:
    place, ours = comparison.place, comparison.ours
    method = " + ".join(
        part for part in (place["learner"], place["aligner"]) if part not in ("", "-")
    )
    gap = comparison.gap
    return Row(
        (
            _text(f"{method}: {describe(place['metric']).display}"),
            _ours_cell(comparison),
            _number(float(place["value"]), float(place["se"])),
            Cell(gap, f"{gap:+.1f}") if ours and isfinite(gap) else _text(NOTHING),
            _text(comparison.verdict.value),
        )
    )


def _ours_cell(comparison: Comparison) -> Cell:
    ours = comparison.ours
    if ours is None:
        return _text(NOTHING)
    shown = _number(ours.mean, ours.se)
    return Cell(shown.value, shown.display, comparison.sources, se=shown.se, n=ours.n)


def _number(value: float, se: float) -> Cell:
    known = isfinite(se)
    return Cell(value, f"{value:.3f}{f' ± {se:.3f}' if known else ''}", se=se if known else None)


def _text(display: str) -> Cell:
    return Cell(None, display)
