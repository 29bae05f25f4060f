"""What a table must tell: who is ranked, over which units, what is missing, what is set apart."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

import tables
from tables import Cell, Mark, Table
from tests.tables.examples import mixed, results, row, wide
from weakpair.errors import DataError, ParameterError, UnknownNameError


def names(table: Table, group: str = "") -> list[str]:
    return [row.cells[0].display for g in table.groups if g.label == group for row in g.rows]


def cell(table: Table, name: str, column: str) -> Cell:
    place = [c.name for c in table.columns].index(column)
    (found,) = [r.cells[place] for r in table.rows if r.cells[0].display == name]
    return found


def only(frame: pd.DataFrame, **options: Any) -> Table:
    (table,) = tables.build(frame, options.pop("task", "matching"), **options)
    return table


def test_ranked_first_then_what_is_set_apart() -> None:
    table = only(mixed())
    assert [group.label for group in table.groups] == [
        "",
        "incomplete, not ranked",
        "controls, not ranked",
        "oracles, not ranked",
    ]
    assert names(table) == ["groove-cosine + labeled-eot", "pca + eot", "groove-cosine + eot"]
    assert names(table, "controls, not ranked") == ["uniform"]


def test_mean_rank_by_hand() -> None:
    """Trace: labeled .55, eot .42, pca .29; FOSCTTM: pca .10, labeled .11, eot .19."""
    table = only(mixed())
    shown = {r.cells[0].display: r.cells[1].display for r in table.groups[0].rows}
    assert shown == {
        "groove-cosine + labeled-eot": "1.5",
        "pca + eot": "2.0",
        "groove-cosine + eot": "2.5",
    }


def test_controls_never_take_a_rank_unless_asked() -> None:
    without = only(mixed())
    asked = only(mixed(), include=["oracle"])
    assert cell(without, "oracle", "mean-rank") == Cell(None, "–")
    assert names(asked)[0] == "oracle (oracle)"
    assert cell(asked, "oracle (oracle)", "mean-rank").value == 1.0
    assert names(asked, "controls, not ranked") == ["uniform"]


def test_best_and_second_best_are_of_the_ranked_only() -> None:
    table = only(mixed())
    assert cell(table, "groove-cosine + labeled-eot", "trace").marks == {Mark.BEST}
    assert cell(table, "groove-cosine + eot", "trace").marks == {Mark.SECOND}
    assert cell(table, "pca + eot", "foscttm").marks == {Mark.BEST}
    assert not cell(table, "oracle", "trace").marks


def test_what_reads_the_same_is_marked_the_same() -> None:
    values = {"a": 0.50001, "b": 0.50002, "c": 0.4, "d": 0.3}
    table = only(results({(name, "eot"): {"trace": [v, v]} for name, v in values.items()}))
    marks = {r.cells[0].display: r.cells[2].marks for r in table.rows}
    assert marks["a + eot"] == marks["b + eot"] == {Mark.BEST}
    assert marks["c + eot"] == {Mark.SECOND}
    assert not marks["d + eot"]


def test_a_metric_that_reads_the_same_for_all_is_not_marked() -> None:
    table = only(results({(n, "eot"): {"trace": [0.5, 0.5]} for n in "abc"}))
    assert not any(c.marks for r in table.rows for c in r.cells)


def test_cells_carry_number_se_and_sources() -> None:
    found = cell(only(mixed()), "groove-cosine + labeled-eot", "trace")
    assert found.value == pytest.approx(0.55)
    assert found.se == pytest.approx(0.05)
    assert found.display == "0.550 ± 0.050"
    assert found.sources == ("groove-cosine/labeled-eot/0", "groove-cosine/labeled-eot/1")


def test_incomplete_cells_show_how_many() -> None:
    table = only(mixed())
    found = cell(table, "ps + eot", "trace")
    assert found.display == "0.350 (1/2)"
    assert (found.done, found.expected, found.se) == (1, 2, None)
    assert names(table, "incomplete, not ranked") == ["ps + eot"]
    assert "n of N" in table.caption


def test_worst_ranks_the_incomplete_last() -> None:
    table = only(mixed(), missing="worst")
    assert names(table)[-1] == "ps + eot"
    assert cell(table, "ps + eot", "mean-rank").value == 4.0
    assert not cell(table, "ps + eot", "trace").marks


def test_drop_compares_on_the_folds_all_have() -> None:
    table = only(mixed(), missing="drop")
    assert cell(table, "ps + eot", "trace").display == "0.350"
    assert cell(table, "pca + eot", "trace").display == "0.300"
    assert len(names(table)) == 4
    assert "1 of 2 folds are left out" in table.caption


def test_drop_with_nothing_in_common_says_so() -> None:
    frame = results({("a", "eot"): {"trace": [0.1, None]}, ("b", "eot"): {"trace": [None, 0.2]}})
    with pytest.raises(DataError, match="no fold is common"):
        tables.build(frame, "matching", missing="drop")


def test_failed_cells_count_and_stay_visible() -> None:
    frame = results({("a", "eot"): {"trace": [0.1, 0.2]}, ("b", "eot"): {"trace": [0.3, None]}})
    gaps = pd.DataFrame(
        [
            row("b", "eot", "", np.nan, fold="1"),
            row("c", "eot", "", np.nan, fold="0"),
            row("c", "eot", "", np.nan, fold="1"),
            row("c", "eot", "", np.nan, fold="2"),
        ]
    ).drop(columns=["task", "metric", "value"])
    table = only(frame, failures=gaps.assign(status="failed", error="boom"))
    assert cell(table, "c + eot", "trace").display == "– (0/3)"
    assert cell(table, "b + eot", "trace").display == "0.300 (1/3)"
    assert cell(table, "a + eot", "trace").display == "0.150 ± 0.050 (2/3)"


def test_a_run_of_failures_for_one_dataset_is_a_table_of_them() -> None:
    gaps = pd.DataFrame([row("a", "eot", "", np.nan, dataset="other")]).drop(columns="task")
    first, second = tables.build(mixed(), "matching", failures=gaps)
    assert second.title.startswith("Matching: other")
    assert names(second, "incomplete, not ranked") == ["a + eot"]
    assert first == only(mixed())


def test_expected_can_be_declared() -> None:
    table = only(mixed(), expected=5)
    assert cell(table, "pca + eot", "trace").display.endswith("(2/5)")
    assert names(table) == []


def test_undefined_for_all_is_not_missing() -> None:
    frame = results(
        {
            ("a", "eot"): {"trace": [0.1, np.nan, 0.3], "foscttm": [0.1, 0.2, 0.3]},
            ("b", "eot"): {"trace": [0.2, np.nan, 0.4], "foscttm": [0.1, 0.2, 0.3]},
        }
    )
    table = only(frame)
    assert names(table) == ["b + eot", "a + eot"]
    assert cell(table, "a + eot", "trace").display == "0.200 ± 0.100"
    assert "Trace: not defined on some folds" in table.caption


def test_a_metric_defined_nowhere_is_a_column_of_dashes() -> None:
    nan = [np.nan, np.nan]
    frame = results({(n, "eot"): {"trace": nan, "foscttm": [0.1, 0.2]} for n in "ab"})
    table = only(frame)
    assert cell(table, "a + eot", "trace").display == "–"
    assert names(table) == ["a + eot", "b + eot"]


def test_infinite_scores_are_no_scores() -> None:
    frame = results({("a", "eot"): {"trace": [np.inf, 0.2]}, ("b", "eot"): {"trace": [0.1, 0.1]}})
    assert cell(only(frame), "a + eot", "trace").display == "0.200 (1/2)"


def test_open_plans_have_a_dagger_and_a_caption() -> None:
    table = only(mixed())
    assert cell(table, "groove-cosine + eot", "method").marks == {Mark.UNCONVERGED}
    assert not cell(table, "pca + eot", "method").marks
    assert "†" in table.caption
    assert "†" not in only(mixed().assign(converged=True)).caption


def test_controls_without_plan_have_converged() -> None:
    frame = mixed()
    frame["converged"] = frame["converged"].astype(object).where(frame["role"] != "control", None)
    assert not cell(only(frame), "uniform", "method").marks


def test_top_cuts_the_ranked_and_nothing_else() -> None:
    full, cut = only(mixed()), only(mixed(), top=1)
    assert cut.groups[0].rows == full.groups[0].rows[:1]
    assert cut.groups[1:] == full.groups[1:]
    assert "Top 1 of 3 ranked combinations" in cut.caption


def test_the_unit_of_the_se_comes_from_the_data() -> None:
    folds = mixed()
    assert "across 2 folds" in only(folds).caption
    twice = pd.concat([folds, folds.assign(replicate=1), folds.assign(replicate=2)])
    assert "across 3 replicates, the folds of a replicate averaged first" in only(twice).caption
    assert "across 6 folds of 3 replicates" in only(twice, unit="fold").caption
    holdout = twice[twice["fold"] == "0"].assign(split="holdout")
    assert "across 3 replicates. " in only(holdout).caption
    assert "no SE" in only(folds[folds["fold"] == "0"]).caption


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ("same", "same training cells, their order hidden"),
        ("disjoint", "disjoint training cells"),
        ("overlap=0.25", "share 0.25 of the training cells"),
    ],
)
def test_the_caption_names_the_training_cells(cells: str, words: str) -> None:
    assert words in only(mixed().assign(training_cells=cells)).caption


def test_the_caption_says_what_is_ranked() -> None:
    caption = only(mixed()).caption
    assert "(methods and baselines) by mean rank over Trace, Bary. FOSCTTM" in caption
    assert "Controls and oracles are set apart" in caption


def test_one_table_per_protocol_and_a_section_per_variant() -> None:
    parts = [
        mixed().assign(variant="100 %"),
        mixed().assign(variant="50 %"),
        mixed().assign(split="lopo"),
    ]
    by_variant, lopo = tables.build(pd.concat(parts), "matching", top=2)
    assert [g.label for g in by_variant.groups if "ranked" not in g.label] == ["100 %", "50 %"]
    assert "50 %: controls, not ranked" in [g.label for g in by_variant.groups]
    assert "leave one perturbation out" in lopo.title
    assert lopo.groups == only(mixed(), top=2).groups


def test_the_order_of_rows_does_not_matter() -> None:
    frame = mixed()
    shuffled = frame.sample(frac=1, random_state=np.random.default_rng(3))
    assert only(shuffled) == only(frame)


def test_columns_stand_as_in_the_papers_with_unknown_ones_last() -> None:
    frame = wide()
    extra = frame[frame["metric"] == "wd"].assign(metric="own")
    table = only(pd.concat([extra, frame]), task="imputation")
    headings = [column.display for column in table.columns]
    papers = ["MSE", "Cos-sim", "KNN Recall", "KNN PR", "KNN ROC", "WD"]
    assert headings == ["Method", "Mean rank", *papers, "own"]


def test_metrics_can_be_chosen() -> None:
    table = only(mixed(), metrics=["foscttm"])
    assert [column.name for column in table.columns] == ["method", "mean-rank", "foscttm"]
    assert names(table)[0] == "pca + eot"


def test_tiny_values_keep_two_digits() -> None:
    frame = results({("a", "eot"): {"trace": [0.0004]}, ("b", "eot"): {"trace": [0.0002]}})
    assert cell(only(frame), "a + eot", "trace").display == "0.00040"


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"task": "maching"}, UnknownNameError, "did you mean 'matching'"),
        ({"missing": "wurst"}, UnknownNameError, "did you mean 'worst'"),
        ({"include": ["controls"]}, UnknownNameError, "did you mean 'control'"),
        ({"metrics": ["trase"]}, UnknownNameError, "did you mean 'trace'"),
        ({"unit": "folds"}, UnknownNameError, "did you mean 'fold'"),
        ({"metrics": []}, ParameterError, "at least one"),
        ({"top": 0}, ParameterError, "top must be at least 1"),
        ({"expected": 0}, ParameterError, "expected must be at least 1"),
        ({"task": "imputation"}, DataError, "tasks with results: matching"),
    ],
)
def test_wrong_options_end_in_one_line(
    options: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        only(mixed(), **options)
    assert "\n" not in str(caught.value)


def test_a_mean_over_some_scores_is_never_best() -> None:
    frame = results(
        {
            ("a", "eot"): {"trace": [0.5, 0.5]},
            ("b", "eot"): {"trace": [0.4, 0.4]},
            ("lucky", "eot"): {"trace": [0.9, None]},
        }
    )
    table = only(frame, missing="worst")
    assert cell(table, "a + eot", "trace").marks == {Mark.BEST}
    assert not cell(table, "lucky + eot", "trace").marks


def test_a_gap_without_a_role_leaves_a_control_a_control() -> None:
    gap = pd.DataFrame([row("-", "uniform", "", np.nan, fold="9")]).drop(columns=["role", "task"])
    table = only(mixed(), failures=gap)
    assert names(table, "controls, not ranked") == ["uniform"]
