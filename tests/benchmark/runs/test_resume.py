"""Killed, resumed, serial or on workers: the results are the same, bit for bit."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest

BENCH = [sys.executable, "-c", "from benchmark.cli import main; main()"]
GRID = ["run", "--grid", "smoke", "--device", "cpu", "--store", "store"]


def start(folder: Path, *options: str) -> subprocess.Popen[bytes]:
    folder.mkdir(exist_ok=True)
    return subprocess.Popen(
        [*BENCH, *GRID, *options],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def finish(folder: Path, *options: str) -> str:
    process = start(folder, *options)
    said = process.communicate(timeout=600)[0].decode()
    assert process.returncode == 0, said
    return said


def results(folder: Path) -> bytes:
    return (folder / "runs" / "smoke" / "results.parquet").read_bytes()


def artefacts(folder: Path) -> int:
    return len(list((folder / "store" / "objects").glob("*/*.parquet")))


def kill_after(folder: Path, count: int, options: Sequence[str]) -> None:
    """SIGKILL the whole process group once `count` artefacts are there."""
    process = start(folder, *options)
    deadline = time.monotonic() + 60
    while artefacts(folder) < count and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    finish(folder, "--workers", "0")
    return folder


def test_a_second_run_computes_nothing(undisturbed: Path) -> None:
    before = results(undisturbed)
    assert "stages: 0 computed, 68 cached" in finish(undisturbed, "--workers", "0")
    assert results(undisturbed) == before


@pytest.mark.parametrize("workers", [pytest.param("1", marks=pytest.mark.slow), "2"])
def test_workers_change_nothing(undisturbed: Path, tmp_path: Path, workers: str) -> None:
    finish(tmp_path / "run", "--workers", workers)
    assert results(tmp_path / "run") == results(undisturbed)


@pytest.mark.slow
def test_a_running_cluster_changes_nothing(undisturbed: Path, tmp_path: Path) -> None:
    """Two workers over TCP, started beside the run, that share the store by its path."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
    ) as cluster:
        finish(tmp_path / "run", "--cluster", cluster.scheduler_address)
    assert results(tmp_path / "run") == results(undisturbed)


def test_a_killed_run_goes_on_where_it_stopped(undisturbed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "killed"
    kill_after(folder, 30, ["--workers", "0"])
    stored = artefacts(folder)
    assert 30 <= stored < 68
    said = finish(folder, "--workers", "0")
    assert f"{stored} cached" in said
    assert results(folder) == results(undisturbed)


@pytest.mark.slow
@pytest.mark.parametrize("trial", range(10))
def test_killed_at_any_moment_with_workers(undisturbed: Path, tmp_path: Path, trial: int) -> None:
    folder = tmp_path / "killed"
    kill_after(folder, random.Random(trial).randrange(1, 68), ["--workers", "2"])
    finish(folder, "--workers", "2")
    assert results(folder) == results(undisturbed)


def test_two_runs_may_share_a_store(undisturbed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    runs = [start(folder, "--workers", "0", "--out", f"runs/{name}") for name in "ab"]
    for process in runs:
        said = process.communicate(timeout=600)[0].decode()
        assert process.returncode == 0, said
    for name in "ab":
        written = (folder / "runs" / name / "results.parquet").read_bytes()
        assert written == results(undisturbed)


@pytest.mark.parametrize(
    ("workers", "stop"),
    [("0", signal.SIGINT), pytest.param("2", signal.SIGTERM, marks=pytest.mark.slow)],
)
def test_an_interrupt_keeps_what_is_finished(
    undisturbed: Path, tmp_path: Path, workers: str, stop: signal.Signals
) -> None:
    folder = tmp_path / "interrupted"
    process = start(folder, "--workers", workers)
    while artefacts(folder) < 20:
        time.sleep(0.005)
    os.kill(process.pid, stop)
    said = process.communicate(timeout=60)[0].decode()
    assert process.returncode == 130
    assert "run the same command to go on" in said
    assert "Traceback" not in said
    partial = pq.read_table(folder / "runs" / "smoke" / "results.parquet").num_rows
    gaps = pq.read_table(folder / "runs" / "smoke" / "gaps.parquet").num_rows
    whole = pq.read_table(undisturbed / "runs" / "smoke" / "results.parquet").num_rows
    assert 0 <= partial < whole
    assert gaps > 0
    finish(folder, "--workers", "0")
    assert results(folder) == results(undisturbed)
