"""Misbehaving methods are rows with a reason; the rest of the grid goes on."""

import io
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import learners
from benchmark.engine.progress import Lines
from benchmark.grids.spec import GridSpec, validate_grid
from benchmark.runs.run import RunOptions, RunSummary, run_grid
from weakpair.errors import DataError, UnknownNameError
from weakpair.registry import Entry

pytestmark = pytest.mark.usefixtures("registered")


def grid(note: str, **changes: object) -> GridSpec:
    content = {
        "name": "broken",
        "datasets": [{"name": "digits", "subsample": 10}],
        "splits": [{"kind": "kfold", "folds": 2}],
        "learners": [{"name": "broken", "params": {"note": note}}, "spy"],
        "aligners": ["by-order"],
        "tasks": ["matching"],
    }
    return validate_grid({**content, **changes})


def run(spec: GridSpec, options: RunOptions) -> tuple[RunSummary, pd.DataFrame]:
    summary = run_grid(spec, options, Lines(io.StringIO()))
    return summary, pd.read_parquet(options.out / "stages.parquet")


@pytest.mark.parametrize(
    ("note", "message"),
    [
        ("raises", "RuntimeError: no latents today"),
        ("shape", "learner 'broken' returned latents of shape (11, 2)"),
        ("nan", "learner 'broken' returned NaN or infinite latents"),
    ],
)
def test_a_broken_learner_is_a_row_with_its_reason(
    options: RunOptions, note: str, message: str
) -> None:
    summary, stages = run(grid(note), options)
    failed = stages[stages["status"] == "failed"]
    assert summary.exit_code == 1
    assert len(failed) == 2
    assert all(message.replace("(11, 2)", "") in e.replace("(81, 2)", "") for e in failed["error"])
    assert all("Traceback" in log for log in failed["log"])
    assert (stages["status"] == "blocked").sum() == 4
    gaps = pd.read_parquet(options.out / "gaps.parquet")
    assert set(gaps["learner"]) == {"broken"}
    assert set(pd.read_parquet(options.out / "results.parquet")["learner"]) == {"spy"}


@pytest.mark.parametrize(
    ("note", "message"),
    [
        ("raises", "RuntimeError: no plan today"),
        ("leaves", "SystemExit: 3"),
        ("shape", "aligner 'broken-aligner' returned a plan of (79, 80), expected (80, 80)"),
        ("rows", "plan: weights and indices differ in shape"),
        ("nan", "plan: weights must be finite and not negative"),
    ],
)
def test_a_broken_aligner_is_a_row_with_its_reason(
    options: RunOptions, note: str, message: str
) -> None:
    broken = {"name": "broken-aligner", "params": {"note": note}}
    summary, stages = run(grid("", learners=["spy"], aligners=[broken, "by-order"]), options)
    failed = stages[stages["status"] == "failed"]
    assert summary.exit_code == 1
    assert list(failed["kind"]) == ["align"] * 2
    assert set(failed["error"]) == {message.replace("79", "49").replace("80", "50")}
    assert all("Traceback" in log for log in failed["log"])
    assert (stages["status"] == "blocked").sum() == 2
    assert set(pd.read_parquet(options.out / "results.parquet")["aligner"]) == {"by-order"}


def test_retry_failed_looks_at_failures_only(options: RunOptions) -> None:
    run(grid("raises"), options)
    again = RunOptions(options.out, options.store, retry_failed=True)
    summary, stages = run(grid("raises"), again)
    assert summary.count("done") == 0
    assert (stages["status"] == "failed").sum() == 2
    assert summary.finished == 2


def test_retry_failed_finds_what_was_mended(options: RunOptions) -> None:
    """The keys of a method are others once its code is; where its cells stand is not."""
    run(grid("raises"), options)
    learners.REGISTRY.add(Entry("broken", "tests.benchmark.toys:Spy", "mended"))
    again = replace(options, retry_failed=True)
    summary, stages = run(grid("mended"), again)
    assert summary.exit_code == 0
    computed = stages[stages["status"] == "done"]
    assert set(computed["kind"]) == {"fit", "align", "score"}
    assert all("broken" in what for what in computed["what"])


def test_a_failure_everywhere_ends_with_two(options: RunOptions) -> None:
    summary, _ = run(
        grid("raises", learners=[{"name": "broken", "params": {"note": "raises"}}]), options
    )
    assert summary.exit_code == 2


def test_a_data_set_that_is_not_there_is_skipped(options: RunOptions) -> None:
    summary, _ = run(grid("", learners=["spy"], datasets=["digits", "not-there"]), options)
    assert summary.exit_code == 1
    assert [p.dataset for p in summary.problems] == ["not-there"]
    assert summary.finished == 2


def test_no_data_set_at_all_is_the_users_mistake(options: RunOptions) -> None:
    with pytest.raises(DataError, match="not-there"):
        run(grid("", datasets=["not-there"]), options)
    assert not options.store.exists()


def test_an_unknown_method_is_noticed_before_anything_runs(options: RunOptions) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'spy'"):
        run(grid("", learners=["spi"]), options)
    assert not options.out.exists()


def test_an_unwritable_run_folder_is_one_line(options: RunOptions, tmp_path: Path) -> None:
    from weakpair.errors import StoreError

    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot write the run"):
        run(grid("", learners=["spy"]), RunOptions(tmp_path / "file" / "run", options.store))
