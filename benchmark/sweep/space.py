"""Spaces of searches: settings of learners that are open, and their bounds."""

import re
from collections.abc import Sequence
from math import log
from typing import Any, ClassVar, Protocol, Self

from pydantic import model_validator

from weakpair.errors import ConfigError, UnknownNameError
from weakpair.specs import Frozen, parse

_EDGE = 0.05  # of the range
_NUMBER = r"(\d+(?:\.\d+)?(?:e-?\d+)?)"
_SPAN = re.compile(f"{_NUMBER}:{_NUMBER}")


class Suggests(Protocol):
    """Source of values for an axis in a search, such as an Optuna trial."""

    def suggest_categorical(self, name: str, choices: list[Any], /) -> Any:
        """Choose one of the choices."""

    def suggest_int(self, name: str, low: int, high: int, /, *, log: bool) -> int:
        """A whole number, bounds included."""

    def suggest_float(self, name: str, low: float, high: float, /, *, log: bool) -> float:
        """A number, bounds included."""


class Axis(Frozen):
    """A parameter of a learner: either `choices`, or a range from `low` to `high`.

    Whole bounds make a range of whole numbers; `log` searches it evenly in the logarithm.
    """

    kind_of_spec: ClassVar[str] = "search axis"
    name: str
    choices: tuple[Any, ...] | None = None
    low: int | float | None = None
    high: int | float | None = None
    log: bool = False

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        range_given = self.low is not None and self.high is not None and self.low < self.high
        if range_given == bool(self.choices):
            raise ValueError(f"axis {self.name!r}: give choices, or low and high with low < high")
        return self

    def at_edge(self, value: Any) -> bool:
        """Tell whether a value lies so close to a bound that the best may lie beyond it.

        >>> axis = Axis(name="steps", low=10, high=1000, log=True)
        >>> axis.at_edge(12), axis.at_edge(100), axis.at_edge(900)
        (True, False, True)
        """
        if self.choices or self.low is None or self.high is None:
            return False
        low, high, place = (log(v) if self.log else v for v in (self.low, self.high, value))
        return not _EDGE <= (place - low) / (high - low) <= 1 - _EDGE

    def suggest(self, trial: Suggests) -> Any:
        """Let the search choose a value; of numbers that are not whole, two digits count."""
        if self.choices:
            return trial.suggest_categorical(self.name, list(self.choices))
        if isinstance(self.low, int) and isinstance(self.high, int):
            return trial.suggest_int(self.name, self.low, self.high, log=self.log)
        low, high = float(self.low or 0), float(self.high or 0)
        return float(f"{trial.suggest_float(self.name, low, high, log=self.log):.2g}")


_STANDARDISE = Axis(name="standardise", choices=(False, True))
_STEPS = Axis(name="steps", low=10, high=640, log=True)
_LR = Axis(name="lr", low=1e-4, high=1e-2, log=True)
_MATCHING = Axis(name="matching_epochs", low=1, high=40, log=True)
_BETA = Axis(name="beta", low=0.03, high=30.0, log=True)
_TAU = Axis(name="tau", low=0.05, high=1.0)
_INTER = Axis(name="inter", low=0.1, high=10.0, log=True)
_WEIGHTS = (
    Axis(name="elbo", low=1e-4, high=1.0, log=True),
    Axis(name="adversary", low=0.1, high=10.0, log=True),
    Axis(name="probe", low=0.1, high=10.0, log=True),
)

_LONG = Axis(name="steps", low=10, high=2560, log=True)
_LOW_LR = Axis(name="lr", low=1e-6, high=1e-2, log=True)
_STOPPING = Axis(name="early_stopping", choices=(None, 10))
_PAIRED = (_LONG, _LOW_LR, _STOPPING)
_PROBED = (
    *("infonce-paired", "infonce-unpaired", "supcon", "infocore", "wcl", "xdc"),
    *("factorcl-ssl", "factorcl-sup"),
)

_NEIGHBOURS = Axis(name="neighbours", low=3, high=40, log=True)
_DESCENT = (
    Axis(name="steps", low=30, high=1000, log=True),
    Axis(name="lr", low=3e-3, high=0.3, log=True),
)

