"""Whatever dies, fills up or turns read-only: finished stages stay, and results are the same."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from io import StringIO
from pathlib import Path

import psutil
import pytest

from benchmark.engine.dispatch.executors import quiet_distributed
from benchmark.engine.progress import Lines
from benchmark.grids.reading.files import read_grid
from benchmark.grids.spec import validate_grid
from benchmark.runs.run import RunOptions, run_grid
from tests.benchmark.engine.test_timeout import grid as misbehaving
from tests.benchmark.runs.test_resume import BENCH, GRID, artefacts, finish, results, start
from weakpair.errors import ClusterError

STAGES = 68
# No worker process dies more often than Dask forgives a stage that was on its list.
KILLS = ("worker", "client", "worker", "client", "worker")
LIVES = 10


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    finish(folder, "--workers", "0")
    return folder


def soon(holds: Callable[[], object], seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def until(process: subprocess.Popen[bytes], holds: Callable[[], object]) -> None:
    """Wait for something that happens before the process ends."""

    def held() -> object:
        assert process.poll() is None, process.communicate()[0].decode()
        return holds()

    soon(held)


def said_in_the_end(process: subprocess.Popen[bytes], code: int = 0) -> str:
    said = process.communicate(timeout=600)[0].decode()
    assert process.returncode == code, said
    return said


def descendants(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def workers_of(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The processes that run stages: those that Dask has spawned."""
    found = []
    for one in descendants(process):
        with suppress(psutil.Error):
            if "spawn_main" in " ".join(one.cmdline()) and one.status() != psutil.STATUS_ZOMBIE:
                found.append(one)
    return found


def ended(processes: Sequence[psutil.Process]) -> bool:
    def over(process: psutil.Process) -> bool:
        try:
            return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    return all(over(process) for process in processes)


class Life:
    """A run on two workers that is killed and started again until it ends."""

    def __init__(self, folder: Path, dice: random.Random) -> None:
        self.folder, self.dice = folder, dice
        self.orphans: list[psutil.Process] = []
        self.process = start(folder, "--workers", "2")

    def kill(self, victim: str, moment: int) -> None:
        """SIGKILL, a little after so many artefacts are there."""
        until(self.process, lambda: artefacts(self.folder) >= moment and workers_of(self.process))
        time.sleep(self.dice.uniform(0, 0.05))
        if victim == "worker":
            with suppress(psutil.NoSuchProcess):
                self.dice.choice(workers_of(self.process)).kill()
            return
        self.orphans += descendants(self.process)
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.communicate()
        self.process = start(self.folder, "--workers", "2")

    def end(self) -> bytes:
        said_in_the_end(self.process)
        soon(lambda: ended(self.orphans))
        return results(self.folder)


@pytest.mark.slow
@pytest.mark.parametrize(("victim", "moment"), [("worker", 0), ("client", 30)])
def test_a_sigkill_changes_nothing(
    undisturbed: Path, tmp_path: Path, victim: str, moment: int
) -> None:
    """At moment 0 the workers are just starting."""
    life = Life(tmp_path / "run", random.Random(1))
    life.kill(victim, moment)
    assert life.end() == results(undisturbed)


@pytest.mark.slow
@pytest.mark.parametrize("trial", range(LIVES))
def test_sigkills_at_any_moment_change_nothing(
    undisturbed: Path, tmp_path: Path, trial: int
) -> None:
    """Fifty of them: five in each of ten runs' lives."""
    dice = random.Random(trial)
    life = Life(tmp_path / "run", dice)
    moments = sorted(dice.sample(range(STAGES - 12), len(KILLS)))
    for victim, moment in zip(dice.sample(KILLS, len(KILLS)), moments, strict=True):
        life.kill(victim, moment)
    assert life.end() == results(undisturbed)


@contextmanager
def read_only(root: Path) -> Iterator[None]:
    folders = [root, *(path for path in root.rglob("*") if path.is_dir())]
    for path in folders:
        path.chmod(0o500)
    try:
        yield
    finally:
        for path in folders:
            path.chmod(0o700)


def start_bound(folder: Path, *options: str) -> subprocess.Popen[bytes]:
    """As `start`, but permissions bind the process even if root runs the tests."""
    command = [*BENCH, *GRID, *options]
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("needs setpriv to give up root's right to write everywhere")
        command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *command]
    folder.mkdir(exist_ok=True)
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def errors(said: str) -> list[str]:
    """What is said beside the first lines of a run, which tell the data, and its progress."""
    usual = ("digits: 200 cells", "imputes modality 1", "stages: ")
    return [line for line in said.splitlines() if not line.startswith(usual)]


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_store_made_read_only_ends_the_run_and_keeps_what_is_finished(
    undisturbed: Path, tmp_path: Path, workers: str
) -> None:
    folder = tmp_path / "run"
    process = start_bound(folder, "--workers", workers)
    until(process, lambda: artefacts(folder) >= 20)
    with read_only(folder / "store"):
        (line,) = errors(said_in_the_end(process, code=2))
        kept = artefacts(folder)
    assert line.startswith("error: cannot write to the store")
    assert line.endswith("Permission denied")
    assert 20 <= kept < STAGES
    assert f"{kept} cached, 0 failed" in said_in_the_end(start_bound(folder, "--workers", "0"))
    assert results(folder) == results(undisturbed)


