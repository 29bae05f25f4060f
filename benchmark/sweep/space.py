"""Which settings of a learner are open, and within which bounds they are looked for."""

from typing import Any, ClassVar, Protocol, Self

from pydantic import model_validator

from benchmark.specs import Frozen
from weakpair.errors import ConfigError, UnknownNameError


class Suggests(Protocol):
    """What a search gives an axis to choose its value with; an Optuna trial is one."""

    def suggest_categorical(self, name: str, choices: list[Any], /) -> Any:
        """One of the choices."""

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

    def holds(self, value: Any) -> bool:
        """Whether a value lies within the bounds."""
        if self.choices:
            return value in self.choices
        return isinstance(value, int | float) and (self.low or 0) <= value <= (self.high or 0)

    def suggest(self, trial: Suggests) -> Any:
        """Let the search choose a value."""
        if self.choices:
            return trial.suggest_categorical(self.name, list(self.choices))
        if isinstance(self.low, int) and isinstance(self.high, int):
            return trial.suggest_int(self.name, self.low, self.high, log=self.log)
        return trial.suggest_float(
            self.name, float(self.low or 0), float(self.high or 0), log=self.log
        )


_STANDARDISE = Axis(name="standardise", choices=(False, True))
_EPOCHS = Axis(name="epochs", low=5, high=40, log=True)
_LR = Axis(name="lr", low=3e-4, high=3e-3, log=True)
_BETA = Axis(name="beta", low=0.03, high=30.0, log=True)
_TAU = Axis(name="tau", low=0.05, high=1.0)
_INTER = Axis(name="inter", low=0.1, high=10.0, log=True)
_WEIGHTS = (
    Axis(name="elbo", low=1e-4, high=1.0, log=True),
    Axis(name="adversary", low=0.1, high=10.0, log=True),
    Axis(name="probe", low=0.1, high=10.0, log=True),
)

OPEN: dict[str, tuple[Axis, ...]] = {
    "groove-cosine": (_STANDARDISE, _BETA, _EPOCHS, _LR),
    "groove-tdist": (_STANDARDISE, _BETA, _EPOCHS, _LR),
    "ps": (_STANDARDISE, _EPOCHS, _LR),
    "davae": (_STANDARDISE, *_WEIGHTS, _EPOCHS),
    "ipic": (_STANDARDISE, _INTER, _EPOCHS, _LR),
}
"""What the papers leave open, by learner: what a sweep searches unless told otherwise."""

_STATED = {"groove-cosine": (_TAU,), "groove-tdist": (_TAU,)}
"""What the paper states, yet can be varied to see how much it matters (GROOVE, Figure 2)."""


def axes(learner: str, names: list[str] | None = None) -> tuple[Axis, ...]:
    """The axes of a learner's search, by name, or all that are open.

    Raises:
        ConfigError: the learner has no search space, or no axis of that name.

    >>> [axis.name for axis in axes("ps")]
    ['standardise', 'epochs', 'lr']
    >>> [axis.name for axis in axes("groove-cosine", ["beta", "tau"])]
    ['beta', 'tau']
    """
    if learner not in OPEN:
        raise ConfigError(str(UnknownNameError("learner with a search space", learner, OPEN)))
    known = {axis.name: axis for axis in (*OPEN[learner], *_STATED.get(learner, ()))}
    for name in names or ():
        if name not in known:
            raise ConfigError(str(UnknownNameError(f"search axis of {learner}", name, known)))
    return OPEN[learner] if names is None else tuple(known[name] for name in names)
