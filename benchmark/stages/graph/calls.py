"""Calls of methods: inputs that they may spoil, and failures that are their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmark.stages.graph.context import RECENT
from benchmark.store.codecs import Vectors
from weakpair.errors import MethodError, StoreError
from weakpair.registry import Described


class Rows(NamedTuple):
    """The rows of one modality that a method is given: values (n, k) and labels (n,)."""

    values: NDArray[np.float32]
    labels: NDArray[np.str_]


def given(entry: Described, vectors: Vectors) -> Rows:
    """Arrays for a call: shared read-only ones; a method from outside gets its own.

    Frameworks need memory that can be written to, and who writes into it is not known.
    """
    if entry.foreign:
        return Rows(vectors.values.copy(), vectors.labels.copy())
    return Rows(vectors.values, vectors.labels)


@contextmanager
def called(kind: str, entry: Described) -> Iterator[None]:
    """Calls a method of somebody else's inside: see that it leaves what is kept alone.

    Raises:
        MethodError: it raised one of the store's errors, which would end the run, or it changed
            folds that are kept in memory.
    """
    if not entry.foreign:
        yield
        return
    try:
        yield
    except StoreError as error:
        raise MethodError(
            f"{kind} {entry.name!r} raised {type(error).__name__}: {error}"
        ) from error
    finally:
        altered = RECENT.altered()
    if altered:
        raise MethodError(
            f"{kind} {entry.name!r} changed cells that other methods are given too; it must not "
            "write into arrays that it was not handed"
        )
