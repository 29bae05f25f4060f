"""The order in which people read names: numbers in them count as numbers."""

import re
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

_NUMBER = re.compile(r"(\d+)")


def natural(names: Iterable[str]) -> list[str]:
    """Sort names, each once, with the numbers in them by value.

    >>> natural(["p-10", "p-2", "p-1", "P-3"])
    ['p-1', 'p-2', 'P-3', 'p-10']
    """
    return sorted(set(names), key=_key)


def _key(name: str) -> tuple[list[tuple[int, int, str]], str]:
    parts = (part for part in _NUMBER.split(name) if part)
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p.lower()) for p in parts], name


def coded(labels: NDArray[np.str_]) -> tuple[list[str], NDArray[np.intp]]:
    """The labels that there are, in natural order, and the place of each of `labels` among them."""
    known = natural(map(str, labels))
    place = {name: code for code, name in enumerate(known)}
    return known, np.array([place[str(name)] for name in labels], dtype=np.intp)
