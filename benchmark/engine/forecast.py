"""Forecast of the time left in a run; nothing rather than nonsense."""

from collections.abc import Mapping
from dataclasses import dataclass, field

# What has ended says how far this machine and these data are from what is known.
_ENOUGH_SECONDS = 2.0
_WIDEST = 20.0
# Seconds for which the costs are believed as they are: first stages also load libraries.
_FAITH = 5.0


@dataclass
class Forecast:
    """Seconds left of a run whose stages are known to take `costs`.

    Costs of stages that nobody knows are missing; `workers` stages run at a time.
    """

    costs: Mapping[str, float]
    stages: frozenset[str]
    workers: int = 1
    _left: set[str] = field(init=False)
    _foreseen: float = 0.0
    _taken: float = 0.0

    def __post_init__(self) -> None:
        self._left = set(self.stages)

    def ended(self, key: str, seconds: float) -> None:
        """A stage is over, after so many seconds of computing."""
        self._left.discard(key)
        if seconds > 0 and key in self.costs:
            self._foreseen += self.costs[key]
            self._taken += seconds

    def left(self, running: Mapping[str, float]) -> float | None:
        """Seconds to the end, None while they cannot be told.

        They cannot before enough has ended, nor where what ended, or what runs (seconds so far by
        key), has shown the costs to be wrong altogether, nor with stages that nobody ever timed.
        """
        # Progress is shown by a thread of its own, while others report what has ended.
        left = self._left.copy()
        if self._taken < _ENOUGH_SECONDS or not left.issubset(self.costs):
            return None
        pace = (self._taken + _FAITH) / (self._foreseen + _FAITH)
        if not 1 / _WIDEST < pace < _WIDEST:
            return None
        remaining = {key: pace * self.costs[key] for key in left}
        for key in running.keys() & remaining.keys():
            if running[key] > 2 * remaining[key] + 1:
                return None
            remaining[key] = max(0.0, remaining[key] - running[key])
        return max(sum(remaining.values()) / self.workers, max(remaining.values(), default=0.0))
