"""Runs, cleaning and checking of one store at once; some of the runs are killed."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from benchmark.runs.garbage import collect_garbage
from benchmark.runs.maintenance import damaged, listing
from benchmark.store.leftovers import abandoned
from benchmark.store.store import existing
from tests.attack.tally import Tally
from tests.benchmark.runs.test_resume import BENCH, finish, results

pytestmark = pytest.mark.slow
RUN = ["run", "--grid", "smoke", "--device", "cpu", "--store", "store", "--workers", "0"]
ROUNDS, LIMIT = 3, 600.0


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("undisturbed")
    finish(folder, "--workers", "0")
    return results(folder)


@pytest.fixture(scope="module")
def tallies() -> Iterator[dict[str, Tally]]:
    found = {name: Tally(name) for name in ("runs", "gc", "ls and verify")}
    yield found
    print("", *found.values(), sep="\n")


def start(folder: Path, name: str, *more: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*BENCH, *RUN, "--out", f"runs/{name}", *more],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def beside(
    folder: Path, processes: Sequence[subprocess.Popen[bytes]], said: dict[str, Tally]
) -> None:
    """Clean, list and check as long as the runs go on."""
    store, keep = existing(folder / "store"), [folder / "runs" / "kept"]
    deadline, turns = time.monotonic() + LIMIT, 0

    def clean() -> str:
        collect_garbage(store, keep if turns % 2 else None, dry_run=False)
        return "identical"

    def look() -> str:
        list(listing(store))
        return "silent" if damaged(store) else "identical"

    while any(process.poll() is None for process in processes):
        if time.monotonic() > deadline:
            break
        said["gc"].judge(f"gc {turns}", clean)
        said["ls and verify"].judge(f"look {turns}", look)
        turns += 1


def ended(name: str, process: subprocess.Popen[bytes], folder: Path, expected: bytes) -> str:
    """The end of a run; its last lines are told where that was not as it should."""
    try:
        told = process.communicate(timeout=60)[0].decode()
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        return "hang"
    if "Traceback" in told:
        return "traceback"
    if process.returncode:
        return "one clear line" if told.count("error: ") == 1 else "lost"
    written = (folder / "runs" / name / "results.parquet").read_bytes()
    return "identical" if written == expected else "silent"


@pytest.mark.parametrize("trial", range(ROUNDS))
def test_runs_cleaning_and_checking_harm_each_other_nowhere(
    tmp_path: Path, tallies: dict[str, Tally], expected: bytes, trial: int
) -> None:
    """Cleaning wants everything gone that another run, which is over, has no part in."""
    dice, runs = random.Random(trial), tallies["runs"]
    kept = start(tmp_path, "kept", "--learners", "pca", "--seed", "1", "--tasks", "matching")
    kept.communicate(timeout=LIMIT)
    names = ["a", "b"]
    processes = [start(tmp_path, name) for name in names]
    if trial:
        time.sleep(dice.uniform(3, 15))
        os.killpg(processes[0].pid, signal.SIGKILL)
        processes[0].communicate()
        processes[0] = start(tmp_path, names[0])
    beside(tmp_path, processes, tallies)
    for name, process in zip(names, processes, strict=True):
        runs.add(f"run {name} of {trial}", ended(name, process, tmp_path, expected))
    store = existing(tmp_path / "store")
    assert collect_garbage(store, [tmp_path / "runs" / "kept"], dry_run=False).spared == 0
    again = start(tmp_path, "kept", "--learners", "pca", "--seed", "1", "--tasks", "matching")
    assert b" 0 computed" in again.communicate(timeout=LIMIT)[0]
    assert not damaged(store)
    assert all(path.stat().st_mtime > time.time() - 60 for path in abandoned(store.root))
    assert runs.bad == tallies["gc"].bad == tallies["ls and verify"].bad == []
