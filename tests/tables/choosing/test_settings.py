"""Settings are chosen on one data set and shown on the others, whose scores choose nothing."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import tables
from benchmark.cli.app import app
from tables.choosing.settings import choose_settings
from tables.documents.words import RunNumbers
from tables.results import checked
from tests.tables.examples import results
from weakpair.errors import DataError, UnknownNameError

EPSILONS = ("0.01", "0.1", "1")
METHODS = [(learner, f"eot(epsilon={e})") for learner in ("a", "b") for e in EPSILONS]
scores = st.lists(st.integers(0, 9), min_size=6, max_size=6)


def frame(calibration: list[int], test: list[int], metric: str = "trace") -> pd.DataFrame:
    """Two learners at three settings, on draws to choose on and on those that are shown."""
    parts = [
        results(
            {m: {metric: [v / 10, v / 10]} for m, v in zip(METHODS, values, strict=True)},
            dataset=name,
        )
        for name, values in (("calibration", calibration), ("simulation", test))
    ]
    other = results({("a", "coot"): {metric: [0.5, 0.5]}}, dataset="simulation")
    return pd.concat([*parts, other], ignore_index=True)


@settings(max_examples=20)
@given(scores, scores)
def test_each_learner_has_its_best_setting_on_the_draws_to_choose_on(
    calibration: list[int], test: list[int]
) -> None:
    chosen = choose_settings(frame(calibration, test), "calibration", "trace")
    best = {
        learner: EPSILONS[int(np.argmax(part))]
        for learner, part in (("a", calibration[:3]), ("b", calibration[3:]))
    }
    shown = chosen.results[chosen.results["aligner"] != "coot"]
    assert set(chosen.results["dataset"]) == {"simulation"}
    assert dict(zip(shown["learner"], shown["aligner"], strict=True)) == {
        learner: f"eot(epsilon={e})" for learner, e in best.items()
    }
    of = {method: value / 10 for method, value in zip(METHODS, test, strict=True)}
    for row in shown.itertuples():
        assert row.value == of[str(row.learner), str(row.aligner)]
    assert (chosen.results["aligner"] == "coot").sum() == 2, "what was not varied stays"
    assert set(chosen.bare()["aligner"]) == {"eot", "coot"}


@settings(max_examples=20)
@given(scores, scores, scores)
def test_scores_that_are_shown_choose_nothing(
    calibration: list[int], one: list[int], other: list[int]
) -> None:
    first, second = (
        choose_settings(frame(calibration, test), "calibration", "trace") for test in (one, other)
    )
    pd.testing.assert_frame_equal(first.kept, second.kept)


def test_a_metric_that_is_better_when_low_is_minimised() -> None:
    chosen = choose_settings(
        frame([3, 1, 2, 9, 8, 7], [0] * 6, "foscttm"), "calibration", "foscttm"
    )
    varied = chosen.kept[chosen.kept["aligner"] != "coot"]
    by_learner = dict(zip(varied["learner"], varied["aligner"], strict=True))
    assert by_learner == {"a": "eot(epsilon=0.1)", "b": "eot(epsilon=1)"}


def test_gaps_of_what_was_not_chosen_go_too() -> None:
    chosen = choose_settings(frame([9, 0, 0, 0, 0, 9], [0] * 6), "calibration", "trace")
    gaps = pd.DataFrame(
        {
            "dataset": ["simulation", "simulation", "calibration"],
            "learner": ["a", "a", "a"],
            "aligner": ["eot(epsilon=0.01)", "eot(epsilon=0.1)", "eot(epsilon=0.01)"],
            "training_cells": ["same"] * 3,
        }
    )
    assert list(chosen.of_kept(gaps).index) == [0]


def test_what_cannot_be_chosen_is_said() -> None:
    whole = frame([1, 2, 3, 4, 5, 6], [0] * 6)
    with pytest.raises(UnknownNameError, match="data set to choose on 'calibrations'"):
        choose_settings(whole, "calibrations", "trace")
    with pytest.raises(UnknownNameError, match="metric to choose by"):
        choose_settings(whole, "calibration", "tracer")
    with pytest.raises(DataError, match="no other data set"):
        choose_settings(whole[whole["dataset"] == "calibration"], "calibration", "trace")
    with pytest.raises(DataError, match="no aligner has several settings"):
        choose_settings(whole[~whole["aligner"].str.contains("0.01|0.1")], "calibration", "trace")
    lacking = whole.drop(index=whole.index[0])
    with pytest.raises(DataError, match=r"a \+ eot\(epsilon=0.01\) lacks trace on some of"):
        choose_settings(lacking, "calibration", "trace")


def test_chosen_results_make_a_table() -> None:
    chosen = choose_settings(frame([9, 0, 0, 0, 0, 9], [1, 0, 0, 0, 0, 2]), "calibration", "trace")
    (table,) = tables.build(chosen.results, "matching")
    text = tables.render([table], "text")
    assert "eot(epsilon=1)" in text
    assert "epsilon=0.1)" not in text


def test_bench_report_shows_the_chosen_settings(tmp_path: Path) -> None:
    path = tmp_path / "results.parquet"
    frame([9, 0, 0, 0, 0, 9], [1, 0, 0, 0, 0, 2]).to_parquet(path)
    asked = ["report", str(path), "--choose-on", "calibration"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert "each learner's best by trace on calibration" in " ".join(done.output.split())
    assert "epsilon=0.1)" not in done.output
    for words, line in (
        (["report", str(path), "--choose-by", "trace"], "--choose-by goes with --choose-on"),
        ([*asked, "--format", "html"], "not a page"),
        ([*asked[:3], "calibrations"], "data set to choose on"),
        ([*asked, "--choose-by", "mse"], "metric"),
    ):
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 2, done.output
        assert line in done.output


def test_notes_read_chosen_settings_by_the_bare_name() -> None:
    results = checked(frame([9, 0, 0, 0, 0, 9], [1, 0, 0, 0, 0, 2]))
    run = RunNumbers(results, lambda _: {}, pd.DataFrame())
    assert run.chosen("calibration", "trace").score("b + eot", "trace") == ".200"
    with pytest.raises(DataError, match="data set to choose on"):
        run.chosen("other", "trace")
