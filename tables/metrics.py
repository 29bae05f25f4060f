"""How metrics are called in print, in the column order of the GROOVE paper's tables."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite

MOST_DIGITS = 6


@dataclass(frozen=True)
class Metric:
    """A metric's name in results, its heading, and its decimals (the papers print three)."""

    name: str
    display: str
    digits: int = 3


_KNOWN = {
    metric.name: metric
    for metric in (
        Metric("trace", "Trace"),
        Metric("foscttm", "Bary. FOSCTTM"),
        Metric("mse", "MSE"),
        Metric("cos-sim", "Cos-sim"),
        Metric("knn-recall", "KNN Recall"),
        Metric("knn-pr", "KNN PR"),
        Metric("knn-roc", "KNN ROC"),
        Metric("wd", "WD"),
    )
}


def describe(name: str) -> Metric:
    """Return what is known of a metric; an unknown one shows its own name.

    >>> describe("foscttm").display, describe("my-metric").display
    ('Bary. FOSCTTM', 'my-metric')
    """
    return _KNOWN.get(name, Metric(name, name))


def in_order(names: Iterable[str]) -> list[str]:
    """Sort metrics as the papers' columns stand; unknown ones follow by name.

    >>> in_order(["wd", "b", "mse", "a"])
    ['mse', 'wd', 'a', 'b']
    """
    place = {name: index for index, name in enumerate(_KNOWN)}
    return sorted(set(names), key=lambda name: (place.get(name, len(place)), name))


def decimals(name: str, values: Iterable[float]) -> int:
    """Decimals of a column: the metric's own, more where all its values are tiny.

    A trace of 0.0004 in print as 0.000 compares nothing, so the largest value of the column shows
    two significant digits at least (six decimals at most).

    >>> decimals("trace", [0.85, 0.002]), decimals("trace", [0.0004, 0.0002])
    (3, 5)
    """
    digits = describe(name).digits
    largest = max((abs(value) for value in values if isfinite(value)), default=0.0)
    while 0 < largest * 10**digits < 9.5 and digits < MOST_DIGITS:
        digits += 1
    return digits
