"""A run from the grid to its files: expand, execute, collect."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmark.datasets import Dataset
from benchmark.engine.dispatch.cluster import open_cluster, read_cluster
from benchmark.engine.dispatch.executors import Executor, local_cluster, serial
from benchmark.engine.engine import Observer, Run
from benchmark.engine.forecast import Forecast
from benchmark.engine.gpus import has_cuda
from benchmark.engine.isolation.guard import Limits
from benchmark.engine.isolation.policy import Policy
from benchmark.engine.isolation.restoring import restored
from benchmark.engine.provenance import run_provenance
from benchmark.engine.scheduling import Cost, Outlook, Timings, foreseen, outlook, signatures
from benchmark.engine.watching import Watch, Watcher
from benchmark.engine.worker import Outcome
from benchmark.grids.expand import Expansion, Problem, expand_grid
from benchmark.grids.methods import Describe, Noted
from benchmark.grids.spec import GridSpec
from benchmark.runs.admission import check, check_files
from benchmark.runs.files import RunFiles, start_run
from benchmark.runs.folder import SKIPPED, RunFolder
from benchmark.stages.graph.graph import Graph
from benchmark.store.answers import Answers
from benchmark.store.locking import locked
from benchmark.store.store import Store
from benchmark.store.usage import in_use
from weakpair.errors import ConfigError, StoreError
from weakpair.registry import Entry
from weakpair.registry.foreign import Foreign
from weakpair.registry.foreign import describe as describe_here

_RECORD_EVERY = 10.0
Loaded = dict[str, Dataset] | None


@dataclass(frozen=True)
class RunOptions:
    """Options of a run; nothing of this changes a result but the device and threads.

    `workers` = 0 runs every stage in this process; otherwise that many local Dask workers, or
    the workers of `cluster`: the address of a Dask scheduler, or the YAML file of a `ClusterSpec`.
    `timeout` (seconds) and `memory` (GiB) are what a stage may take; `isolate` says which stages
    run in a process of their own, see `separation.Policy`.
    """

    out: Path
    store: Path
    device: str = "cpu"
    threads: int = 1
    workers: int = 0
    cluster: str = ""
    timeout: float | None = None
    memory: float | None = None
    isolate: str = "auto"
    fail_fast: bool = False
    retry_failed: bool = False
    replace: bool = False

    def __post_init__(self) -> None:
        Policy(isolate=self.isolate)


@dataclass
class RunSummary:
    """Summary of a run that has ended."""

    points: int
    finished: int
    problems: list[Problem]
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    interrupted: bool = False
    graph: Graph = field(default_factory=Graph)

    @property
    def exit_code(self) -> int:
        """0: all points have scores; 1: some; 2: none; 130: interrupted."""
        if self.interrupted:
            return 130
        if not self.problems and self.finished == self.points:
            return 0
        return 1 if self.finished else 2

    def count(self, status: str) -> int:
        """Number of stages that ended so."""
        return sum(outcome.status == status for outcome in self.outcomes.values())


def resolve_device(device: str) -> str:
    """The torch device for "auto", "cpu" or "cuda".

    Raises:
        ConfigError: CUDA is asked for and not there, or the word is unknown.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise ConfigError(f"--device {device!r}: use auto, cpu or cuda")
    if device == "cpu" or not has_cuda():
        if device == "cuda":
            raise ConfigError("--device cuda: torch sees no CUDA device here; use --device cpu")
        return "cpu"
    return "cuda"


def foresee(grid: GridSpec, options: RunOptions, describe: Describe | None = None) -> Outlook:
    """Foresee what is to be computed, and for how long; writes nothing."""
    return look_ahead(grid, options, describe=describe)[1]


def look_ahead(
    grid: GridSpec,
    options: RunOptions,
    loaded: Loaded = None,
    describe: Describe | None = None,
) -> tuple[Expansion, Outlook]:
    """Foresee a run, with the expanded grid, which knows what was read."""
    store = Store(options.store)
    with _describing(options, Answers.read(options.store)) as usual:
        expansion = _expanded(grid, store, options, loaded, describe or usual)
    run = _run(expansion, store, options)
    return expansion, outlook(expansion.graph, run.survey(), run.timings)


def run_grid(
    grid: GridSpec,
    options: RunOptions,
    observer: Observer,
    *,
    loaded: Loaded = None,
    announce: Callable[[Expansion], None] | None = None,
    admit: Callable[[Expansion], None] | None = None,
) -> RunSummary:
    """Compute what is not stored yet and write the run's files.

    Args:
        grid: what to compute.
        options: where and how.
        observer: is told how it goes on.
        loaded: data sets that were read already, by the digest of their source; emptied, for a run
            of hours need not hold them.
        announce: is given the expanded grid before anything is computed.
        admit: is given it before the run's folder is touched; what it raises ends the run.

    Raises:
        InputError: the grid cannot be expanded at all, or the run's folder holds another run.
        StoreError: the store or the run's folder cannot be used; finished stages stay.
    """
    # Whatever a method does to the working folder.
    options = replace(options, out=options.out.absolute(), store=options.store.absolute())
    store = Store(options.store)
    # A mistake in the grid or its data is named before the folder is looked at.
    answers = Answers.read(options.store)
    with _describing(options, answers) as describe:
        noted = Noted(describe)
        expansion = _expanded(grid, store, options, loaded, noted)
    if loaded:
        loaded.clear()
    if admit is not None:
        admit(expansion)
    check(options.out, grid, replace=options.replace)
    run = _run(expansion, store, options)
    policy = Policy(Limits(options.timeout, options.memory), options.isolate)
    opener = _opener(options, policy, expansion.graph)
    with locked(options.out), in_use(store.root, expansion.graph.nodes):
        check_files(options.out, grid, replace=options.replace)
        recorder = _Recorder(run, observer, expansion, announce, max(1, options.workers))
        summary = _computed(grid, options, expansion, run, recorder, opener, noted.filed())
    answers.write(options.store)
    return summary


