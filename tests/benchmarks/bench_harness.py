"""What the harness itself costs: engine, store, cold and warm runs, the fits' share of GEMM peak.

    python tests/benchmarks/bench_harness.py [--stages N] [--grid NAME] [--workers N] [--store DIR]

The synthetic graph has stages that compute nothing, so that its time is the engine's, the store's
and the worker's: reading inputs, writing an artefact, bookkeeping. Peak memory is that of a process
of its own, at a tenth of the graph and at all of it. A grid is run twice as a user would, in
processes of their own; with --store the first run finds what is stored there already.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pyarrow as pa
import torch
from torch.utils.flop_counter import FlopCounterMode

import aligners
import learners
from benchmark.engine.dispatch.executors import serial
from benchmark.engine.engine import Run
from benchmark.engine.worker import Outcome
from benchmark.imputation import Imputer
from benchmark.stages.graph.context import Context, Output
from benchmark.stages.graph.graph import Graph
from benchmark.stages.graph.node import Node, make_node
from benchmark.stages.graph.stage import Stage
from benchmark.stages.table import STAGES
from benchmark.store.store import Artefact, Store

BENCH = [sys.executable, "-c", "from benchmark.cli import main; main()"]


class Silent:
    """An observer that says nothing."""

    def start(self, needed: int, cached: int) -> None: ...

    def ended(self, outcome: Outcome) -> None: ...

    def stop(self) -> None: ...


def synthetic(stages: int) -> Graph:
    """data → prepare → fits → plans → scores: 30 data sets, ten plans and scores to a fit."""
    graph = Graph()

    def node(kind: str, name: str, *inputs: Node) -> Node:
        named = {f"input{i}": stage for i, stage in enumerate(inputs)}
        return graph.add(make_node(kind, {"name": name}, named, version="1"))

    folds = [node("prepare", f"{i}", node("data", f"{i}")) for i in range(30)]
    count = 0
    while not count or len(graph.nodes) < stages:
        fit = node("fit", f"{count}", folds[count % len(folds)])
        for i in range(10):
            plan = node("align", f"{count}.{i}", fit)
            node("score", f"{count}.{i}", folds[count % len(folds)], plan)
        count += 1
    return graph


def nothing(_: Stage, context: Context) -> Output:
    """Reads what the stage reads, and finds six numbers."""
    for name in context.node.inputs:
        context.artefact(name)
    return Output(pa.table({"metric": [*"abcdef"], "value": np.arange(6.0)}))


def run_synthetic(stages: int) -> None:
    """In the process that is measured: cold, warm, and the process's peak memory."""
    for stage in STAGES.values():
        stage.run = nothing  # type: ignore[method-assign, assignment]
    graph = synthetic(stages)
    wanted = tuple(key for key, stage in graph.nodes.items() if stage.kind == "score")
    with TemporaryDirectory() as folder:
        times = []
        for _ in range(2):
            start, cpu = time.perf_counter(), time.process_time()
            run = Run(graph, Store(Path(folder)), wanted)
            run.execute(lambda: serial(folder), Silent())
            times.append((time.perf_counter() - start, time.process_time() - cpu))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    print(json.dumps({"stages": len(graph.nodes), "times": times, "peak": peak}))


