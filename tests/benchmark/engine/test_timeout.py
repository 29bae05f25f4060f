"""A method that hangs, dies or leaks is ended and costs its own stage, nothing else."""

import io
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import psutil
import pytest

from benchmark.engine.isolation.guard import Guard, Limits
from benchmark.engine.progress import Lines
from benchmark.grids.elaborate import split_mappings
from benchmark.grids.spec import GridSpec, validate_grid
from benchmark.runs.run import RunOptions, RunSummary, run_grid
from benchmark.store.store import Store
from tests.benchmark.misbehaving import NAME

# Long enough for the fit and the plan of an honest learner on a busy machine.
TIMEOUT = 6.0


@pytest.fixture
def prepared(options: RunOptions) -> RunOptions:
    """The data are in the store already."""
    run(grid(""), options)
    return options


def grid(how: str, place: Path | str = "", splits: str = "holdout", other: str = "pca") -> GridSpec:
    """One well-behaved learner beside the one that is told what to do, two cells each and fold."""
    return validate_grid(
        {
            "name": "misbehaving",
            "datasets": [{"name": "digits", "subsample": 10}],
            "splits": split_mappings(splits),
            "learners": [{"name": NAME, "params": {"how": how, "place": str(place)}}, other],
            "aligners": ["label-uniform", "eot"],
            "tasks": ["matching"],
        }
    )


def run(spec: GridSpec, options: RunOptions) -> tuple[RunSummary, pd.DataFrame]:
    summary = run_grid(spec, options, Lines(io.StringIO()))
    return summary, pd.read_parquet(options.out / "stages.parquet")


def processes(place: Path) -> list[int]:
    return [int(line) for line in place.read_text().split()]


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def soon(holds: "object", seconds: float = 20.0) -> bool:
    assert callable(holds)
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("workers", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_a_hanging_stage_fails_and_the_rest_goes_on(
    prepared: RunOptions, tmp_path: Path, workers: int
) -> None:
    place = tmp_path / "pids"
    options = replace(prepared, timeout=TIMEOUT, workers=workers)
    summary, stages = run(grid("hangs", place, other="lda"), options)
    (failed,) = stages[stages["status"] == "failed"].to_dict("records")
    assert failed["kind"] == "fit"
    assert failed["error"] == "TimeoutError: the stage took longer than 6 s (--timeout)"
    assert failed["seconds"] >= TIMEOUT
    assert (stages["status"] == "blocked").sum() == 2
    assert (stages["status"] == "done").sum() == 3
    assert summary.exit_code == 1
    assert summary.finished == summary.points - 1
    assert not Store(options.store).has(failed["key"])
    assert all(gone(pid) for pid in processes(place))


@pytest.mark.parametrize("how", ["spins", "hangs_in_a_child"])
def test_nothing_that_hangs_is_left_behind(prepared: RunOptions, tmp_path: Path, how: str) -> None:
    place = tmp_path / "pids"
    _, stages = run(grid(how, place), replace(prepared, timeout=4.0))
    assert (stages["status"] == "failed").sum() == 1
    if place.exists():
        assert all(gone(pid) for pid in processes(place))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("dies", "the process of the stage died of SIGSEGV, 3 times in a row"),
        pytest.param(
            "quits",
            "the process of the stage ended with exit code 3, 3 times in a row",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_stage_that_kills_its_process_fails(
    options: RunOptions, tmp_path: Path, how: str, message: str
) -> None:
    summary, stages = run(grid(how, tmp_path / "pids"), replace(options, timeout=120))
    assert set(stages.loc[stages["status"] == "failed", "error"]) == {message}
    assert summary.finished == summary.points - 1


def test_a_process_that_dies_once_costs_nothing(options: RunOptions, tmp_path: Path) -> None:
    summary, _ = run(grid("dies_once", tmp_path / "pids"), replace(options, timeout=120))
    assert summary.exit_code == 0


def test_what_a_method_prints_is_no_answer(options: RunOptions, tmp_path: Path) -> None:
    summary, _ = run(grid("talks", tmp_path / "pids"), replace(options, timeout=120))
    assert summary.exit_code == 0


def test_a_stage_that_takes_too_much_memory_fails(options: RunOptions, tmp_path: Path) -> None:
    summary, stages = run(grid("grows", tmp_path / "pids"), replace(options, memory=1.5))
    failed = stages[stages["status"] == "failed"]
    assert set(failed["error"]) == {"MemoryError: the stage took more than 1.5 GiB (--memory)"}
    assert summary.finished == summary.points - 1


@pytest.mark.slow
def test_what_a_stage_leaks_is_not_counted_against_the_next(
    options: RunOptions, tmp_path: Path
) -> None:
    """Six fits leak 1.5 GiB together, more than a stage may take."""
    place = tmp_path / "pids"
    summary, _ = run(grid("leaks", place, splits="kfold:6"), replace(options, memory=1.5))
    assert summary.exit_code == 0
    assert 2 <= len(set(processes(place))) < 6


def test_limits_change_no_result(options: RunOptions, tmp_path: Path) -> None:
    spec = grid("", tmp_path)
    free, guarded = (
        replace(options, out=tmp_path / "a"),
        replace(options, out=tmp_path / "b", store=tmp_path / "other", timeout=60.0, memory=4.0),
    )
    run(spec, free)
    run(spec, guarded)
    results = [(o.out / "results.parquet").read_bytes() for o in (free, guarded)]
    assert results[0] == results[1]


def test_a_child_ends_with_its_parent(tmp_path: Path) -> None:
    """SIGKILL gives the parent no chance to clean up."""
    place = tmp_path / "pids"
    code = f"""
import io
from pathlib import Path
from benchmark.engine.progress import Lines
from benchmark.runs.run import RunOptions, run_grid
from tests.benchmark.engine.test_timeout import grid
place = Path({str(place)!r})
options = RunOptions(place.parent / "run", place.parent / "store", timeout=600.0)
run_grid(grid("hangs", place), options, Lines(io.StringIO()))
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    )
    assert soon(place.exists, 60)
    assert soon(lambda: bool(processes(place)))
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    assert soon(lambda: all(gone(pid) for pid in processes(place)))


def test_no_limits_mean_no_child() -> None:
    assert not Limits()
    assert Limits(timeout=1.0)
    assert Limits(memory=1.0)
    Guard("nowhere", Limits(timeout=1.0)).close()