@contextmanager
def _describing(options: RunOptions, answers: Answers) -> Iterator[Describe]:
    """A way to ask methods: ours are looked up, others in a child process unless all is here."""
    with Foreign() as foreign:
        others = describe_here if options.isolate == "never" else foreign.describe

        def describe(entry: Entry[Any], params: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
            if not entry.foreign:
                return answers.describe(entry, params)
            answers.ours &= options.isolate != "never"
            return others(entry, params)

        yield describe


def _expanded(
    grid: GridSpec, store: Store, options: RunOptions, loaded: Loaded, describe: Describe
) -> Expansion:
    resources: dict[str, Any] = {"device": options.device, "threads": options.threads}
    with restored():  # methods may be imported
        return expand_grid(grid, store, **resources, loaded=loaded or {}, describe=describe)


def _computed(
    grid: GridSpec,
    options: RunOptions,
    expansion: Expansion,
    run: Run,
    recorder: "_Recorder",
    opener: Callable[[], AbstractContextManager[Executor]],
    facts: Mapping[str, Any],
) -> RunSummary:
    provenance = run_provenance(
        computing=bool(run.survey()),
        before=RunFolder(options.out).provenance,
        device=options.device,
        threads=options.threads,
        seed=grid.seed,
        workers=options.workers,
        cluster=options.cluster,
        started=_now(),
        **facts,
        **{SKIPPED: sorted({problem.dataset for problem in expansion.problems})},
    )
    start_run(options.out, grid, provenance)
    files = recorder.files = RunFiles(options.out, expansion, run, provenance)
    interrupted = False
    try:
        run.execute(opener, recorder)
    except KeyboardInterrupt:
        interrupted = True
    except BaseException:
        with suppress(StoreError):
            files.write()
        raise
    finally:
        recorder.record()
    finished = files.end(_now())
    return RunSummary(
        len(expansion.points),
        finished,
        expansion.problems,
        run.outcomes,
        interrupted,
        expansion.graph,
    )


def _run(expansion: Expansion, store: Store, options: RunOptions) -> Run:
    points = expansion.points
    if options.retry_failed:
        failed = _failed_before(options.out)
        points = [point for point in points if _place(point.row()) in failed]
    wanted = {point.score_key for point in points}
    timings = Timings.read(options.store)
    return Run(
        expansion.graph, store, tuple(sorted(wanted)), fail_fast=options.fail_fast, timings=timings
    )


def _watch(run: Run, workers: int) -> Watch:
    """Put together what an observer may show of the run beside counts."""
    stages = {key: run.graph.nodes[key] for key in run.needed}
    costs = {key: cost.seconds for key, cost in foreseen(run.graph, run.timings).items()}
    return Watch(stages, run.store.root, Forecast(costs, frozenset(run.needed), workers), run.graph)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass
class _Recorder:
    """Files what the stages took, now and then, for `bench status` and the next run."""

    run: Run
    observer: Observer
    expansion: Expansion
    announce: Callable[[Expansion], None] | None
    workers: int = 1
    files: RunFiles | None = None
    _recorded: float = field(default_factory=time.monotonic)

    def start(self, needed: int, cached: int) -> None:
        if self.announce:
            self.announce(self.expansion)
        if needed and isinstance(self.observer, Watcher):
            self.observer.watch(_watch(self.run, self.workers))
        if needed and self.files:
            self.files.note()
        self.observer.start(needed, cached)

    def ended(self, outcome: Outcome) -> None:
        self.observer.ended(outcome)
        if time.monotonic() - self._recorded >= _RECORD_EVERY:
            self.record()
            if self.files:
                self.files.note()
            self._recorded = time.monotonic()

    def stop(self) -> None:
        self.observer.stop()

    def record(self) -> None:
        done = [outcome for outcome in self.run.outcomes.values() if outcome.status == "done"]
        if done:
            timings, size = self.run.timings, self.run.store.size
            timings.learn((self._signed[o.key], Cost(o.seconds, size(o.key))) for o in done)
            timings.write(self.run.store.root)

    @cached_property
    def _signed(self) -> dict[str, str]:
        return signatures(self.run.graph)


_POINT = (
    *("dataset", "variant", "replicate", "split", "training_cells"),
    *("fold", "learner", "aligner", "task", "target"),
)


def _place(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Place of a cell in the grid, whatever its keys are."""
    return tuple(row[name] for name in _POINT)


def _failed_before(out: Path) -> set[tuple[Any, ...]]:
    """The points that failed or were blocked in the last run into `out`.

    Keys would not tell: they are others as soon as a method was mended.
    """
    gaps = RunFolder(out).gaps(["status", *_POINT])
    if gaps is None:
        raise ConfigError(f"--retry-failed: {out} has no gaps; there is no earlier run to look at")
    rows = gaps.to_pylist()
    return {_place(gap) for gap in rows if gap["status"] in ("failed", "blocked")}


def _opener(
    options: RunOptions, policy: Policy, graph: Graph
) -> Callable[[], AbstractContextManager[Executor]]:
    root, threads = str(options.store), options.threads
    if options.cluster:
        cluster = read_cluster(options.cluster)
        return lambda: open_cluster(cluster, threads, root, policy)
    if options.workers:
        return lambda: local_cluster(options.workers, threads, root, policy)
    return lambda: serial(root, policy.in_this_process(graph))
