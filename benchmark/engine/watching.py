"""A look at a run while it goes on: what runs now, and how much is left."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol, runtime_checkable

from benchmark.engine.forecast import Forecast
from benchmark.engine.inflight import Note, under_way
from benchmark.stages.graph.graph import Graph
from benchmark.stages.graph.node import Node
from benchmark.stages.naming import whats
from weakpair.quantities import duration

_NAMED = 2


@dataclass
class Watch:
    """A run as it is shown beside counts: what runs now, and how much is left."""

    stages: Mapping[str, Node]
    store: Path
    forecast: Forecast
    graph: Graph

    @cached_property
    def _whats(self) -> dict[str, str]:
        return whats(self.graph)

    def running(self) -> list[Note]:
        """The stages that run now, the longest first."""
        return under_way(self.store, self.stages)

    def left(self) -> str:
        """Time left in words, empty while it cannot be told."""
        seconds = self.forecast.left({note.key: note.seconds for note in self.running()})
        return "" if seconds is None else f"about {duration(seconds)} left"

    def now(self) -> str:
        """Say what runs now: kind, fold, learner, aligner, for how long, in which epoch."""
        running = self.running()
        shown = [self._shown(note) for note in running[:_NAMED]]
        more = [f"and {len(running) - _NAMED} more"] if len(running) > _NAMED else []
        return ", ".join(shown + more)

    def _shown(self, note: Note) -> str:
        stage = f"{self.stages[note.key].kind} {self._whats[note.key]}"
        trained = f" ({note.trained})" if note.trained else ""
        return f"{stage} {duration(note.seconds)}{trained}"


@runtime_checkable
class Watcher(Protocol):
    """An observer that shows more than counts."""

    def watch(self, watched: Watch) -> None:
        """Be told of the run, before it starts."""
