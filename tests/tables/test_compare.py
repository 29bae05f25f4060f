"""Ours beside the paper's: which number meets which, and what is said of the difference."""

from io import StringIO
from math import sqrt
from statistics import stdev
from typing import Any

import pandas as pd
import pytest

import tables
from tables.inference.statistics import Estimate
from tables.papers.compare import compare
from tables.papers.numbers import Comparison, Verdict, compare_numbers
from tables.papers.published import load
from tests.tables.examples import row


def published(**changes: object) -> pd.DataFrame:
    """One number: Trace .500 ± .030 of a learner on the simulation."""
    plain = {
        "paper": "groove",
        "table": 1,
        "dataset": "simulation",
        "variant": "shared=0.8",
        "split": "holdout",
        "protocol": "matching",
        "row_order": 1,
        "learner": "ps",
        "aligner": "labeled-eot",
        "metric": "trace",
        "value": 0.5,
        "se": 0.03,
        "marked": "",
    }
    return pd.DataFrame([plain | changes])


def ours(*values: float, **changes: object) -> pd.DataFrame:
    """Results that meet that number, one value per replicate."""
    settings: dict[str, object] = {
        "dataset": "simulation",
        "variant": "shared=0.8",
        "split": "holdout",
        "metric": "trace",
    }
    rows = []
    for replicate, value in enumerate(values):
        told = {"replicate": replicate, "score_key": f"key{replicate}"} | settings | changes
        metric = str(told.pop("metric"))
        rows.append(row("ps", "labeled-eot", metric, value, **told))
    return pd.DataFrame(rows)


def only(results: pd.DataFrame, numbers: pd.DataFrame) -> Comparison:
    (found,) = compare_numbers(results, numbers)
    return found


def place(value: float, se: float) -> pd.Series:
    return published(value=value, se=se).iloc[0]


@pytest.mark.parametrize(
    ("mean", "higher", "verdict"),
    [
        (0.590, True, Verdict.REPRODUCED),  # the SE of the difference is .05: .09 is 1.8 of them
        (0.410, True, Verdict.REPRODUCED),
        (0.620, True, Verdict.BETTER),
        (0.380, True, Verdict.WORSE),
        (0.620, False, Verdict.WORSE),
        (0.380, False, Verdict.BETTER),
    ],
)
def test_a_number_is_reproduced_within_two_standard_errors_of_the_difference(
    mean: float, higher: bool, verdict: Verdict
) -> None:
    estimate = Estimate(mean, 0.04, 10, 10)
    found = Comparison(place(0.5, 0.03), estimate, (), higher_is_better=higher)
    assert found.spread == pytest.approx(0.05)
    assert found.gap == pytest.approx((mean - 0.5) / 0.05 * (1 if higher else -1))
    assert found.verdict is verdict


def test_a_side_without_se_counts_as_exact_and_rounding_is_forgiven() -> None:
    single = Estimate(0.4996, float("nan"), 1, 1)
    exact = Comparison(place(0.5, 0.0), single, (), higher_is_better=True)
    assert exact.verdict is Verdict.REPRODUCED
    off = Estimate(0.498, float("nan"), 1, 1)
    assert Comparison(place(0.5, 0.0), off, (), True).verdict is Verdict.WORSE
    assert Comparison(place(0.5, 0.002), off, (), True).verdict is Verdict.REPRODUCED


def test_the_estimate_is_over_replicates() -> None:
    found = only(ours(0.4, 0.6, 0.7), published())
    assert found.ours is not None
    assert found.ours.mean == pytest.approx(1.7 / 3)
    assert found.ours.se == pytest.approx(stdev([0.4, 0.6, 0.7]) / sqrt(3))
    assert found.sources == ("key0", "key1", "key2")


def test_folds_are_the_unit_where_there_is_one_replicate() -> None:
    folds = pd.concat([ours(v, fold=str(f)) for f, v in enumerate((0.4, 0.6))], ignore_index=True)
    found = only(folds, published())
    assert found.ours is not None
    assert found.ours.n == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"dataset": "digits"},
        {"variant": "shared=0.5"},
        {"split": "kfold"},
        {"task": "imputation"},
        {"training_cells": "disjoint"},
        {"metric": "foscttm", "higher_is_better": False},
        {"value": float("nan")},
    ],
)
def test_what_was_computed_otherwise_is_missing(changes: dict[str, Any]) -> None:
    results = ours(0.5, 0.5).assign(**changes)
    assert only(results, published()).verdict is Verdict.MISSING


def test_every_published_number_but_mean_ranks_gets_a_verdict() -> None:
    numbers = load("groove")
    found = list(compare_numbers(ours(0.16, 0.15), numbers))
    assert len(found) == (numbers["metric"] != "mean-rank").sum()
    told = [c for c in found if c.verdict is not Verdict.MISSING]
    assert {(c.place["table"], c.place["metric"], c.place["value"]) for c in told} == {
        (1, "trace", 0.156)
    }


