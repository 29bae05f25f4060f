"""Numbers of metrics in print."""

from collections.abc import Iterable
from math import isfinite

from weakpair.vocabulary.metrics import METRICS

MOST_DIGITS = 6


def in_print(metric: str) -> str:
    """The heading of a metric's column.

    >>> in_print("foscttm")
    'Bary. FOSCTTM'
    """
    return METRICS.heading(metric).label


def ranked(names: Iterable[str]) -> list[str]:
    """The metrics that mean ranks run over; all of them where none is meant for it.

    >>> ranked(["task-accuracy", "ilisi"]), ranked(["ilisi"])
    (['task-accuracy'], ['ilisi'])
    """
    given = list(names)
    return [name for name in given if METRICS.heading(name).ranked] or given


def decimals(name: str, values: Iterable[float]) -> int:
    """Decimals of a column: the metric's own, more where all its values are tiny.

    A trace of 0.0004 in print as 0.000 compares nothing, so the largest value of the column shows
    two significant digits at least (six decimals at most).

    >>> decimals("trace", [0.85, 0.002]), decimals("trace", [0.0004, 0.0002])
    (3, 5)
    """
    digits = METRICS.heading(name).digits
    largest = max((abs(value) for value in values if isfinite(value)), default=0.0)
    while 0 < largest * 10**digits < 9.5 and digits < MOST_DIGITS:
        digits += 1
    return digits
