"""`bench status` during a run: what runs where, and how long it will take."""

import json
import os
import platform
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmark.cli import app
from benchmark.engine.inflight import FOLDER, announced, under_way
from benchmark.stages.graph.node import Node, make_node
from tests.benchmark.runs.test_resume import BENCH
from weakpair.errors import ConfigError


def stage(name: str = "a") -> Node:
    return make_node("fit", {"learner": name}, {}, version="1")


def test_a_stage_is_announced_while_it_is_computed(tmp_path: Path) -> None:
    first, second = stage("a"), stage("b")
    keys = {first.key, second.key}
    with announced(tmp_path, first, second):
        notes = under_way(tmp_path, keys)
        assert {note.key for note in notes} == keys
        assert {(note.host, note.pid) for note in notes} == {(platform.node(), os.getpid())}
        assert all(0 <= time.time() - note.since < 60 for note in notes)
        assert under_way(tmp_path, {first.key}) == [n for n in notes if n.key == first.key]
    assert under_way(tmp_path, keys) == []


def test_a_stage_that_fails_is_not_under_way_any_more(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), announced(tmp_path, stage()):
        _ = 1 / 0
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_a_note_of_a_dead_process_is_not_believed(tmp_path: Path) -> None:
    code = (
        "import os; from pathlib import Path; from benchmark.engine.inflight import announced;"
        "from tests.benchmark.cli.test_status import stage;"
        f"note = announced(Path({str(tmp_path)!r}), stage()); note.__enter__(); os._exit(0)"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code], check=True, env=env)
    (path,) = (tmp_path / FOLDER).iterdir()
    assert under_way(tmp_path, {path.name}) == []
    elsewhere = {**json.loads(path.read_text()), "host": "another-machine"}
    path.write_text(json.dumps(elsewhere))
    assert [note.host for note in under_way(tmp_path, {path.name})] == ["another-machine"]


def test_a_damaged_note_and_a_store_without_notes_are_nothing(tmp_path: Path) -> None:
    assert under_way(tmp_path, {"a"}) == []
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "a").write_text('{"key": "a"')
    assert under_way(tmp_path, {"a"}) == []


def test_a_store_that_cannot_be_written_goes_without_notes(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("in the way")
    with announced(tmp_path, stage()):
        assert under_way(tmp_path, {stage().key}) == []


SLOW = """
about: two fits that sleep
datasets: [{name: digits, subsample: 20}]
splits: [{kind: kfold, folds: 2}]
learners: [{name: "tests.benchmark.misbehaving:Misbehaving", params: {how: hangs, place: pids}}]
aligners: [eot]
tasks: [matching]
"""


def status(folder: Path) -> str:
    words = ["status", str(folder / "runs" / "slow"), "--store", str(folder / "store")]
    result = CliRunner().invoke(app, words, env={"COLUMNS": "120"})
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.slow
def test_status_tells_what_two_workers_do(tmp_path: Path) -> None:
    (tmp_path / "slow.yaml").write_text(SLOW)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [*BENCH, "run", "--grid", "slow.yaml", "--device", "cpu", "--store", "store"]
    process = subprocess.Popen(
        [*command, "--workers", "2"], cwd=tmp_path, env=env, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 120
        while not (tmp_path / "pids").exists() or len((tmp_path / "pids").read_text().split()) < 2:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        pids = (tmp_path / "pids").read_text().split()
        said = status(tmp_path)
        assert "running now" in said
        found = re.findall(rf"fit .*Misbehaving.*{re.escape(platform.node())} +│ (\d+) ", said)
        assert sorted(found) == sorted(pids)
        assert "never timed on this store: 2 fit" in said
    finally:
        process.terminate()
        process.wait()
    # The children of the workers end when their workers' pipes close: moments after the run.
    deadline = time.monotonic() + 30
    while "running now" in status(tmp_path):
        assert time.monotonic() < deadline


def test_costs_are_recorded_while_a_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the time left is known before the first run is over."""
    import io

    from benchmark.engine.progress import Lines
    from benchmark.engine.worker import Outcome
    from benchmark.grids.reading.files import read_grid
    from benchmark.grids.spec import validate_grid
    from benchmark.runs import run as runs
    from benchmark.runs.run import RunOptions, foresee, run_grid

    monkeypatch.setattr(runs, "_RECORD_EVERY", 0.0)
    options = RunOptions(tmp_path / "run", tmp_path / "store")
    grid = validate_grid(read_grid("smoke"))
    untimed: list[int] = []

    class Watcher(Lines):
        def ended(self, outcome: Outcome) -> None:
            untimed.append(foresee(grid, options).total().untimed)

    run_grid(grid, options, Watcher(io.StringIO()))
    assert untimed[0] == 68 - 1
    assert untimed[-10] == 0


def test_a_run_that_never_began_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "grid.yaml").write_text("name: smoke\n")
    result = CliRunner().invoke(app, ["status", str(tmp_path)])
    assert result.exit_code == 2
    assert ConfigError.__name__ not in result.output
