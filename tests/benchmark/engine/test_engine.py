"""The engine: nothing twice, failures stay local, damage is mended."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from benchmark.engine.dispatch.executors import Executor
from benchmark.engine.engine import Run
from benchmark.engine.task import Task
from benchmark.engine.worker import Outcome
from benchmark.stages.graph.graph import Graph
from benchmark.stages.graph.node import Node, make_node
from benchmark.store.store import Artefact, Store, TornArtefactError
from weakpair.errors import StoreError


class Recorder:
    """An observer that remembers."""

    def __init__(self) -> None:
        self.needed = self.cached = -1
        self.seen: list[Outcome] = []
        self.stopped = False

    def start(self, needed: int, cached: int) -> None:
        self.needed, self.cached = needed, cached

    def ended(self, outcome: Outcome) -> None:
        self.seen.append(outcome)

    def stop(self) -> None:
        self.stopped = True


class Fake:
    """Runs stages by reading their inputs and writing an empty artefact; some are told to fail."""

    def __init__(self, store: Store, failing: set[str], slots: int, newest_first: bool) -> None:
        self.store, self.failing, self.slots = store, failing, slots
        self.newest_first = newest_first
        self.queue: list[Task] = []
        self.ran: list[str] = []

    def submit(self, task: Task) -> None:
        self.queue.append(task)

    def next(self) -> tuple[Outcome, ...]:
        task = self.queue.pop(-1 if self.newest_first else 0)
        return tuple(map(self.run, task.nodes))

    def run(self, stage: Node) -> Outcome:
        self.ran.append(stage.key)
        try:
            for source in stage.inputs.values():
                self.store.read(source)
        except TornArtefactError as error:
            return Outcome(stage.key, "torn", error=str(error), torn_key=error.key)
        if stage.key in self.failing:
            return Outcome(stage.key, "failed", error="boom")
        self.store.write(Artefact(stage.key, pa.table({"a": [1]}), stage.recipe))
        return Outcome(stage.key, "done")


def node(graph: Graph, kind: str, name: str, *inputs: Node) -> Node:
    named = {f"in{i}": stage for i, stage in enumerate(inputs)}
    return graph.add(make_node(kind, {"name": name}, named, version="1"))


def diamonds(width: int = 3) -> tuple[Graph, dict[str, Node], tuple[str, ...]]:
    """data → fits → plans → scores, all fits sharing the data."""
    graph, made = Graph(), {}
    made["data"] = node(graph, "data", "data")
    for i in range(width):
        made[f"fit{i}"] = node(graph, "fit", f"fit{i}", made["data"])
        made[f"plan{i}"] = node(graph, "align", f"plan{i}", made[f"fit{i}"])
        made[f"score{i}"] = node(graph, "score", f"score{i}", made[f"plan{i}"], made["data"])
    return graph, made, tuple(made[f"score{i}"].key for i in range(width))


def execute(
    graph: Graph, wanted: tuple[str, ...], store: Store, fake: Fake, **options: Any
) -> tuple[Run, Recorder]:
    run, recorder = Run(graph, store, wanted, **options), Recorder()
    run.execute(opener(fake), recorder)
    assert recorder.stopped
    return run, recorder


def opener(fake: Fake) -> Callable[[], AbstractContextManager[Executor]]:
    @contextmanager
    def opened() -> Iterator[Executor]:
        yield fake

    return opened


def fake(store: Store, failing: set[str] | None = None, slots: int = 1, **kwargs: Any) -> Fake:
    return Fake(store, failing or set(), slots, kwargs.get("newest_first", False))


@pytest.mark.parametrize("slots", [1, 4])
@pytest.mark.parametrize("newest_first", [False, True])
def test_every_stage_runs_once_after_its_inputs(
    tmp_path: Path, slots: int, newest_first: bool
) -> None:
    graph, made, wanted = diamonds()
    store = Store(tmp_path)
    runner = fake(store, slots=slots, newest_first=newest_first)
    run, recorder = execute(graph, wanted, store, runner)
    assert sorted(runner.ran) == sorted(stage.key for stage in made.values())
    assert all(outcome.status == "done" for outcome in run.outcomes.values())
    assert (recorder.needed, recorder.cached) == (10, 0)


def test_a_second_run_computes_nothing(tmp_path: Path) -> None:
    graph, _, wanted = diamonds()
    store = Store(tmp_path)
    execute(graph, wanted, store, fake(store))
    again = fake(store)
    run, recorder = execute(graph, wanted, store, again)
    assert again.ran == []
    assert (recorder.needed, recorder.cached) == (0, 10)
    assert {outcome.status for outcome in run.outcomes.values()} == {"cached"}


def test_stored_scores_need_nothing_upstream(tmp_path: Path) -> None:
    graph, made, wanted = diamonds()
    store = Store(tmp_path)
    execute(graph, wanted, store, fake(store))
    for name in ("data", "fit0", "plan1"):
        store.discard(made[name].key)
    again = fake(store)
    execute(graph, wanted, store, again)
    assert again.ran == []


def test_a_failure_blocks_its_dependants_and_no_others(tmp_path: Path) -> None:
    graph, made, wanted = diamonds()
    store = Store(tmp_path)
    run, recorder = execute(graph, wanted, store, fake(store, {made["fit1"].key}))
    status = {name: run.outcomes[stage.key].status for name, stage in made.items()}
    assert status["fit1"] == "failed"
    assert status["plan1"] == status["score1"] == "blocked"
    assert sum(value == "done" for value in status.values()) == 7
    assert len(recorder.seen) == 10
    assert "boom" in run.outcomes[made["score1"].key].error


def test_a_failure_is_tried_again_by_the_next_run(tmp_path: Path) -> None:
    graph, made, wanted = diamonds()
    store = Store(tmp_path)
    execute(graph, wanted, store, fake(store, {made["fit1"].key}))
    again = fake(store)
    execute(graph, wanted, store, again)
    assert sorted(again.ran) == sorted(made[n].key for n in ("fit1", "plan1", "score1"))


def test_fail_fast_starts_nothing_after_the_failure(tmp_path: Path) -> None:
    graph, made, wanted = diamonds()
    store = Store(tmp_path)
    runner = fake(store, {made["data"].key})
    execute(graph, wanted, store, runner, fail_fast=True)
    assert runner.ran == [made["data"].key]
    other = Store(tmp_path / "other")
    runner = fake(other, {stage.key for stage in made.values() if stage.kind == "fit"})
    execute(graph, wanted, other, runner, fail_fast=True)
    assert len(runner.ran) == 2


def damage(path: Path) -> None:
    """Keep size and end of the file, so that only reading it can tell."""
    content = path.read_bytes()
    path.write_bytes(bytes(len(content) - 8) + content[-8:])


@pytest.mark.parametrize("victim", ["data", "fit0", "plan0"])
def test_a_damaged_input_is_made_anew(tmp_path: Path, victim: str) -> None:
    graph, made, wanted = diamonds()
    store = Store(tmp_path)
    execute(graph, wanted, store, fake(store))
    for key in [*wanted, *([made["plan0"].key] if victim == "fit0" else [])]:
        store.discard(key)
    damage(store.path(made[victim].key))
    run, _ = execute(graph, wanted, store, fake(store, slots=3))
    assert all(store.read(key) for key in wanted)
    assert store.read(made[victim].key)
    assert run.outcomes[made[victim].key].status == "done"


def wide(readers: int) -> tuple[Graph, Node, Node, tuple[str, ...]]:
    """data → prepare → many scores."""
    graph = Graph()
    data = node(graph, "data", "data")
    fold = node(graph, "prepare", "fold", data)
    return graph, data, fold, tuple(node(graph, "score", f"s{i}", fold).key for i in range(readers))


@pytest.mark.parametrize("newest_first", [False, True])
def test_one_damaged_artefact_with_many_readers_is_made_anew_once(
    tmp_path: Path, newest_first: bool
) -> None:
    """The readers all find it damaged: before, while and after it is made anew."""

    class Late(Fake):
        """An executor whose stages read at once; their outcomes come later."""

        def submit(self, task: Task) -> None:
            super().submit(task)
            torn[task.key] = [key for key in task.first.inputs.values() if not whole(key)]

        def next(self) -> tuple[Outcome, ...]:
            stage = self.queue[-1 if self.newest_first else 0]
            if not torn[stage.key]:
                return super().next()
            self.queue.remove(stage)
            return (Outcome(stage.key, "torn", error="torn", torn_key=torn[stage.key][0]),)

    def whole(key: str) -> bool:
        try:
            store.read(key)
        except TornArtefactError:
            return False
        return True

    torn: dict[str, list[str]] = {}
    graph, _, fold, wanted = wide(8)
    store = Store(tmp_path)
    execute(graph, wanted, store, fake(store))
    for key in wanted:
        store.discard(key)
    damage(store.path(fold.key))
    late = Late(store, set(), 16, newest_first)
    run, _ = execute(graph, wanted, store, late)
    assert {outcome.status for outcome in run.outcomes.values()} <= {"done", "cached"}
    assert all(store.read(key) for key in wanted)
    assert late.ran.count(fold.key) == 1


def test_what_runs_while_its_input_cannot_be_made_anew_ends_as_it_ends(tmp_path: Path) -> None:
    graph, data, fold, wanted = wide(3)
    store = Store(tmp_path)
    execute(graph, wanted, store, fake(store))

    class Busy(Fake):
        """One reader had read before the damage and ends after all others."""

        def next(self) -> tuple[Outcome, ...]:
            self.queue.sort(key=lambda stage: stage.key == wanted[0])
            if [stage.key for stage in self.queue] == [wanted[0]]:
                self.ran.append(self.queue.pop().key)
                return (Outcome(wanted[0], "done"),)
            return super().next()

    for key in (*wanted, data.key):
        store.discard(key)
    damage(store.path(fold.key))
    run, _ = execute(graph, wanted, store, Busy(store, {data.key}, 8, False))
    status = [run.outcomes[key].status for key in wanted]
    assert status[0] == "done"
    assert set(status[1:]) <= {"blocked", "failed"}


def test_an_artefact_that_stays_damaged_fails_its_reader(tmp_path: Path) -> None:
    """A worker may see something else than the engine does."""
    graph, _, fold, wanted = wide(2)
    store = Store(tmp_path)

    class Blind(Fake):
        def next(self) -> tuple[Outcome, ...]:
            if self.queue[0].key in wanted:
                torn = Outcome(self.queue.pop(0).key, "torn", error="torn", torn_key=fold.key)
                return (torn,)
            return super().next()

    run, _ = execute(graph, wanted, store, Blind(store, set(), 2, False))
    assert {run.outcomes[key].status for key in wanted} == {"failed"}


def test_a_damaged_score_is_made_anew(tmp_path: Path) -> None:
    graph, _, wanted = diamonds()
    store = Store(tmp_path)
    execute(graph, wanted, store, fake(store))
    damage(store.path(wanted[0]))
    again = fake(store)
    execute(graph, wanted, store, again)
    assert again.ran == [wanted[0]]


def test_a_store_that_cannot_be_used_ends_the_run(tmp_path: Path) -> None:
    graph, _, wanted = diamonds()
    store = Store(tmp_path)

    class Broken(Fake):
        def next(self) -> tuple[Outcome, ...]:
            return (Outcome(self.queue.pop().key, "fatal", error="the disk is full"),)

    with pytest.raises(StoreError, match="the disk is full"):
        execute(graph, wanted, store, Broken(store, set(), 1, False))


def test_keys_and_seeds_come_from_content_alone() -> None:
    first, made, _ = diamonds()
    second, again, _ = diamonds()
    assert set(first.nodes) == set(second.nodes)
    base = make_node("fit", {"a": 1}, {}, version="1", resources={"device": "cpu"})
    elsewhere = make_node("fit", {"a": 1}, {}, version="2", resources={"device": "cuda"})
    other = make_node("fit", {"a": 2}, {}, version="1", resources={"device": "cpu"})
    assert base.key != elsewhere.key
    assert base.seed == elsewhere.seed
    assert base.seed != other.seed
    assert made["fit0"].seed == again["fit0"].seed != made["fit1"].seed


def test_a_stage_without_its_inputs_is_refused() -> None:
    graph = Graph()
    loose = make_node("data", {}, {}, version="1")
    with pytest.raises(ValueError, match="not in the graph"):
        node(graph, "fit", "fit", loose)
