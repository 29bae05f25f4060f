"""What a run says while it goes on and at its end: true counts, names, and no nonsense."""

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from typer.testing import CliRunner

from benchmark.cli import app
from benchmark.cli.stopping import SAID
from benchmark.engine.forecast import Forecast
from benchmark.engine.inflight import announced
from benchmark.engine.progress import Bar, Lines
from benchmark.engine.watching import Watch
from benchmark.engine.worker import Outcome, Status
from benchmark.stages.graph.graph import Graph
from benchmark.stages.graph.node import make_node
from learners.neural.groove import GROOVE
from weakpair.imports import HOME

SMALL = ("--workers", "0", "--tasks", "matching", "--aligners", "labeled-eot")


def graph() -> Graph:
    made = Graph()
    fold = made.add(make_node("prepare", {"fold": "fold-3"}, {}, version="1"))
    fit = made.add(make_node("fit", {"learner": "lda"}, {"fold": fold}, version="1"))
    made.add(make_node("align", {"aligner": "eot", "part": "test"}, {"z": fit}, version="1"))
    return made


def watch(store: Path, made: Graph, costs: dict[str, float] | None = None) -> Watch:
    forecast = Forecast(costs or {}, frozenset(made.nodes))
    return Watch(made.nodes, store, forecast, made)


def test_a_terminal_shows_what_runs_by_its_names(tmp_path: Path) -> None:
    made = graph()
    console = Console(file=io.StringIO(), force_terminal=True, width=150, color_system=None)
    bar = Bar(console)
    bar.watch(watch(tmp_path, made))
    plan = list(made.nodes.values())[-1]
    with announced(tmp_path, plan):
        bar.start(3, 0)
        bar._progress.refresh()
        bar.stop()
    assert isinstance(console.file, io.StringIO)
    assert "align fold-3 lda eot test" in console.file.getvalue()


def test_lines_go_on_while_one_stage_takes_long(tmp_path: Path) -> None:
    made, said = graph(), io.StringIO()
    lines = Lines(said, every=0.01)
    lines.watch(watch(tmp_path, made))
    with announced(tmp_path, list(made.nodes.values())[1]):
        lines.start(3, 0)
        deadline = time.monotonic() + 30
        while "now fit fold-3 lda" not in said.getvalue() and time.monotonic() < deadline:
            time.sleep(0.01)
        lines.stop()
    assert "now fit fold-3 lda" in said.getvalue()
    assert "left" not in said.getvalue()


def test_a_training_says_its_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmark.engine.inflight._SECONDS_BETWEEN_EPOCHS", 0.0)
    made = graph()
    fit = list(made.nodes.values())[1]

    x, t = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32), np.repeat([0, 1], 6)
    with announced(tmp_path, fit):
        learner = GROOVE(dim=2, epochs=3).fit(x, t, x, t)
        seen = watch(tmp_path, made).now()
    assert learner.report_.facts["epochs"] == 3
    assert seen.startswith("fit fold-3 lda ")
    assert seen.endswith("s (epoch 3/3)")


@pytest.mark.parametrize("kind", [Bar, Lines])
def test_failed_and_blocked_are_counted_apart(kind: type) -> None:
    said = io.StringIO()
    shown = kind(Console(file=said, width=150)) if kind is Bar else kind(said)
    shown.start(5, 2)
    ended: tuple[Status, ...] = ("failed", "blocked", "blocked", "done")
    for number, status in enumerate(ended):
        shown.ended(Outcome(str(number), status))
    shown.stop()
    assert "2 cached, 1 failed, 2 blocked" in said.getvalue()


def test_time_left_is_told_only_where_something_is_known() -> None:
    keys = frozenset("abcd")
    costs = dict.fromkeys(keys, 10.0)
    forecast = Forecast(costs, keys)
    assert forecast.left({}) is None
    forecast.ended("a", 5.0)
    assert forecast.left({}) == pytest.approx(20.0)
    assert forecast.left({"b": 4.0}) == pytest.approx(16.0)
    assert forecast.left({"b": 100.0}) is None, "what runs has long exceeded what it should take"
    assert Forecast(costs, keys | {"unknown"}).left({}) is None
    wrong = Forecast(costs, keys)
    wrong.ended("a", 10_000.0)
    assert wrong.left({}) is None


class Interrupted(dict[str, float]):
    """Costs that, when they are looked up, let a stage end: as another thread does."""

    forecast: Forecast

    def __getitem__(self, key: str) -> float:
        for other in self:
            self.forecast.ended(other, 0.0)
        return super().__getitem__(key)


def test_stages_may_end_while_the_time_left_is_computed() -> None:
    costs = Interrupted(dict.fromkeys("abcdef", 1.0))
    costs.forecast = forecast = Forecast(costs, frozenset(costs))
    forecast._taken = forecast._foreseen = 10.0
    assert forecast.left({}) == pytest.approx(6.0)


