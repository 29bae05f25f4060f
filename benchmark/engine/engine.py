"""Runs a graph: what is stored is not computed, what fails blocks only what depends on it."""

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Protocol

from benchmark.engine.dispatch.executors import Executor
from benchmark.engine.scheduling import Timings, folds, priorities
from benchmark.engine.task import Task
from benchmark.engine.together import Batcher
from benchmark.engine.worker import Outcome
from benchmark.stages.graph.graph import Graph
from benchmark.stages.graph.node import Node
from benchmark.stages.table import ORDER
from benchmark.store.store import Artefact, Store
from weakpair.errors import StoreError

_RETRIES = 3


class Observer(Protocol):
    """Is told how a run goes."""

    def start(self, needed: int, cached: int) -> None:
        """The run begins."""

    def ended(self, outcome: Outcome) -> None:
        """A stage has ended, or is blocked."""

    def stop(self) -> None:
        """The run is over."""


@dataclass
class Run:
    """The state of one execution of a graph.

    `timings` say which stages to run first; those of equal cost run fold by fold, for a process
    keeps a large fold in memory until it reads another, and then as they get ready. `batcher` says
    which of them one task computes together. `needed` are the keys that the survey found missing.
    """

    graph: Graph
    store: Store
    wanted: tuple[str, ...]
    fail_fast: bool = False
    timings: Timings = field(default_factory=Timings)
    batcher: Batcher = field(default_factory=Batcher)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    needed: set[str] = field(default_factory=set)
    _found: dict[str, Artefact] = field(default_factory=dict)
    _suspicions: dict[str, str] = field(default_factory=dict)
    _waiting: dict[str, set[str]] = field(default_factory=dict)
    _ready: list[tuple[float, int, int, str]] = field(default_factory=list)
    _priority: dict[str, float] = field(default_factory=dict)
    _fold: dict[str, int] = field(default_factory=dict)
    _turn: "count[int]" = field(default_factory=count)
    _tries: dict[str, int] = field(default_factory=dict)
    _running: set[str] = field(default_factory=set)
    _stopped: bool = False
    _surveyed: bool = False

    def survey(self) -> set[str]:
        """Find out, once, what is stored and what has to be computed; writes nothing."""
        if self._surveyed:
            return self.needed
        self._surveyed = True
        present = {key for key in self.graph.nodes if self.store.has(key)}
        present -= self._damaged(key for key in self.wanted if key in present)
        needed = self.needed = self.graph.needed(self.wanted, present)
        for key in present - needed:
            self.outcomes[key] = Outcome(key, "cached")
        return needed

    def execute(
        self, open_executor: Callable[[], AbstractContextManager[Executor]], observer: Observer
    ) -> None:
        """Compute what is needed; an executor is opened only if something is.

        Raises:
            StoreError: the store cannot be used; what is finished stays.
        """
        needed = self.survey()
        if needed:
            self.store.mark()
        self._enqueue(needed)
        with open_executor() if needed else nullcontext() as executor:
            observer.start(len(needed), len(self.outcomes))
            try:
                if executor:
                    self._drain(executor, observer)
            finally:
                observer.stop()

    def result(self, key: str) -> Artefact:
        """A wanted artefact; what was there before the run is not read again.

        Raises:
            StoreError: it is not there.
        """
        return self._found.get(key) or self.store.read(key)

    @property
    def finished(self) -> list[str]:
        """Keys of the stages whose artefacts are there."""
        outcomes = self.outcomes.items()
        return [key for key, outcome in outcomes if outcome.status in ("done", "cached")]

    def suspicion(self, key: str) -> str:
        """Say why a fit is not to be trusted; empty if it is, or if it is not in the store."""
        if key not in self._suspicions:
            facts: Mapping[str, Any] = {}
            with suppress(StoreError):
                facts = self.store.facts(key)
            self._suspicions[key] = str(facts.get("facts", {}).get("suspect", ""))
        return self._suspicions[key]

    def _damaged(self, keys: Iterable[str]) -> set[str]:
        """Results that are there but unreadable; nothing reads them later, so look now."""
        damaged = set()
        for key in keys:
            try:
                self._found[key] = self.store.read(key)
            except StoreError:
                damaged.add(key)
        return damaged

    def _enqueue(self, needed: set[str]) -> None:
        self.batcher.graph = self.graph
        self._priority = priorities(self.graph, needed, self.timings)
        self._fold = folds(self.graph)
        for key in sorted(needed, key=lambda k: (ORDER[self.graph.nodes[k].kind], k)):
            self._wait(key, needed)

    def _wait(self, key: str, unfinished: set[str]) -> None:
        missing = set(self.graph.nodes[key].inputs.values()) & unfinished
        self._waiting[key] = missing
        if not missing:
            self._push(key)

    def _push(self, key: str) -> None:
        priority = self._priority.get(key, 0.0)
        if self.batcher.batches(self.graph.nodes[key]):
            priority = -1.0  # after all others: by then those that go together are ready
        heapq.heappush(self._ready, (-priority, self._fold.get(key, 0), next(self._turn), key))

    def _drain(self, executor: Executor, observer: Observer) -> None:
        readers = self.graph.dependants()
        running = 0
        while self._ready or running:
            while self._ready and running < executor.slots:
                executor.submit(self._task())
                running += 1
            outcomes = self._ended(executor.next())
            running -= 1
            for outcome in outcomes:
                for ended in self._settle(outcome, readers):
                    observer.ended(ended)

    def _task(self) -> Task:
        """The first of the ready stages, with those that go together with it."""
        stage = self.graph.nodes[heapq.heappop(self._ready)[-1]]
        companions = self.batcher.companions(stage, self._queue())
        self._running.update(one.key for one in (stage, *companions))
        if companions:
            taken = {companion.key for companion in companions}
            self._ready = [one for one in self._ready if one[-1] not in taken]
            heapq.heapify(self._ready)
        return self.batcher.task(stage, companions)

    def _queue(self) -> Iterator[Node]:
        """The ready stages in their order; sorts only if somebody looks."""
        yield from (self.graph.nodes[key] for *_, key in sorted(self._ready))

    def _ended(self, outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
        """Outcomes of a task; none yet if its batch failed and its stages run one by one."""
        left_over = self.batcher.left_over(outcomes)
        self._running.difference_update(stage.key for stage in left_over)
        for stage in left_over:
            if not self._stopped:
                self._push(stage.key)
        return () if left_over else outcomes

    def _settle(self, outcome: Outcome, readers: dict[str, list[str]]) -> list[Outcome]:
        """Take note of an outcome; returns what has ended through it."""
        if outcome.status == "fatal":
            raise StoreError(outcome.error)
        self._running.discard(outcome.key)
        if outcome.status == "torn":
            return self._mend(outcome, readers)
        self.outcomes[outcome.key] = outcome
        del self._waiting[outcome.key]
        if outcome.status == "failed":
            if self.fail_fast:
                self._ready.clear()
                self._stopped = True
            return [outcome, *self._block(outcome, readers)]
        for reader in readers[outcome.key]:
            self._advance(reader, outcome.key)
        return [outcome]

    def _advance(self, reader: str, source: str) -> None:
        missing = self._waiting.get(reader)
        if missing and source in missing:
            missing.discard(source)
            if not missing and not self._stopped:
                self._push(reader)

    def _mend(self, outcome: Outcome, readers: dict[str, list[str]]) -> list[Outcome]:
        """An input turned out to be damaged: make it anew, then this stage again.

        It may have many readers, each of which may find it damaged: before it is made anew,
        meanwhile or, on a worker that had begun to read, after that.
        """
        reader, source = outcome.key, outcome.torn_key
        ended = self.outcomes.get(source)
        if ended and ended.status in ("failed", "blocked"):
            why = f"{outcome.error}; to make it anew failed: {ended.error}"
            return self._settle(replace(outcome, status="failed", error=why), readers)
        if source not in self.graph.nodes or self._tried_enough(f"{reader} {source}"):
            return self._settle(replace(outcome, status="failed"), readers)
        if source not in self._waiting:
            if self._is_whole(source):
                self._push(reader)
                return []
            if self._tried_enough(source):
                return self._settle(replace(outcome, status="failed"), readers)
            self._make_anew(source)
        self._waiting[reader].add(source)
        return []

    def _tried_enough(self, what: str) -> bool:
        self._tries[what] = self._tries.get(what, 0) + 1
        return self._tries[what] > _RETRIES

    def _is_whole(self, key: str) -> bool:
        try:
            self.store.read(key)
        except StoreError:
            return False
        return True

    def _make_anew(self, source: str) -> None:
        self.store.discard(source)
        present = {key for key in self.graph.nodes if self.store.has(key)}
        again = self.graph.needed([source], present) - set(self._waiting)
        for key in again:
            self.outcomes.pop(key, None)
            self._wait(key, again | set(self._waiting))

    def _block(self, cause: Outcome, readers: dict[str, list[str]]) -> list[Outcome]:
        """Block what depends on a failure and is still to be computed.

        What runs already has read what it needs, or will tell that it is not there.
        """
        blocked: list[Outcome] = []
        stage = self.graph.nodes[cause.key]
        why = f"blocked by the failed {stage.kind} stage {cause.key[:12]}: {cause.error}"
        frontier = deque(readers[cause.key])
        while frontier:
            key = frontier.popleft()
            if key in self._waiting and key not in self.outcomes and key not in self._running:
                del self._waiting[key]
                self.outcomes[key] = Outcome(key, "blocked", error=why)
                blocked.append(self.outcomes[key])
                frontier.extend(readers[key])
        return blocked
