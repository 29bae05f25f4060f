"""Laws of stages computed together: the same keys and results, and none harms another."""

import json
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

import aligners
from aligners.base import Aligner
from aligners.plan.plan import Block, Plan, Status
from benchmark.engine.dispatch.executors import Executor, serial
from benchmark.engine.engine import Run
from benchmark.engine.isolation.guard import Limits
from benchmark.engine.isolation.policy import Policy
from benchmark.engine.task import Task
from benchmark.engine.together import Batcher, run_task
from benchmark.engine.worker import Outcome
from benchmark.grids.expand import Expansion, expand_grid
from benchmark.grids.spec import validate_grid
from benchmark.stages.graph.graph import Graph
from benchmark.stages.graph.node import Node, make_node
from benchmark.stages.impute import Impute
from benchmark.store.codecs import table_to_vectors
from benchmark.store.store import Store
from tests.benchmark.engine.test_engine import Fake, Recorder, damage, opener
from weakpair.registry import Entry

ON_CPU = ("cpu", "cuda")


class Lopsided(Aligner):
    """Gives mass to all cells but those of modality 2 that come first; `left_out` = -1: to none."""

    def __init__(self, left_out: int = 0) -> None:
        self.left_out = left_out

    def align(
        self, z1: ArrayLike, t1: ArrayLike, z2: ArrayLike, t2: ArrayLike, *, device: str = "cpu"
    ) -> Plan:
        import torch

        n1, n2 = len(np.asarray(t1)), len(np.asarray(t2))
        weights = torch.full((n1, n2), 1.0 / (n1 * n2), dtype=torch.float64)
        weights[:, slice(None) if self.left_out < 0 else slice(self.left_out)] = 0
        block = Block(torch.arange(n1), torch.arange(n2), weights)
        return Plan((n1, n2), (block,), Status(0, 0.0, True, None, "float64"))


@pytest.fixture
def lopsided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aligners.REGISTRY, "_entries", dict(aligners.REGISTRY._entries))
    where = "tests.benchmark.engine.test_together:Lopsided"
    aligners.REGISTRY.add(Entry[Aligner]("lopsided", where, "leaves cells out"))


def expand(
    store: Path,
    plans: list[Any],
    device: str = "cpu",
    learners: Sequence[str] = ("pca",),
    **changes: Any,
) -> Expansion:
    content: dict[str, Any] = {
        "name": "together",
        "datasets": [{"name": "digits", "subsample": 10}],
        "splits": [{"kind": "kfold", "folds": 2}],
        "learners": list(learners),
        "aligners": plans,
        "tasks": ["imputation"],
        "imputer": {"hidden": 8, "epochs": 3, **changes},
    }
    return expand_grid(validate_grid(content), Store(store), device=device, threads=1)


def execute(
    made: Expansion, store: Path, stacker: Batcher | None = None, limits: Limits | None = None
) -> Run:
    wanted = tuple(sorted({cell.score_key for cell in made.points}))
    run = Run(made.graph, Store(store), wanted, batcher=stacker or Batcher())
    run.execute(lambda: serial(str(store), Policy(limits or Limits())), Recorder())
    return run


def imputers(made: Expansion) -> list[Node]:
    return [stage for stage in made.graph.nodes.values() if stage.kind == "impute"]


def predictions(made: Expansion, store: Path) -> dict[str, NDArray[np.float32]]:
    """Key → predicted features."""
    found = {}
    for stage in imputers(made):
        if Store(store).has(stage.key):
            (vectors,) = table_to_vectors(Store(store).read(stage.key).table, "x").values()
            found[stage.key] = vectors.values
    return found


def notes(made: Expansion, store: Path, name: str) -> dict[str, Any]:
    """Key → that line of the provenance, of artefacts that have it."""
    provenance = {s.key: Store(store).read(s.key).provenance for s in imputers(made)}
    return {key: lines[name] for key, lines in provenance.items() if name in lines}


PLANS = ["eot", "labeled-eot", "uniform", "label-uniform"]


def test_together_and_one_by_one_have_the_same_keys_and_results(tmp_path: Path) -> None:
    """Results to 1e-4 of their scale; the stages of a fold went together."""
    one, two = tmp_path / "one", tmp_path / "two"
    made = expand(one, PLANS)
    alone, batched = execute(made, one), execute(made, two, Batcher(ON_CPU))
    assert {o.status for o in batched.outcomes.values()} == {"done"}
    assert set(Store(one)) == set(Store(two))
    assert alone.outcomes.keys() == batched.outcomes.keys()
    expected, found = predictions(made, one), predictions(made, two)
    assert len(expected) == 8
    for key, values in expected.items():
        np.testing.assert_allclose(found[key], values, rtol=0, atol=1e-4 * np.abs(values).max())
    assert list(notes(made, two, "together").values()) == [4] * 8
    assert all(outcome.seconds > 0 for outcome in batched.outcomes.values())


