"""Status of a plan: convergence, errors, regularisation."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Status:
    """Account of how a solver came to a plan.

    `marginal_error` is the L1 distance of a block's row sums, or of its column sums (whichever
    is larger), to what they should be, divided by the block's mass, in the worst block.
    `epsilon` is the absolute regularisation in units of the cost; where it differs by label,
    `epsilons` lists it in the order of the blocks and `epsilon` is the largest. `notes` tells
    what the solver had to do beyond the usual, e.g. "log domain". `objective` is the value of the
    unregularised problem at the plan, in the units of the cost that the method says.
    """

    iterations: int
    marginal_error: float
    converged: bool
    epsilon: float | None
    dtype: str
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    epsilons: tuple[float, ...] = ()
    objective: float | None = None

    def __eq__(self, other: object) -> bool:
        """Equal up to the time it took."""
        return isinstance(other, Status) and self._facts() == other._facts()

    def __hash__(self) -> int:
        return hash(self._facts())

    def _facts(self) -> tuple[object, ...]:
        return tuple(value for name, value in vars(self).items() if name != "seconds")