def test_a_finished_run_needs_no_right_to_write_to_the_store(
    undisturbed: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(undisturbed, folder)
    with read_only(folder / "store"):
        said = said_in_the_end(start_bound(folder, "--workers", "0"))
    assert f"0 computed, {STAGES} cached" in said


@pytest.mark.slow
def test_a_full_disk_ends_the_run_and_keeps_what_is_finished(
    undisturbed: Path, tmp_path: Path
) -> None:
    """A file system of half a megabyte, seen by the test's own processes alone."""
    own = ["unshare", "--mount", "--map-root-user", "sh", "-c"]
    if not shutil.which("unshare") or subprocess.run([*own, "true"]).returncode:
        pytest.skip("needs a name space of its own to mount a small file system")
    (tmp_path / "store").mkdir()
    run = f'"{sys.executable}" -c "from benchmark.cli import main; main()" {" ".join(GRID)}'
    script = f"""
        mount -t tmpfs -o size=512k tmpfs store || exit 9
        {run} --workers 0; echo "ended $?"
        mount -o remount,size=64m store || exit 9
        ls store/objects/*/*.parquet | wc -l
        {run} --workers 0; echo "ended $?"
    """
    done = subprocess.run(
        [*own, script], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said = errors(done.stdout.decode())
    assert done.returncode == 0, said
    line, code, kept, summary, *closing, again = said
    assert line.startswith("error: the disk of the store")
    assert line.endswith("is full; free space and run again: finished stages stay")
    assert code == "ended 2"
    assert 0 < int(kept) < STAGES
    assert f"{int(kept)} cached, 0 failed" in summary
    assert closing[-1].startswith("next: bench report")
    assert again == "ended 0"
    assert results(tmp_path) == results(undisturbed)


class Cluster:
    """A Dask scheduler and its workers on loopback, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "scheduler.json"
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._start("scheduler", "--port", "0", "--no-dashboard")
        soon(self.file.exists)

    def _start(self, kind: str, *options: str) -> subprocess.Popen[bytes]:
        module = f"distributed.cli.dask_{kind}"
        where = ["--scheduler-file", str(self.file), "--host", "127.0.0.1"]
        return subprocess.Popen(
            [sys.executable, "-m", module, *where, *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def grow(self) -> None:
        """Two workers more."""
        options = ["--nthreads", "1", "--no-nanny", "--no-dashboard"]
        self.workers += [self._start("worker", *options) for _ in range(2)]

    def lose_workers(self) -> None:
        while self.workers:
            worker = self.workers.pop()
            worker.kill()
            worker.wait()

    def lose_scheduler(self) -> None:
        self.scheduler.kill()
        self.scheduler.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(tmp_path)
    try:
        yield made
    finally:
        made.lose_workers()
        made.lose_scheduler()


def start_on(cluster: Cluster, folder: Path) -> subprocess.Popen[bytes]:
    """A run on two fresh workers of that cluster that has got somewhere."""
    distributed = quiet_distributed()
    cluster.grow()
    with distributed.Client(scheduler_file=str(cluster.file), set_as_default=False) as client:
        client.wait_for_workers(2, timeout=120)
        address = client.scheduler.address
    process = start(folder, "--cluster", address)
    until(process, lambda: artefacts(folder) >= 20)
    return process


@pytest.mark.slow
def test_a_cluster_that_loses_all_workers_goes_on_with_new_ones(
    undisturbed: Path, tmp_path: Path, cluster: Cluster
) -> None:
    folder = tmp_path / "run"
    process = start_on(cluster, folder)
    cluster.lose_workers()
    stored = artefacts(folder)
    time.sleep(1)
    assert process.poll() is None
    assert artefacts(folder) == stored < STAGES
    cluster.grow()
    assert f"{STAGES} computed, 0 cached, 0 failed" in said_in_the_end(process)
    assert results(folder) == results(undisturbed)


@pytest.mark.slow
def test_a_stage_that_kills_its_workers_fails_alone(options: RunOptions, tmp_path: Path) -> None:
    """Without limits it runs in Dask's worker, with honest stages next on that worker's list."""
    spec, alone = misbehaving("dies", tmp_path / "pids"), replace(options, workers=1)
    summary = run_grid(spec, alone, Lines(StringIO()))
    (failed,) = (o for o in summary.outcomes.values() if o.status == "failed")
    assert failed.error == "the process of the stage died of SIGSEGV, 3 times in a row"
    assert summary.finished == summary.points - 1


def test_workers_that_cannot_be_started_are_one_line(
    options: RunOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(**_: object) -> None:
        raise RuntimeError("Nanny failed to start.")

    monkeypatch.setattr(quiet_distributed(), "SpecCluster", fails)
    with pytest.raises(ClusterError, match="cannot start 2 workers") as caught:
        run_grid(validate_grid(read_grid("smoke")), replace(options, workers=2), Lines(StringIO()))
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_a_lost_scheduler_ends_the_run_in_one_line(
    undisturbed: Path, tmp_path: Path, cluster: Cluster
) -> None:
    folder = tmp_path / "run"
    process = start_on(cluster, folder)
    cluster.lose_scheduler()
    said = errors(said_in_the_end(process, code=2))
    assert len(said) == 1, said
    (line,) = said
    assert line.startswith("error: the Dask scheduler at tcp://127.0.0.1:")
    assert "run the same command" in line
    # A worker may still finish its stage, which would not be counted.
    cluster.lose_workers()
    kept = artefacts(folder)
    assert f"{kept} cached, 0 failed" in finish(folder, "--workers", "0")
    assert results(folder) == results(undisturbed)