_MATCHED: dict[str, tuple[Axis, ...]] = {
    "groove-cosine": (_STANDARDISE, _BETA, _STEPS, _LR),
    "groove-tdist": (_STANDARDISE, _BETA, _STEPS, _LR),
    "ps": (_STANDARDISE, _STEPS, _LR),
    "davae": (_STANDARDISE, *_WEIGHTS, _STEPS, _LR),
    "ipic": (_STANDARDISE, _INTER, _MATCHING, _STEPS, _LR),
    "qda": (_STANDARDISE,),
    "forest": (_STANDARDISE, Axis(name="min_leaf", low=1, high=40, log=True)),
    # The best of dama has next to none of both, however low they may go.
    "dama": (
        _STANDARDISE,
        Axis(name="topology", low=1e-4, high=1.0, log=True),
        _NEIGHBOURS,
        Axis(name="ridge", low=1e-7, high=0.1, log=True),
    ),
    "kema": (
        _STANDARDISE,
        Axis(name="topology", low=1e-3, high=10.0, log=True),
        _NEIGHBOURS,
        Axis(name="ridge", low=0.01, high=10.0, log=True),
    ),
    "ddm": (_STANDARDISE, Axis(name="cycle", low=0.01, high=10.0, log=True), *_DESCENT),
    "isca": (_STANDARDISE, Axis(name="shared", low=2, high=10), *_DESCENT),
    "mmd-ma": (
        _STANDARDISE,
        Axis(name="collapse", low=1e-4, high=1.0, log=True),
        Axis(name="distortion", low=1e-5, high=0.1, log=True),
        Axis(name="width", low=0.25, high=16.0, log=True),
        *_DESCENT,
    ),
}

OPEN: dict[str, dict[str, tuple[Axis, ...]]] = {
    "matching": _MATCHED,
    "probe": {
        **dict.fromkeys(_PROBED, _PAIRED),
        "match-once-ot": (_MATCHING, *_PAIRED),
        "ipic": (_INTER, _MATCHING, *_PAIRED),
    },
}
"""Settings that the papers leave open, by task and learner: a sweep searches them by default."""

_PER_AXIS = 5

_STATED = {"groove-cosine": (_TAU,), "groove-tdist": (_TAU,)}
"""Settings that a paper states, varied to see how much they matter (GROOVE, Figure 2)."""


def budget(chosen: Sequence[Axis]) -> int:
    """Trials of a search, the same number for every setting that is searched.

    >>> budget(axes("ps")), budget(axes("davae"))
    (15, 30)
    """
    return _PER_AXIS * len(chosen)


def axes(learner: str, names: list[str] | None = None, task: str = "matching") -> tuple[Axis, ...]:
    """The axes of a learner's search for a task, by name, or all that are open.

    Raises:
        ConfigError: the learner has no search space for the task, or no axis of that name.

    >>> [axis.name for axis in axes("ps")]
    ['standardise', 'steps', 'lr']
    >>> [axis.name for axis in axes("groove-cosine", ["beta", "tau"])]
    ['beta', 'tau']
    """
    spaces = OPEN[task]
    if learner not in spaces:
        raise ConfigError(
            str(UnknownNameError(f"learner with a search space for {task}", learner, spaces))
        )
    known = {axis.name: axis for axis in (*spaces[learner], *_STATED.get(learner, ()))}
    for name in names or ():
        if name not in known:
            raise ConfigError(str(UnknownNameError(f"search axis of {learner}", name, known)))
    return spaces[learner] if names is None else tuple(known[name] for name in names)


def widened(chosen: Sequence[Axis], bounds: Sequence[str]) -> tuple[Axis, ...]:
    """The axes with other bounds, each told as NAME=LOW:HIGH.

    Raises:
        ConfigError: no such axis, one of choices, or no two numbers.

    >>> [(axis.low, axis.high) for axis in widened(axes("ps", ["steps"]), ["steps=5:2000"])]
    [(5, 2000)]
    """
    by_name = {axis.name: axis for axis in chosen}
    for text in bounds:
        name, _, span = text.partition("=")
        match = _SPAN.fullmatch(span)
        if match is None or name not in by_name or by_name[name].choices:
            ranges = ", ".join(axis.name for axis in chosen if not axis.choices)
            raise ConfigError(f"--within {text!r}: use NAME=LOW:HIGH, for one of {ranges}")
        whole = isinstance(by_name[name].low, int)
        low, high = (int(v) if whole else float(v) for v in match.groups())
        content = {**by_name[name].model_dump(), "low": low, "high": high}
        by_name[name] = parse(Axis, content, f"--within {text!r}")
    return tuple(by_name.values())
