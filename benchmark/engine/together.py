"""Stages that are computed together as one batch, each with its own key, seed and artefact.

Imputers of one fold differ in nothing but the plan they learn from, and fits of a learner to
replicates and folds in nothing but data and seed. On a GPU, which one such network leaves mostly
idle, those that are ready at the same time are trained as one batch. What that changes is
rounding; where results are to be the same to the bit, on the CPU, every stage is computed by
itself (one core gains nothing from large networks and a quarter from small ones).
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmark.engine.failures import line_of
from benchmark.engine.inflight import announced
from benchmark.engine.isolation.restoring import interrupts
from benchmark.engine.scheduling import signatures
from benchmark.engine.task import Task
from benchmark.engine.worker import Meter, Outcome, Work, run_stage, secluded
from benchmark.stages.graph.context import Context
from benchmark.stages.graph.graph import Graph
from benchmark.stages.graph.node import Node
from benchmark.stages.graph.stage import Together
from benchmark.stages.table import stage_of
from benchmark.store.keys import canonical_json
from benchmark.store.store import Store

DEVICES = ("cuda",)
# Enough for a GPU to be busy; the networks' memory stays far below what a device has.
MOST = 32
TOGETHER = "together"
"""Line of an artefact's provenance: so many stages were computed as one batch."""
BATCH_ERROR = "batch_error"
"""Line of an artefact's provenance: why the stage ran by itself though it was in a batch."""


@dataclass
class Batcher:
    """Decides which stages of a run are computed together.

    `devices` are those on which any are, `graph` is what the run computes. Stages of a batch that
    fails as a whole, because memory runs out or a limit is reached, run one by one, and their
    artefacts say why.
    """

    devices: Collection[str] = DEVICES
    most: int = MOST
    graph: Graph = field(default_factory=Graph)
    _batches: dict[str, Task] = field(default_factory=dict)
    _failed: dict[str, str] = field(default_factory=dict)
    _groups: dict[str, str | None] = field(default_factory=dict)

    def batches(self, node: Node) -> bool:
        """Tell whether the stage is one of those that are computed together with others."""
        return self._group(node) is not None

    def companions(self, node: Node, ready: Iterable[Node]) -> list[Node]:
        """Ready stages that can be computed together with this one, if any."""
        group = self._group(node)
        if group is None:
            return []
        return [other for other in ready if self._group(other) == group][: self.most - 1]

    def task(self, node: Node, companions: Sequence[Node]) -> Task:
        """Put a stage and its companions into one task."""
        if not companions:
            return Task((node,), self._failed.get(node.key, ""))
        task = self._batches[node.key] = Task((node, *companions))
        return task

    def left_over(self, outcomes: Sequence[Outcome]) -> tuple[Node, ...]:
        """The stages to run one by one, if these are the outcomes of a batch that failed."""
        task = self._batches.pop(outcomes[0].key, None)
        if task is None or len(outcomes) == len(task.nodes) or outcomes[0].status == "fatal":
            return ()
        self._failed.update((node.key, outcomes[0].error) for node in task.nodes)
        return task.nodes

    def _group(self, node: Node) -> str | None:
        """Equal for stages that can be computed together, None for one that cannot."""
        if node.key in self._failed:
            return None
        if node.key not in self._groups:
            self._groups[node.key] = self._description(node)
        return self._groups[node.key]

    def _description(self, node: Node) -> str | None:
        """Description that stages of a batch have in common: of the data, or an input."""
        together = _together(node) if node.device in self.devices else None
        if together is None:
            return None
        shared = [node.inputs[name] for name in together.shares]
        return canonical_json([self._signatures[node.key], node.recipe["version"], shared])

    @cached_property
    def _signatures(self) -> dict[str, str]:
        return signatures(self.graph)


def run_task(task: Task, root: str) -> tuple[Outcome, ...]:
    """Compute the stages of a task; never raises but for an interrupt.

    Returns:
        An outcome per stage, or a single one of several stages where the batch as a whole failed.
    """
    if len(task.nodes) > 1:
        return _run_batch(task, root)
    if task.batch_error:
        notes = {TOGETHER: 1, BATCH_ERROR: task.batch_error}
        return (run_stage(task.first, root, Work(notes=notes)),)
    return (run_stage(task.first, root),)


def _run_batch(task: Task, root: str) -> tuple[Outcome, ...]:
    store = Store(Path(root))
    contexts = [Context(node, store) for node in task.nodes]
    meter = Meter(task.first.device)
    with interrupts() as interrupted:
        try:
            with announced(store.root, *task.nodes), secluded(task.first.threads):
                works = _trained(contexts)
        # Whatever it is, each of its stages may do without the others.
        except BaseException as error:
            if interrupted():
                raise KeyboardInterrupt from error
            failed = Outcome(task.key, "failed", error=line_of(error, whole=True))
            return (replace(failed, **asdict(meter.read())),)
    spent = meter.read()
    share = len(works) or 1
    before = replace(spent, seconds=spent.seconds / share, cpu_seconds=spent.cpu_seconds / share)
    return tuple(
        run_stage(node, root, replace(works[node.key], before=before))
        if node.key in works
        else run_stage(node, root)
        for node in task.nodes
    )


def _trained(contexts: Sequence[Context]) -> dict[str, Work]:
    """Key → what is left to do for a stage once its batch is trained; stages left out: all."""
    works: dict[str, Work] = {}
    for together, group in _groups(contexts):
        members, prepared = zip(*group, strict=True)
        notes = {TOGETHER: len(group)}
        finishes = together.train(members, prepared)
        for member, finish in zip(members, finishes, strict=True):
            if finish:
                works[member.node.key] = Work(finish, notes=notes)
    return works


def _groups(
    contexts: Iterable[Context],
) -> list[tuple[Together[Any], list[tuple[Context, Any]]]]:
    """Stages with what they train on, by twos or more of one shape.

    A stage that cannot be prepared is left out: when it runs by itself, it will say why.
    """
    groups: dict[Hashable, list[tuple[Context, Any]]] = defaultdict(list)
    hooks: dict[Hashable, Together[Any]] = {}
    for context in contexts:
        together = _together(context.node)
        with suppress(Exception, SystemExit):
            if together is not None:
                prepared = together.prepare(context)
                shape = together.shape(prepared)
                groups[shape].append((context, prepared))
                hooks.setdefault(shape, together)
    return [(hooks[shape], group) for shape, group in groups.items() if len(group) > 1]


def _together(node: Node) -> Together[Any] | None:
    return stage_of(node).together()
