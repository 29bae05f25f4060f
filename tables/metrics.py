"""How metrics are called in print, in the column order of the papers' tables."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite
from typing import Literal

MOST_DIGITS = 6


@dataclass(frozen=True)
class Metric:
    """A metric's name in results, its heading, and how its numbers are printed.

    `digits` are its decimals (the papers print three). `spread` is what follows ±: standard errors
    in GROOVE, standard deviations over seeds in IPIC. Mean ranks run over the metrics that are
    `ranked`: IPIC's single modalities, consistency and batch mixing stand beside its accuracies.
    """

    name: str
    display: str
    digits: int = 3
    spread: Literal["se", "sd"] = "se"
    ranked: bool = True


def _beside(name: str, display: str) -> Metric:
    return Metric(name, display, spread="sd", ranked=False)


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
        Metric("treatment-accuracy", "Treatment acc.", spread="sd"),
        Metric("task-accuracy", "Task acc.", spread="sd"),
        _beside("treatment-accuracy-1", "Treatment acc. 1"),
        _beside("treatment-accuracy-2", "Treatment acc. 2"),
        _beside("task-accuracy-1", "Task acc. 1"),
        _beside("task-accuracy-2", "Task acc. 2"),
        _beside("perturbation-consistency", "Consistency"),
        _beside("ilisi", "iLISI"),
        _beside("ilisi-1", "iLISI 1"),
        _beside("ilisi-2", "iLISI 2"),
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


def ranked(names: Iterable[str]) -> list[str]:
    """The metrics that mean ranks run over; all of them where none is made for it.

    >>> ranked(["task-accuracy", "ilisi"]), ranked(["ilisi"])
    (['task-accuracy'], ['ilisi'])
    """
    given = list(names)
    return [name for name in given if describe(name).ranked] or given


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
