"""Maps the cells of one modality by copies of a fitted learner."""

import copy
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from learners.base import Learner, Modality
from weakpair.errors import MethodError

_CLOSE = 1e-3  # of the latents' size; float32 products differ with the number of rows

Parts = Mapping[str, NDArray[np.float32]]
"""An array per part of the fold, "train" and "test", rows are cells."""


class Mapped(NamedTuple):
    """Latents per part, and whether those of the test cells depend on the other cells of a call."""

    latents: dict[str, NDArray[np.float32]]
    transductive: bool = False


def map_modality(
    who: str, learner: Learner, modality: Modality, parts: Parts, *, ask: bool = False
) -> Mapped:
    """Latents of a modality's cells from a copy of the learner.

    Args:
        who: name of the learner in errors.
        learner: fitted; it is left as it is.
        modality: that of the cells.
        parts: their values.
        ask: map half of the test cells once more, in reverse, by another copy, and compare.

    Raises:
        MethodError: the learner cannot be copied, or returns what are no latents.
    """
    chosen = slice(None, None, -2)
    few = parts["test"][chosen].copy() if ask else None  # before anybody could write into it
    first, second = _copied(who, learner), _copied(who, learner) if ask else learner
    # A method from outside may write into what it is given, which others are given too.
    given = {part: x.copy() if ask else x for part, x in parts.items()}
    latents = {part: _mapped(who, first, modality, x) for part, x in given.items()}
    if few is None:
        return Mapped(latents)
    again = _mapped(who, second, modality, few)
    return Mapped(latents, not _alike(again, latents["test"][chosen]))


def _alike(again: NDArray[np.float32], known: NDArray[np.float32]) -> bool:
    if again.shape != known.shape:
        return False
    size = float(np.abs(known).max(initial=0.0))
    return float(np.abs(again - known).max(initial=0.0)) <= _CLOSE * size


def _copied(who: str, learner: Learner) -> Learner:
    try:
        return copy.deepcopy(learner)
    except Exception as error:
        raise no_copy(who, error) from error


def no_copy(who: str, error: Exception) -> MethodError:
    """The complaint about a learner of which no copy can be made."""
    return MethodError(
        f"learner {who!r} cannot be copied ({type(error).__name__}: {error}); "
        "each modality is mapped by a copy of the fitted learner"
    )


def _mapped(
    who: str, learner: Learner, modality: Modality, x: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The latents of cells; the array is of its own, whatever the learner does next."""
    return _checked(f"learner {who!r}", learner.transform(x, modality=modality), len(x))


def _checked(who: str, returned: Any, rows: int) -> NDArray[np.float32]:
    """Returned latents as an array that nobody else holds.

    Raises:
        MethodError: masked, complex or no numbers, of the wrong shape, NaN or infinite, also where
            only float32 makes them so.
    """
    if np.ma.is_masked(returned):
        raise MethodError(f"{who} returned latents with masked values")
    z = np.asarray(returned)
    if z.dtype.kind not in "biuf":
        raise MethodError(f"{who} returned latents of type {z.dtype}; they must be real numbers")
    if z.ndim != 2 or z.shape[0] != rows:
        raise MethodError(f"{who} returned latents of shape {z.shape} for {rows} rows")
    if not np.isfinite(z).all():
        raise MethodError(f"{who} returned NaN or infinite latents")
    with np.errstate(over="ignore"):
        stored = np.array(z, dtype=np.float32, order="C")
    if not np.isfinite(stored).all():
        raise MethodError(
            f"{who} returned latents up to {float(np.abs(z).max()):.1e}, too large for float32"
        )
    return stored