def engine(stages: int) -> None:
    """Time and memory of the synthetic graph at two sizes."""
    for size in (stages // 10, stages):
        command = [sys.executable, __file__, "--synthetic", str(size)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found = json.loads(done.stdout.splitlines()[-1])
        (cold, cold_cpu), (warm, warm_cpu) = found["times"]
        print(
            f"synthetic graph, {found['stages']} stages: cold {cold:.1f} s ({cold_cpu:.1f} s CPU, "
            f"{1e3 * cold_cpu / found['stages']:.1f} ms CPU a stage), warm {warm:.1f} s "
            f"({warm_cpu:.1f} s CPU), peak memory {found['peak']:.0f} MiB",
            flush=True,
        )


def store_throughput() -> None:
    """Writing and reading artefacts as large as a dense plan and as small as scores."""
    rng = np.random.default_rng(0)
    plan = pa.ListArray.from_arrays(
        pa.array(np.arange(1001, dtype=np.int32) * 1000), pa.array(rng.random(1_000_000))
    )
    tables = {"plan, 8 MB": pa.table({"weights": plan}), "scores": pa.table({"value": [0.5] * 6})}
    with TemporaryDirectory() as folder:
        store = Store(Path(folder))
        for name, table in tables.items():
            write = _best(partial(store.write, Artefact("ab" * 32, table, {"kind": "align"})))
            read = _best(lambda: store.read("ab" * 32))
            rate = f", {8 / write:.0f} and {8 / read:.0f} MB/s" if "MB" in name else ""
            print(f"store, {name}: write {1e3 * write:.1f} ms, read {1e3 * read:.1f} ms{rate}")


def _best(work: Callable[[], object], repeats: int = 20) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def share_of_peak() -> None:
    """An imputer and a fit of the simulation grid: FLOP per CPU second against one product's."""
    rng = np.random.default_rng(0)
    source, target = (rng.normal(size=(800, k)).astype(np.float32) for k in (500, 1000))
    labels = np.repeat(np.arange(10), 80)
    plan = aligners.get("label-uniform").align(target[:, :2], labels, source[:, :2], labels)
    groove = learners.get("groove-cosine", epochs=8)
    works: dict[str, Callable[[], object]] = {
        "imputer": lambda: Imputer().fit(source, target, plan),
        "fit of GROOVE, 8 epochs": lambda: groove.fit(target, labels, source, labels),
    }
    square = torch.randn(1024, 1024)
    peak = 2 * 1024**3 / _cpu(lambda: square @ square)
    for name, work in works.items():
        with FlopCounterMode(display=False) as counter:
            work()
        took = _cpu(work)
        rate = counter.get_total_flops() / took
        print(
            f"{name}, 800 cells, 500 and 1000 features: {took:.2f} s CPU, "
            f"{rate / 1e9:.0f} GFLOP/s, {100 * rate / peak:.0f} % of the {peak / 1e9:.0f} "
            "of a 1024 x 1024 product"
        )


def _cpu(work: Callable[[], object], repeats: int = 5) -> float:
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def grid(name: str, workers: int, store: Path | None) -> None:
    """Run a grid twice; time by kind of stage, and what is not in any stage."""
    with TemporaryDirectory() as folder:
        where = [
            "--store",
            str(store or Path(folder) / "store"),
            "--out",
            str(Path(folder) / "run"),
        ]
        command = [*BENCH, "run", "--grid", name, "--device", "cpu", "--workers", str(workers)]
        for attempt in ("first", "again"):
            start = time.perf_counter()
            subprocess.run([*command, *where], check=True, capture_output=True)
            wall = time.perf_counter() - start
            stages = pd.read_parquet(Path(folder) / "run" / "stages.parquet")
            done = stages[stages["status"] == "done"]
            print(f"grid {name}, {attempt}: {wall:.1f} s wall, {len(done)} stages computed")
            if len(done):
                _by_kind(done, wall * max(1, workers))


def _by_kind(done: pd.DataFrame, available: float) -> None:
    for kind, part in done.groupby("kind", sort=False):
        print(
            f"  {kind:8} {len(part):5} stages {part['seconds'].sum():8.1f} s wall "
            f"{part['cpu_seconds'].sum():8.1f} s CPU, peak {part['peak_rss_mb'].max():.0f} MiB"
        )
    rest = available - done["seconds"].sum()
    print(f"  outside of stages: {1e3 * rest / len(done):.0f} ms each, start included")


def main() -> None:
    """Measure everything once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stages", type=int, default=10_000)
    parser.add_argument("--grid", default="demo")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--synthetic", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.synthetic:
        run_synthetic(options.synthetic)
        return
    engine(options.stages)
    store_throughput()
    share_of_peak()
    grid(options.grid, options.workers, options.store)


if __name__ == "__main__":
    main()
