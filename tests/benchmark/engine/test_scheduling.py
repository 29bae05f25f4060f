"""The longest path first, and what earlier runs took says what the next will take."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from benchmark.cli import app
from benchmark.engine.dispatch.executors import Executor
from benchmark.engine.engine import Run
from benchmark.engine.progress import Lines
from benchmark.engine.scheduling import FILE, Cost, Timings, outlook, priorities, signatures
from benchmark.engine.task import Task
from benchmark.engine.worker import Outcome
from benchmark.grids.reading.files import read_grid
from benchmark.grids.spec import validate_grid
from benchmark.runs.run import RunOptions, foresee, run_grid
from benchmark.stages.graph.graph import Graph
from benchmark.stages.graph.node import Node, make_node
from benchmark.stages.score import Score
from benchmark.stages.table import stage_of
from benchmark.store.store import Artefact, Store
from learners.calibrated import calibrated


def fan(widths: dict[str, int]) -> tuple[Graph, dict[str, Node]]:
    """data → one fit per name, each with so many scores that read it."""
    graph = Graph()
    data = graph.add(make_node("data", {"source": "x"}, {}, version="1"))
    made = {"data": data}
    for name, width in widths.items():
        params = {"learner": name, "params": {}, "seed": 0}
        made[name] = graph.add(make_node("fit", params, {"data": data}, version="1"))
        for i in range(width):
            params = {"task": "matching", "paired": True, "metrics": {f"{name}{i}": 1}}
            score = make_node("score", params, {"fit": made[name]}, version="1")
            made[f"{name}{i}"] = graph.add(score)
    return graph, made


def timed(graph: Graph, made: dict[str, Node], seconds: dict[str, float]) -> Timings:
    signed, timings = signatures(graph), Timings()
    timings.learn((signed[made[name].key], Cost(cost, 10.0)) for name, cost in seconds.items())
    return timings


class Order:
    """Runs stages at once and remembers their order."""

    slots = 1

    def __init__(self, store: Store) -> None:
        self.store, self.ran = store, list[str]()

    def submit(self, task: Task) -> None:
        self.ran.append(task.key)
        self.store.write(Artefact(task.key, pa.table({"a": [1]}), task.first.recipe))

    def next(self) -> tuple[Outcome, ...]:
        return (Outcome(self.ran[-1], "done"),)


def order_of(graph: Graph, store: Store, timings: Timings) -> list[str]:
    runner = Order(store)

    @contextmanager
    def opened() -> Iterator[Executor]:
        yield runner

    Run(graph, store, tuple(graph.nodes), timings=timings).execute(opened, Lines(io.StringIO()))
    return runner.ran


def test_the_longest_path_runs_first(tmp_path: Path) -> None:
    """c is short itself, but what waits for it is the longest of all."""
    graph, made = fan({"a": 0, "b": 0, "c": 1})
    seconds = {"data": 1.0, "a": 2.0, "b": 5.0, "c": 1.0, "c0": 9.0}
    ran = order_of(graph, Store(tmp_path), timed(graph, made, seconds))
    assert ran == [made[name].key for name in ("data", "c", "c0", "b", "a")]


def test_equal_costs_run_in_the_order_they_get_ready(tmp_path: Path) -> None:
    graph, made = fan({"a": 1, "b": 1, "c": 1})
    fits = [made[name].key for name in "abc"]
    ran = order_of(graph, Store(tmp_path), Timings())
    assert ran[1:4] == fits
    assert [graph.nodes[key].inputs["fit"] for key in ran[4:]] == fits


def test_stages_of_equal_cost_run_fold_by_fold(tmp_path: Path) -> None:
    graph = Graph()
    data = graph.add(make_node("data", {"source": "x"}, {}, version="1"))
    expected = [data.key]
    for fold in "01":
        params = {"fold": fold, "preprocess": [[], []]}
        prepared = graph.add(make_node("prepare", params, {"data": data}, version="1"))
        content = {"learner": "lda", "params": {}, "seed": 0}
        fit = graph.add(make_node("fit", content, {"fold": prepared}, version="1"))
        told = {"aligner": "eot", "params": {}, "part": "test"}
        plan = graph.add(make_node("align", told, {"latents": fit}, version="1"))
        expected += [prepared.key, fit.key, plan.key]
    assert order_of(graph, Store(tmp_path), Timings()) == expected


def test_a_stage_that_was_never_timed_counts_as_its_kind() -> None:
    graph, made = fan({"a": 0, "b": 0, "c": 0})
    timings = timed(graph, made, {"a": 2.0, "b": 6.0})
    path = priorities(graph, set(graph.nodes), timings)
    assert path[made["c"].key] == 4.0
    assert path[made["data"].key] == 6.0


def test_seeds_and_folds_cost_the_same_and_other_data_do_not() -> None:
    def signature(source: str, learner: str, **params: int | str) -> str:
        graph = Graph()
        data = graph.add(make_node("data", {"source": source}, {}, version="1"))
        content = {"learner": learner, **params}
        fit = graph.add(make_node("fit", content, {"data": data}, version="1"))
        return signatures(graph)[fit.key]

    base = signature("x", "pca", seed=0, fold="1", dim=3)
    assert base == signature("x", "pca", seed=9, fold="2", dim=3)
    others = [("y", "pca", 3), ("x", "lda", 3), ("x", "pca", 4)]
    assert base not in [signature(data, name, seed=0, dim=dim) for data, name, dim in others]


def test_an_outlook_adds_up_what_is_known_and_counts_what_is_not() -> None:
    graph, made = fan({"a": 2, "b": 1})
    timings = timed(graph, made, {"a": 4.0, "a0": 1.0, "a1": 1.0})
    needed = {made[name].key for name in ("a", "a0", "a1", "b0")}
    total = outlook(graph, needed, timings).total()
    assert (total.total, total.todo, total.untimed) == (6, 4, 1)
    guess = Score.typical_seconds
    assert (total.seconds, total.bytes) == pytest.approx((6.0 + guess, 30.0))
    assert total.unknown == 0, "a typical time stands for it"
    made_out = outlook(graph, needed, timings)
    assert made_out.elapsed(1) == pytest.approx(6.0 + guess)
    assert made_out.elapsed(100) == made_out.longest == 5.0


def test_a_fit_that_nobody_timed_takes_as_long_as_it_has_steps() -> None:
    def seconds(learner: str, **params: int | str) -> float | None:
        content = {"learner": learner, "params": params, "seed": 0}
        return stage_of(make_node("fit", content, {}, version="1")).seconds()

    usual = calibrated("groove-cosine")["steps"]
    one, four = (seconds("groove-cosine", steps=times * usual) for times in (1, 4))
    assert one is not None
    assert four == pytest.approx(4 * one)
    assert seconds("groove-cosine", steps=4 * usual, epochs=1) == one
    assert seconds("lda") is not None
    assert seconds("groove-cosine", steps=usual, encoder="conv") is None


def test_timings_are_the_last_runs_and_survive_a_broken_file(tmp_path: Path) -> None:
    timings = Timings()
    timings.learn([("fit:a", Cost(1.0, 10.0)), ("fit:a", Cost(3.0, 30.0)), ("fit:b", Cost(5.0, 1))])
    timings.learn([("fit:b", Cost(7.0, 1.0))])
    timings.write(tmp_path)
    assert Timings.read(tmp_path).costs == {"fit:a": Cost(2.0, 20.0), "fit:b": Cost(7.0, 1.0)}
    assert Timings.read(tmp_path).by_kind() == {"fit": 4.5}
    for broken in ("{", "[1]", '{"a": 1}', '{"a": ["x", 2]}'):
        (tmp_path / FILE).write_text(broken)
        assert Timings.read(tmp_path).costs == {}


def test_a_run_says_what_the_same_grid_takes_with_another_seed(options: RunOptions) -> None:
    grid = validate_grid(read_grid("smoke"))
    before = foresee(grid, options).total()
    assert before.untimed == before.todo == before.total
    run_grid(grid, options, Lines(io.StringIO()))
    size = sum(path.stat().st_size for path in options.store.glob("objects/*/*.parquet"))
    other = grid.model_copy(update={"seed": 5})
    elsewhere = replace(options, store=options.store.parent / "copy")
    elsewhere.store.mkdir()
    (options.store / FILE).rename(elsewhere.store / FILE)
    after = foresee(other, elsewhere).total()
    assert (after.todo, after.untimed) == (before.todo, 0)
    assert after.bytes == pytest.approx(size, rel=0.1)
    assert after.seconds > 0


def test_a_dry_run_and_a_status_tell_the_time(tmp_path: Path) -> None:
    def bench(*words: str) -> str:
        store = ["--store", str(tmp_path / "store"), "--device", "cpu"]
        result = CliRunner().invoke(app, [*words, *store])
        assert result.exit_code == 0, result.output
        return result.output

    run = ["run", "--grid", "smoke", "--workers", "0", "--out", str(tmp_path / "run")]
    assert "never timed on this store: 1 data, 1 split, 2 prepare" in bench(*run, "--dry-run")
    bench(*run)
    assert "expected" not in bench(*run, "--dry-run"), "nothing is left"
    again = bench(*run, "--seed", "3", "--dry-run")
    assert re.search(r"expected: .* of computing, about .* on 1 worker, .*B more in", again)
    assert "never timed" not in again
    for path in list((tmp_path / "store").glob("objects/*/*.parquet")):
        path.unlink()
    assert "expected: " in bench("status", str(tmp_path / "run"))
