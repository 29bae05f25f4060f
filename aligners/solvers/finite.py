"""Checks that end a solver at the first number that is not finite, and name the aligner."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite

from weakpair.errors import MethodError


def finite(value: float, iterations: int) -> float:
    """Return the value that a loop compares to see whether it has converged.

    No comparison with NaN holds, so that a loop which only compares would run to its cap.

    Raises:
        MethodError: the value is NaN or infinite.
    """
    if not isfinite(value):
        raise MethodError(
            f"a number that is not finite after {iterations} iterations of the solver; latents "
            "that differ in size by many orders, or an epsilon too small for the type, do that"
        )
    return value


@contextmanager
def naming(aligner: object) -> Iterator[None]:
    """Put the aligner and its parameters in front of what a solver inside raises.

    Raises:
        MethodError: as the solver's.
    """
    try:
        yield
    except MethodError as error:
        raise MethodError(f"{aligner!r}: {error}") from None
