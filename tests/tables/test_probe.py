"""Tables of the probe: what is ranked, what stands beside, SD, and IPIC's numbers in our units."""

from math import sqrt

import pandas as pd
import pytest

import tables
from tables.page import Material, build_page, render_page
from tables.papers.numbers import Verdict, compare_numbers
from tables.papers.published import load
from tables.papers.published.ours import as_ours
from tests.tables.examples import Scores, mixed, results

ROLES = {"infonce-paired+-": "oracle"}


def probe() -> pd.DataFrame:
    scores: Scores = {
        ("ipic", "-"): {
            "task-accuracy": [0.70, 0.72],
            "treatment-accuracy": [0.80, 0.80],
            "task-accuracy-1": [0.1, 0.1],
            "perturbation-consistency": [0.3, None],
        },
        ("supcon", "-"): {
            "task-accuracy": [0.60, 0.64],
            "treatment-accuracy": [0.70, 0.72],
            "task-accuracy-1": [0.9, 0.9],
            "perturbation-consistency": [0.2, 0.2],
        },
        ("infonce-paired", "-"): {
            "task-accuracy": [0.97, 0.97],
            "treatment-accuracy": [0.9, 0.9],
            "task-accuracy-1": [0.9, 0.9],
            "perturbation-consistency": [0.2, 0.2],
        },
    }
    return results(scores, ROLES).assign(task="probe", split="holdout", dataset="birfl")


def test_ranks_run_over_the_two_accuracies_alone() -> None:
    (table,) = tables.build(probe(), "probe")
    shown = [(row.cells[0].display, row.cells[1].display) for row in table.groups[0].rows]
    assert shown == [("ipic", "1.0"), ("supcon", "2.0")]
    assert "mean rank over Treatment acc., Task acc. Mean" in table.caption
    assert "(n/N): only n of N scores are there." in table.caption
    assert [group.label for group in table.groups] == ["", "oracles, not ranked"]


def test_the_spread_is_the_standard_deviation() -> None:
    (table,) = tables.build(probe(), "probe")
    cell = table.groups[0].rows[0].cells[3]
    assert cell.display == "0.710 ± 0.014"
    assert cell.se == pytest.approx(0.02 / sqrt(2) / sqrt(2))
    assert "Mean ± SD across 2 folds" in table.caption


def test_a_metric_that_is_defined_nowhere_has_no_column_unless_it_is_ranked() -> None:
    frame = probe()
    frame.loc[frame["metric"].isin(["task-accuracy-1", "task-accuracy"]), "value"] = float("nan")
    (table,) = tables.build(frame, "probe")
    assert [column.name for column in table.columns] == [
        "method", "mean-rank", "treatment-accuracy", "task-accuracy", "perturbation-consistency",
    ]  # fmt: skip


@pytest.mark.parametrize("style", ["text", "markdown", "latex", "html"])
def test_a_dagger_stands_for_a_logistic_regression_in_every_format(style: str) -> None:
    made = tables.build(probe().assign(converged=False), "probe")
    said = " ".join(tables.render(made, style, screen=None).split())
    assert said.count(r"$^\dagger$" if style == "latex" else "†") == 1 + len(made[0].rows)
    assert "some logistic regression of this combination did not converge" in said
    assert "plan" not in said


def test_the_summary_of_a_page_tells_plans_from_logistic_regressions() -> None:
    frame = pd.concat([mixed(), probe().assign(converged=False)])
    page = render_page(build_page(Material("both", frame, ratios={"holdout": 0.25})))
    assert "Combinations with plans that did not converge (†): 1." in page
    assert "Combinations with logistic regressions that did not converge (†): 3." in page


def test_ipics_numbers_in_our_names_and_units() -> None:
    rows = as_ours(load("ipic"))
    assert set(rows["aligner"]) == {"-"}
    assert set(rows["variant"]) == {""}
    seven = rows[(rows["table"] == 7) & (rows["dataset"] == "birfl")]
    (best,) = seven[(seven["learner"] == "ipic") & (seven["metric"] == "task-accuracy")].to_dict(
        "records"
    )
    assert best["value"] == pytest.approx(0.715)
    assert best["se"] == pytest.approx(0.005 / sqrt(8))
    assert {"ipic-0.5T", "ipic-2T", "ipic-4T"} <= set(seven["learner"])
    eight = rows[(rows["table"] == 8) & (rows["dataset"] == "gko") & (rows["learner"] == "ipic")]
    assert dict(zip(eight["metric"], eight["value"], strict=True)) == pytest.approx(
        {"task-accuracy-1": 0.279, "task-accuracy-2": 0.412, "task-accuracy": 0.433}
    )
    ten = rows[rows["table"] == 10]
    assert set(ten["metric"]) == {"ilisi", "ilisi-1", "ilisi-2"}
    assert ten["value"].max() == 1.82
    assert not rows.duplicated(["table", "dataset", "learner", "metric"]).any()


def test_grooves_numbers_stay_as_they_are() -> None:
    published = load("groove")
    rows = as_ours(published)
    kept = published[published["metric"] != "mean-rank"]
    pd.testing.assert_frame_equal(rows.rename(columns={"task": "protocol"}), kept)


def test_ours_meet_theirs() -> None:
    verdicts = {
        (str(c.place["learner"]), str(c.place["metric"]), int(c.place["table"])): c.verdict
        for c in compare_numbers(probe(), load("ipic"))
        if c.place["dataset"] == "birfl"
    }
    assert verdicts["ipic", "task-accuracy", 7] is Verdict.REPRODUCED
    assert verdicts["supcon", "task-accuracy", 7] is Verdict.REPRODUCED
    assert verdicts["ipic", "task-accuracy-1", 8] is Verdict.WORSE
    assert verdicts["raw", "task-accuracy", 7] is Verdict.MISSING
    summary, *detail = tables.compare(probe(), load("ipic"))
    assert "accuracies as shares" in summary.caption
    assert any("ipic: Task acc." in row.cells[0].display for t in detail for row in t.rows)
