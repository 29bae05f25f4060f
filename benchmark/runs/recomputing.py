"""Computes stages again, without a trace in the store: what `bench verify` compares."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmark.engine.isolation.guard import NO_LIMITS
from benchmark.engine.isolation.policy import Guards, method_of
from benchmark.engine.task import Task
from benchmark.engine.worker import compute, secluded
from benchmark.stages.graph.context import Context, Output
from benchmark.stages.graph.node import Node
from benchmark.store.store import Store
from weakpair.errors import MethodError
from weakpair.registry import Described


@dataclass(frozen=True)
class Recomputation:
    """Computes stages from their stored inputs.

    A method from outside the package runs in a process of its own, as in `bench run`, whose
    artefact goes to `aside`.
    """

    store: Store
    aside: Store
    guards: Guards

    def output(self, stage: Node) -> Output:
        """Compute what the stage gives now.

        Raises:
            Exception: whatever the stage raises; of a method from outside a MethodError.
        """
        entry = method_of(stage)
        if entry is not None:
            return self._apart(stage, entry)
        with secluded(stage.threads):
            return compute(Context(stage, self.store))

    def _apart(self, stage: Node, entry: Described) -> Output:
        for key in stage.inputs.values():
            link = self.aside.path(key)
            link.parent.mkdir(parents=True, exist_ok=True)
            if not link.exists():
                link.symlink_to(self.store.path(key).absolute())
        (outcome,) = self.guards.run(Task((stage,)), entry)
        if outcome.status != "done":
            raise MethodError(outcome.error)
        artefact = self.aside.read(stage.key)
        self.aside.path(stage.key).unlink()
        return Output(artefact.table, artefact.facts)


@contextmanager
def recomputation(store: Store) -> Iterator[Recomputation]:
    """Computes until the block ends; then its processes and files go."""
    with TemporaryDirectory(prefix="weakpair-verify-") as folder:
        guards, aside = Guards(folder, NO_LIMITS), Store(Path(folder))
        aside.mark()
        try:
            yield Recomputation(store, aside, guards)
        finally:
            guards.close()