def test_the_summary_counts_all_and_only_tables_with_something_of_ours_follow() -> None:
    summary, *rest = compare(ours(0.16, 0.15), load("groove"))
    counts = {r.cells[0].display: [int(c.value or 0) for c in r.cells[1:]] for r in summary.rows}
    assert len(counts) == 12
    assert counts["GROOVE 1"] == [30, 1, 0, 0, 0, 0, 29]
    keys = [column.name for column in summary.columns]
    verdicts = [keys.index(verdict.value) - 1 for verdict in Verdict]
    assert all(row[0] == sum(row[i] for i in verdicts) for row in counts.values())
    assert [table.title for table in rest] == ["GROOVE, Table 1"]
    assert len(rest[0].rows) == 30


def control(*values: float, name: str = "label-uniform", **changes: object) -> pd.DataFrame:
    """A control in the place of `ours`."""
    made = ours(*values, **changes).assign(learner="-", aligner=name, role="control")
    return made.assign(score_key=name + made["score_key"])


def cells(table: tables.Table, row: int = 0) -> dict[str, str]:
    shown = [cell.display for cell in table.rows[row].cells]
    return dict(zip([column.name for column in table.columns], shown, strict=True))


@pytest.mark.parametrize(
    ("reached", "verdict", "power"),
    [(0.1, "worse", "1"), (0.5, "reproduced", "0"), (0.9, "better", "0")],
)
def test_a_number_that_a_control_meets_as_well_has_no_power(
    reached: float, verdict: str, power: str
) -> None:
    rows = pd.concat([ours(0.49, 0.51), control(reached - 0.01, reached + 0.01)])
    summary, detail = compare(rows, published())
    assert cells(summary)["reproduced"] == "1"
    assert cells(summary)["reproduced-with-power"] == power
    assert cells(summary)["better-with-power"] == "0"
    found = cells(detail)
    assert found["control"] == f"{reached:.3f} ± 0.010 (label-uniform)"
    assert (found["verdict"], found["control-verdict"]) == ("reproduced", verdict)
    assert "only they say something of a method" in summary.caption
    assert "(label-uniform)" in detail.caption


def test_the_best_control_counts_in_the_metrics_own_direction() -> None:
    both = [control(0.2, 0.2, name="uniform"), control(0.4, 0.4)]
    higher = only(pd.concat([ours(0.5, 0.5), *both]), published())
    assert higher.control is not None
    assert higher.control.aligner == "label-uniform"
    error: dict[str, Any] = {"metric": "foscttm", "higher_is_better": False}
    rows = pd.concat([frame.assign(**error) for frame in (ours(0.5, 0.5), *both)])
    lower = only(rows, published(metric="foscttm"))
    assert lower.control is not None
    assert lower.control.aligner == "uniform"
    assert lower.control_verdict is Verdict.BETTER


@pytest.mark.parametrize(
    "changes",
    [{"variant": "shared=0.5"}, {"split": "kfold"}, {"task": "probe"}, {"training_cells": "half"}],
)
def test_a_control_of_other_data_is_none(changes: dict[str, Any]) -> None:
    rows = pd.concat([ours(0.49, 0.51), control(0.5, 0.5).assign(**changes)])
    found = only(rows, published())
    assert found.control is None
    assert not found.has_power


def test_without_controls_the_captions_say_so() -> None:
    summary, detail = compare(ours(0.49, 0.51), published())
    assert "There are no controls in these results" in summary.caption
    assert "Control: there is none in these results." in detail.caption
    assert cells(summary)["reproduced-with-power"] == "–"
    assert cells(detail)["control"] == cells(detail)["control-verdict"] == "–"


def test_numbers_that_lack_a_control_are_told_and_do_not_count() -> None:
    numbers = pd.concat([published(), published(metric="foscttm", row_order=2)], ignore_index=True)
    other = ours(0.5, 0.5, metric="foscttm").assign(higher_is_better=False)
    summary, _ = compare(pd.concat([ours(0.5, 0.5), other, control(0.1, 0.1)]), numbers)
    assert cells(summary)["reproduced"] == "2"
    assert cells(summary)["reproduced-with-power"] == "1"
    assert "1 of 2 have no control and do not count." in summary.caption


def test_a_paper_that_prints_no_se_is_compared_by_ours() -> None:
    numbers = published().drop(columns="se")
    assert only(ours(0.49, 0.51), numbers).verdict is Verdict.REPRODUCED
    assert only(ours(0.59, 0.61), numbers).verdict is Verdict.BETTER
    assert compare(ours(0.5), load("ipic"))[0].title.startswith("IPIC")


def test_the_csv_says_ours_theirs_and_the_verdict() -> None:
    text = tables.render(compare(ours(0.9, 0.8), published()), "csv")
    frame = pd.read_csv(StringIO(text), dtype=str)
    frame = frame[frame["table"] == "GROOVE, Table 1"]
    values = dict(zip(frame["column"], frame["value"], strict=True))
    errors = dict(zip(frame["column"], frame["se"], strict=True))
    assert float(values["ours"]) == pytest.approx(0.85)
    assert float(errors["paper"]) == 0.03
    assert values["verdict"] == "better"


@pytest.mark.parametrize("format_name", tables.FORMATS)
def test_every_format_draws_it(format_name: str) -> None:
    text = tables.render(compare(ours(0.9, 0.8), published()), format_name)
    assert "better" in text
    assert "ps + labeled-eot: Trace" in text
