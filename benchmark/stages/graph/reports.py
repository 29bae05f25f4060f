"""A learner's report of its fit, as plain values that a file can hold."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from weakpair.errors import MethodError


def plain_curve(curve: Mapping[Any, Sequence[Any]]) -> dict[str, list[float | None]]:
    """The series of a learning curve; a value that is not finite is None, words are no series.

    >>> plain_curve({"loss": (2.0, float("nan"), 0.5), "stage": ("warm", "cold")})
    {'loss': [2.0, None, 0.5]}
    """
    found = {}
    for name, values in curve.items():
        try:
            numbers = [float(value) for value in values]
        except (TypeError, ValueError):
            continue
        found[str(name)] = [number if isfinite(number) else None for number in numbers]
    return found


def plain_facts(who: str, facts: Mapping[Any, Any]) -> dict[str, Any]:
    """Single diagnostics; arrays are lists, and a number that is not finite is None.

    Raises:
        MethodError: one is no number, text, list or mapping; names it.
    """
    found = {}
    for name, value in facts.items():
        try:
            found[str(name)] = _plain(value)
        except TypeError as error:
            raise MethodError(
                f"{who} reports the fact {str(name)!r} as {error}; numbers, texts, lists and "
                "mappings can be filed"
            ) from error
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if hasattr(value, "tolist"):  # NumPy's and torch's arrays and numbers
        return _plain(value.tolist())
    if isinstance(value, float):
        return value if isfinite(value) else None
    if value is None or isinstance(value, (bool, int, str)):
        return value
    raise TypeError(type(value).__name__)