def test_workers_share_what_is_left() -> None:
    forecast = Forecast(dict.fromkeys("abcde", 10.0), frozenset("abcde"), workers=2)
    forecast.ended("a", 10.0)
    assert forecast.left({}) == pytest.approx(20.0)
    forecast.ended("b", 10.0)
    forecast.ended("c", 10.0)
    forecast.ended("d", 10.0)
    assert forecast.left({}) == pytest.approx(10.0), "one stage is not shared"


def bench(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False, env={"COLUMNS": "200"})
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WEAKPAIR_STORE", raising=False)
    return tmp_path


def test_failures_are_named_and_counts_agree_everywhere(folder: Path) -> None:
    broken = "tests.benchmark.toys:Broken"
    said = bench("run", "--grid", "smoke", "--learners", f"lda,{broken}", *SMALL, code=1)
    stages = pd.read_parquet("runs/smoke/stages.parquet")
    failed, blocked = (int((stages["status"] == word).sum()) for word in ("failed", "blocked"))
    assert failed
    assert blocked
    assert said.count(f"{failed} failed, {blocked} blocked") >= 2
    assert f"failed fit fold-0 {broken}: " in said
    assert "their logs: bench status runs/smoke --logs" in said
    status = bench("status", "runs/smoke")
    assert f"{failed} failed, {blocked} blocked" in status
    assert f"failed fit fold-0 {broken}: " in status


def test_a_run_ends_with_what_came_first_and_the_next_command(folder: Path) -> None:
    said = bench("run", "--grid", "smoke", "--learners", "lda", *SMALL)
    assert "Matching: digits (k-fold, same training cells): lda + labeled-eot comes first" in said
    assert said.rstrip().endswith("next: bench report runs/smoke")


def test_nothing_comes_first_where_nothing_is_ranked(folder: Path) -> None:
    grid = "name: unpaired\ndatasets: [{name: digits, subsample: 8, pairing: none}]\n"
    (folder / "unpaired.yaml").write_text(f"{grid}splits: ['kfold:2']\nlearners: [lda]\n")
    with (folder / "unpaired.yaml").open("a") as opened:
        opened.write("aligners: [labeled-eot]\ntasks: [matching, surrogate]\n")
    said = bench("run", "--grid", "unpaired.yaml", "--workers", "0")
    assert "Matching: digits (k-fold, no true pairs): nothing is ranked" in said
    assert "Surrogate: digits (k-fold, no true pairs): lda + labeled-eot comes first" in said
    assert "by what needs no pairs: bench choose runs/unpaired" in said
    alone = bench("run", "--grid", "unpaired.yaml", "--workers", "0", "--tasks", "matching")
    assert "no true pairs: bench choose --data PATH --group COLUMN asks" in alone


def test_fits_that_were_never_timed_are_in_what_is_expected(folder: Path) -> None:
    words = ("run", "--grid", "smoke", "--learners", "groove-cosine", *SMALL, "--dry-run")
    said = bench(*words)
    assert "~ 15.4 s" in said, "two fits of 7.7 s"
    assert "typical times" in said
    assert "expected: 16.5 s" in said


@pytest.mark.parametrize("workers", ["0", pytest.param("1", marks=pytest.mark.slow)])
def test_ctrl_c_is_answered_at_once(folder: Path, workers: str) -> None:
    """Also amid one long call, which no handler of Python's can interrupt."""
    (folder / "slow.py").write_text(SLOW)
    path = os.pathsep.join([str(HOME), *(entry for entry in sys.path if entry)])
    made = subprocess.Popen(
        [
            *(sys.executable, "-P", "-m", "weakpair", "run", "--grid", "smoke"),
            *("--learners", "slow:Slow", *SMALL[2:], "--workers", workers),
        ],
        env={**os.environ, "PYTHONPATH": path},
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (folder / "started").exists():
        assert made.poll() is None
        time.sleep(0.05)
    made.send_signal(signal.SIGINT)
    assert made.stderr is not None
    said = ""
    while SAID not in said:
        line = made.stderr.readline()
        assert line, said
        said += line
    # The call of many seconds has not come back when it is said.
    assert not (folder / "ended").exists()
    (folder / "go").touch()
    made.communicate()
    assert made.returncode == 130


SLOW = """
import ctypes
from pathlib import Path

from learners.base import Learner

LIBC = ctypes.CDLL(None)


class Slow(Learner):
    def fit(self, x1, t1, x2, t2, *, seed=0, device="cpu"):
        Path("started").touch()
        waited = 0
        while not Path("go").exists() and waited < 20:
            left = 3
            while left:  # the C library returns early when a signal comes
                left = LIBC.sleep(left)
            waited += 3
        Path("ended").touch()
        return self

    def transform(self, x, modality=1):
        return x[:, :2]
"""