def test_on_the_cpu_nothing_is_batched_unless_told(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    made = expand(one, PLANS)
    execute(made, one)
    execute(made, two, Batcher(devices=()))
    assert notes(made, one, "together") == {}
    for key in predictions(made, one):
        assert Store(one).read(key).table.equals(Store(two).read(key).table)


def test_on_a_gpu_networks_of_one_fold_and_spec_go_together(tmp_path: Path) -> None:
    made = expand(tmp_path, PLANS, device="cuda")
    first, *rest = imputers(made)
    others = [stage for stage in rest if stage.inputs["fold"] == first.inputs["fold"]]
    assert Batcher(graph=made.graph).companions(first, rest) == others
    assert len(others) == 3
    assert Batcher(graph=made.graph, most=3).companions(first, rest) == others[:2]
    wider = expand(tmp_path, PLANS, device="cuda", hidden=9)
    both = Graph({**made.graph.nodes, **wider.graph.nodes})
    assert Batcher(graph=both).companions(first, imputers(wider)) == []
    controls = expand(tmp_path, PLANS, device="cuda", kind="ridge")
    first, *rest = imputers(controls)
    assert Batcher(graph=controls.graph).companions(first, rest) == []


def test_on_a_gpu_fits_of_one_recipe_go_together_whatever_the_fold(tmp_path: Path) -> None:
    names = ["groove-cosine", "ps", "davae", "pca"]
    made = expand(tmp_path, ["eot"], device="cuda", learners=names)
    fits: dict[str, list[Node]] = {name: [] for name in names}
    for stage in made.graph.nodes.values():
        if stage.kind == "fit":
            fits[stage.params["learner"]].append(stage)
    everything = [stage for stages in fits.values() for stage in stages]
    for name, (first, second) in fits.items():
        others = [stage for stage in everything if stage is not first]
        found = Batcher(graph=made.graph).companions(first, others)
        assert found == ([second] if name in ("groove-cosine", "ps") else [])


def lopsided_plans(*left_out: int) -> list[Any]:
    names = [
        {"name": "lopsided", "label": f"lopsided {n}", "params": {"left_out": n}} for n in left_out
    ]
    return ["label-uniform", *names]


def test_fits_of_two_folds_train_together(tmp_path: Path) -> None:
    """Classifiers forget rounding; how far apart others are is a law of the learners' tests."""
    one, two = tmp_path / "one", tmp_path / "two"
    made = expand(one, ["eot"], learners=["ps"])
    execute(made, one)
    execute(made, two, Batcher(ON_CPU))
    fits = [stage for stage in made.graph.nodes.values() if stage.kind == "fit"]
    assert len(fits) == 2
    for stage in fits:
        alone, batched = Store(one).read(stage.key), Store(two).read(stage.key)
        assert batched.provenance["together"] == 2
        assert batched.facts.keys() == alone.facts.keys()
        expected, found = (table_to_vectors(a.table, "z") for a in (alone, batched))
        for slot, vectors in expected.items():
            scale = np.abs(vectors.values).max()
            np.testing.assert_array_equal(found[slot].ids, vectors.ids)
            np.testing.assert_allclose(found[slot].values, vectors.values, atol=0.01 * scale)


@pytest.mark.usefixtures("lopsided")
def test_a_stage_that_fails_does_so_alone(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    made = expand(one, lopsided_plans(0, -1))
    alone, batched = execute(made, one), execute(made, two, Batcher(ON_CPU))
    status = {key: outcome.status for key, outcome in alone.outcomes.items()}
    assert {key: outcome.status for key, outcome in batched.outcomes.items()} == status
    failed = [o for o in batched.outcomes.values() if o.status == "failed"]
    assert [o.error for o in failed] == ["imputer: the plan gives no source cell any mass"] * 2
    expected, found = predictions(made, one), predictions(made, two)
    assert len(expected) == 4
    for key, values in expected.items():
        np.testing.assert_allclose(found[key], values, rtol=0, atol=1e-4 * np.abs(values).max())
        assert Store(two).read(key).provenance["together"] == 2


@pytest.mark.usefixtures("lopsided")
def test_plans_of_other_source_cells_train_in_batches_of_their_own(tmp_path: Path) -> None:
    made = expand(tmp_path / "one", lopsided_plans(0, 3, 5))
    execute(made, tmp_path / "one")
    execute(made, tmp_path / "two", Batcher(ON_CPU))
    assert list(notes(made, tmp_path / "two", "together").values()) == [2] * 4
    expected, found = (predictions(made, tmp_path / name) for name in ("one", "two"))
    together = notes(made, tmp_path / "two", "together")
    for key, values in expected.items():
        if key not in together:
            np.testing.assert_array_equal(found[key], values)


def test_stages_wait_for_those_that_they_go_together_with(tmp_path: Path) -> None:
    """Plans that need no learner are there long before those that do."""
    learners = ["pca", "lda", "random-projection"]
    made = expand(tmp_path, ["uniform", "eot"], learners=learners)
    execute(made, tmp_path, Batcher(ON_CPU))
    assert list(notes(made, tmp_path, "together").values()) == [4] * 8


def test_a_batch_that_fails_is_computed_one_by_one_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the memory of a device runs out; the results are then those of each alone."""

    def full(*_: Any) -> Any:
        raise MemoryError("no room for\nfour networks")

    one, two = tmp_path / "one", tmp_path / "two"
    made = expand(one, PLANS)
    execute(made, one)
    monkeypatch.setattr(Impute, "_train", full)
    run = execute(made, two, Batcher(ON_CPU))
    assert {o.status for o in run.outcomes.values()} == {"done"}
    for key, values in predictions(made, one).items():
        np.testing.assert_array_equal(predictions(made, two)[key], values)
    said = ["MemoryError: no room for four networks"] * 8
    assert list(notes(made, two, "batch_error").values()) == said
    assert list(notes(made, two, "together").values()) == [1] * 8


def test_a_damaged_plan_is_mended(tmp_path: Path) -> None:
    made = expand(tmp_path, PLANS)
    execute(made, tmp_path, Batcher(ON_CPU))
    store, victims = Store(tmp_path), imputers(made)
    for stage in victims:
        store.discard(stage.key)
    for cell in made.points:
        store.discard(cell.score_key)
    damage(store.path(victims[2].inputs["plan"]))
    run = execute(made, tmp_path, Batcher(ON_CPU))
    assert all(run.outcomes[cell.score_key].status == "done" for cell in made.points)
    assert store.read(victims[2].inputs["plan"])


def test_batches_go_through_a_guarded_child(tmp_path: Path) -> None:
    made = expand(tmp_path / "one", ["uniform", "label-uniform"])
    execute(made, tmp_path / "one", Batcher(ON_CPU))
    execute(made, tmp_path / "two", Batcher(ON_CPU), Limits(timeout=300))
    assert list(notes(made, tmp_path / "two", "together").values()) == [2] * 4
    for key, values in predictions(made, tmp_path / "one").items():
        np.testing.assert_array_equal(predictions(made, tmp_path / "two")[key], values)


def toy_stages(n: int) -> tuple[Graph, list[Node]]:
    """n imputers of one fold that may be batched, with nothing to compute."""
    graph = Graph()
    fold = graph.add(make_node("prepare", {}, {}, version="1"))
    params = {"imputer": {"kind": "mlp"}}
    stages = []
    for i in range(n):
        plan = graph.add(make_node("align", {"i": i}, {"fold": fold}, version="1"))
        inputs = {"fold": fold, "plan": plan}
        made = make_node("impute", params, inputs, version="1", resources={"device": "cuda"})
        stages.append(graph.add(made))
    return graph, stages


def test_tasks_come_back_from_json_and_pickle() -> None:
    _, nodes = toy_stages(3)
    for task in (Task(tuple(nodes)), Task((nodes[0],), "no room")):
        through_json = Task.from_plain(json.loads(json.dumps(task.plain())))
        for copy in (through_json, pickle.loads(pickle.dumps(task))):
            assert copy == task
            assert [node.key for node in copy.nodes] == [node.key for node in task.nodes]


class Together(Fake):
    """Loses the worker under every batch, if told to."""

    loses = False

    def next(self) -> tuple[Outcome, ...]:
        if self.loses and len(self.queue[0].nodes) > 1:
            return (Outcome(self.queue.pop(0).key, "failed", error="KilledWorker: lost"),)
        return super().next()


@pytest.mark.parametrize("slots", [1, 4])
@pytest.mark.parametrize("loses", [False, True])
def test_each_stage_of_a_batch_ends_once_even_if_its_worker_is_lost(
    tmp_path: Path, slots: int, loses: bool
) -> None:
    graph, stages = toy_stages(9)
    store, recorder = Store(tmp_path), Recorder()
    runner: Executor = Together(store, set(), slots, False)
    assert isinstance(runner, Together)
    runner.loses = loses
    run = Run(graph, store, tuple(stage.key for stage in stages), batcher=Batcher(most=4))
    run.execute(opener(runner), recorder)
    assert sorted(runner.ran) == sorted(graph.nodes)
    assert sorted(outcome.key for outcome in recorder.seen) == sorted(graph.nodes)
    assert {outcome.status for outcome in run.outcomes.values()} == {"done"}


def test_a_stage_run_alone_has_no_note(tmp_path: Path) -> None:
    made = expand(tmp_path, ["uniform"])
    execute(made, tmp_path, Batcher(ON_CPU))
    stage = imputers(made)[0]
    Store(tmp_path).discard(stage.key)
    assert [o.status for o in run_task(Task((stage,)), str(tmp_path))] == ["done"]
    assert "together" not in Store(tmp_path).read(stage.key).provenance
