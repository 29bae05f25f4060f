"""Policy of isolation: stages that run in a process of their own, and the processes of a thread.

A method from outside the package may do anything to the process that runs it: patch a library,
end it, leave threads behind. So it has one to itself; results do not depend on it.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from benchmark.engine.isolation.guard import NO_LIMITS, Guard, Limits
from benchmark.engine.task import Task
from benchmark.engine.worker import Outcome
from benchmark.stages.graph.graph import Graph
from benchmark.stages.graph.node import Node
from benchmark.stages.table import stage_of
from weakpair.errors import ConfigError
from weakpair.registry import Described

ISOLATE = ("auto", "always", "never")
# Processes for methods from outside that are kept for their next stage, per thread.
_MOST = 2
# A method that kills its process mostly does so again, and each process takes seconds to start.
_TRIES = 2


def method_of(stage: Node) -> Described | None:
    """The method from outside the package that a stage calls, the first metric of several."""
    return next((one for one in stage_of(stage).methods() if one.foreign), None)


@dataclass(frozen=True)
class Policy:
    """Limits of stages, and which of them get a process of their own.

    Attributes:
        limits: of a stage; under limits all of them run in child processes.
        isolate: "auto": methods from outside the package, each in a process for it alone;
            "always": all stages; "never": none.
    """

    limits: Limits = NO_LIMITS
    isolate: str = "never"

    def __post_init__(self) -> None:
        if self.isolate not in ISOLATE:
            raise ConfigError(f"--isolate {self.isolate!r}: use {', '.join(ISOLATE)}")

    def alone(self, task: Task) -> Described | None:
        """The method that has a process to itself, if the task calls one."""
        return None if self.isolate == "never" else method_of(task.first)

    def isolates(self, task: Task) -> bool:
        """Tell whether the task runs in a child process."""
        return bool(self.limits) or self.isolate == "always" or self.alone(task) is not None

    def in_this_process(self, graph: Graph) -> "Policy":
        """Policy for stages that this process would run itself.

        It has imported the methods of the graph. If any is from outside, it runs no stage: a module
        can patch libraries as it is imported.
        """
        if self.isolate == "auto" and any(map(method_of, graph.nodes.values())):
            return Policy(self.limits, "always")
        return self


class Guards:
    """The child processes of one thread: one for the package's own stages, one per method."""

    def __init__(self, root: str, limits: Limits) -> None:
        self.root, self.limits = root, limits
        self._own = Guard(root, limits)
        self._foreign: OrderedDict[str, Guard] = OrderedDict()
        self._deadly: set[str] = set()

    def run(self, task: Task, alone: Described | None) -> tuple[Outcome, ...]:
        """Run a task in the process of the method that it calls, if that is to be alone."""
        if alone is None:
            return self._own.run(task)
        guard = self._of(alone)
        outcomes = guard.run(task)
        if guard.deadly:
            # Its other stages get one process each: starting them is what deaths cost.
            self._deadly.add(alone.target)
            guard.tries = 1
        return outcomes

    def _of(self, entry: Described) -> Guard:
        guard = self._foreign.get(entry.target)
        if guard is None:
            while len(self._foreign) >= _MOST:
                self._foreign.popitem(last=False)[1].close()
            tries = 1 if entry.target in self._deadly else _TRIES
            guard = self._foreign[entry.target] = Guard(self.root, self.limits, tries)
        guard.entry = entry
        self._foreign.move_to_end(entry.target)
        return guard

    def close(self) -> None:
        """End them."""
        for guard in (self._own, *self._foreign.values()):
            guard.close()
        self._foreign.clear()


_thread = threading.local()


def run_isolated(
    task: Task, root: str, limits: Limits, alone: Described | None
) -> tuple[Outcome, ...]:
    """Run a task in a child process of this thread, as a Dask worker does."""
    guards: Guards | None = getattr(_thread, "guards", None)
    if guards is None or (guards.root, guards.limits) != (root, limits):
        if guards is not None:
            guards.close()
        guards = _thread.guards = Guards(root, limits)
    return guards.run(task, alone)
