"""A look at a run while it goes on: what runs now, and how much is left."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol, runtime_checkable

from benchmark.forecast import Forecast
from benchmark.graph import Graph, Stage
from benchmark.naming import whats
from benchmark.running import under_way

_NAMED = 2


@dataclass
class Watch:
    """A run as it is shown beside counts: what runs now, and how much is left."""

    stages: Mapping[str, Stage]
    store: Path
    forecast: Forecast
    graph: Graph

    @cached_property
    def _whats(self) -> dict[str, str]:
        return whats(self.graph)

    def running(self) -> dict[str, float]:
        """Key → seconds so far of the stages that run now, the longest first."""
        now = time.time()
        return {note.key: max(0.0, now - note.since) for note in under_way(self.store, self.stages)}

    def left(self) -> str:
        """Time left in words, empty while it cannot be told."""
        seconds = self.forecast.left(self.running())
        return "" if seconds is None else f"about {span(seconds)} left"

    def now(self) -> str:
        """Say what runs now: kind, fold, learner, aligner, and for how long."""
        running = self.running()
        shown = [
            f"{self.stages[key].kind} {self._whats[key]} {span(seconds)}"
            for key, seconds in list(running.items())[:_NAMED]
        ]
        more = [f"and {len(running) - _NAMED} more"] if len(running) > _NAMED else []
        return ", ".join(shown + more)


def span(seconds: float) -> str:
    """A time in one or two units.

    >>> [span(s) for s in (0.4, 59, 83, 7260)]
    ['0 s', '59 s', '1:23 min', '2:01 h']
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02} h"


@runtime_checkable
class Watcher(Protocol):
    """An observer that shows more than counts."""

    def watch(self, watched: Watch) -> None:
        """Be told of the run, before it starts."""
