"""Global state, interrupts, messages and scores that are gone: what a run survives."""

import io
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmark.engine.failures import LINE, LOG, line_of, log_of
from benchmark.engine.isolation.guard import Limits
from benchmark.engine.isolation.policy import Guards, Policy, method_of
from benchmark.engine.isolation.restoring import interrupts
from benchmark.engine.progress import Lines
from benchmark.engine.task import Task
from benchmark.engine.worker import Outcome, Work, run_stage
from benchmark.grids.spec import GridSpec, validate_grid
from benchmark.runs.run import RunOptions, run_grid
from benchmark.stages.graph.context import Context, Output
from benchmark.stages.graph.node import make_node
from benchmark.store.store import Store
from tests.benchmark.mischief import Mute
from weakpair.errors import ConfigError, MethodError, ParameterError
from weakpair.registry import Entry

SCORE: dict[str, Any] = {"task": "matching", "paired": True, "metrics": {}}
STAGE = make_node("score", SCORE, {}, version="1")


def work(act: Callable[[], Any]) -> Work:
    def compute(_: Context) -> Output:
        act()
        raise MethodError("it went on")

    return Work(compute)


@pytest.fixture(autouse=True)
def _a_store(tmp_path: Path) -> None:
    Store(tmp_path).mark()


def test_an_interrupt_is_the_users_only_if_a_signal_came(tmp_path: Path) -> None:
    def raises() -> None:
        raise KeyboardInterrupt

    outcome = run_stage(STAGE, str(tmp_path), work(raises))
    assert (outcome.status, outcome.error) == ("failed", "KeyboardInterrupt: ")
    with pytest.raises(KeyboardInterrupt):
        run_stage(STAGE, str(tmp_path), work(lambda: os.kill(os.getpid(), signal.SIGINT)))


def test_an_interrupt_that_a_method_swallows_is_not_lost(tmp_path: Path) -> None:
    def swallows() -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            signal.sigtimedwait([], 0.1)
        except BaseException:  # noqa: BLE001
            pass

    with pytest.raises(KeyboardInterrupt):
        run_stage(STAGE, str(tmp_path), work(swallows))


def test_handlers_are_as_before(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    with interrupts() as interrupted:
        assert signal.getsignal(signal.SIGINT) is not before
        assert not interrupted()
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("a\nb"), "ValueError: a"),
        (MethodError("a\nb"), "a"),
        (ValueError("\udc80"), "ValueError: \\udc80"),
        (Mute(), "Mute: (its message cannot be read: Panic)"),
    ],
)
def test_any_exception_is_a_line_and_a_log_that_files_take(error: Exception, line: str) -> None:
    assert line_of(error) == line
    assert (line_of(error) + log_of(error)).encode()


def test_what_is_told_is_bounded() -> None:
    error = ValueError("loud" * 10**6)
    assert len(line_of(error)) <= LINE
    assert len(log_of(error)) <= LOG


def grid(**changes: object) -> GridSpec:
    content: dict[str, object] = {
        "name": "gone",
        "datasets": [{"name": "digits", "subsample": 6}],
        "splits": [{"kind": "holdout"}],
        "learners": ["pca", "lda"],
        "aligners": ["label-uniform", "eot"],
        "tasks": ["matching"],
    }
    return validate_grid({**content, **changes})


class Remover(Lines):
    """Removes the first score as soon as it is there."""

    def __init__(self, store: Path) -> None:
        super().__init__(io.StringIO())
        self.store, self.gone = store, ""

    def ended(self, outcome: Outcome) -> None:
        super().ended(outcome)
        path = self.store / "objects" / outcome.key[:2] / f"{outcome.key}.parquet"
        if not self.gone and b'"kind":"score"' in path.read_bytes():
            self.gone = outcome.key
            path.unlink()


def test_a_score_that_is_gone_is_a_gap_and_the_others_stay(options: RunOptions) -> None:
    remover = Remover(options.store)
    summary = run_grid(grid(), options, remover)
    assert remover.gone
    (gap,) = pd.read_parquet(options.out / "gaps.parquet").to_dict("records")
    assert gap["score_key"] == remover.gone
    assert "is damaged" in gap["error"]
    assert (summary.finished, summary.points, summary.exit_code) == (2, 3, 1)
    kept = pd.read_parquet(options.out / "results.parquet")["score_key"]
    assert remover.gone not in set(kept)
    assert kept.nunique() == 2


def test_relative_paths_hold_wherever_a_method_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    options = RunOptions(Path("run"), Path("store"), isolate="never")
    moving = "tests.benchmark.culprits:Moves"
    assert run_grid(grid(learners=[moving]), options, Lines(io.StringIO())).exit_code == 0
    assert Path.cwd() == tmp_path
    assert (tmp_path / "run" / "results.parquet").exists()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("import sys; sys.exit(0)", "SystemExit: 0"),
        ("raise BaseException('no')", "BaseException: no"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import not_there_at_all", "needs 'not_there_at_all'"),
    ],
)
def test_a_module_that_cannot_be_imported_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, why: str
) -> None:
    (tmp_path / "hostile.py").write_text(line)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "hostile", raising=False)
    with pytest.raises(ParameterError, match=why) as caught:
        Entry("x", "hostile:X", "").load()
    assert str(caught.value).startswith("hostile:X: ")
    assert "\n" not in str(caught.value)


def stage_of(learner: str) -> Any:
    return make_node("fit", {"learner": learner, "params": {}, "seed": 0}, {}, version="1")


def test_who_runs_alone_is_decided_by_where_its_class_comes_from() -> None:
    foreign, own = stage_of("tests.benchmark.culprits:Moves"), stage_of("pca")
    assert (
        method_of(own) is method_of(stage_of("learners.linear.pca:PCA")) is method_of(STAGE) is None
    )
    policies = [Policy(isolate=mode) for mode in ("auto", "always", "never")]
    assert [policy.isolates(Task((foreign,))) for policy in policies] == [True, True, False]
    assert [policy.isolates(Task((own,))) for policy in policies] == [False, True, False]
    assert [policy.alone(Task((own,))) for policy in policies] == [None] * 3
    with pytest.raises(ConfigError, match="--isolate 'perhaps': use auto, always, never"):
        Policy(isolate="perhaps")


def test_a_child_runs_one_method_only() -> None:
    guards = Guards("nowhere", Policy().limits)
    entries = [Entry[Any](name, f"{name}:X", "") for name in ("a", "b", "c")]
    first, second = guards._of(entries[0]), guards._of(entries[1])
    assert first is not second
    assert guards._of(entries[0]) is first
    guards._of(entries[2])
    assert guards._of(entries[0]) is first
    assert guards._of(entries[1]) is not second
    guards.close()


def test_a_method_that_kills_its_process_gets_few_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two for its first stage, one for each of the others, also after other methods had theirs."""
    started = []

    class Dying:
        baseline = 0.0

        def __init__(self, root: str, *, foreign: bool) -> None:
            assert foreign
            started.append(self)

        def ask(self, *_: object) -> Outcome:
            raise EOFError("it died")

        def kill(self) -> None:
            pass

    monkeypatch.setattr("benchmark.engine.isolation.guard._Child", Dying)
    guards = Guards(str(tmp_path), Limits())
    entries = [Entry[Any](name, f"{name}:X", "") for name in "abc"]
    counts = []
    for entry in (entries[0], entries[0], *entries, entries[0]):
        before = len(started)
        assert [o.status for o in guards.run(Task((STAGE,)), entry)] == ["failed"]
        counts.append(len(started) - before)
    assert counts == [2, 1, 1, 2, 2, 1]
