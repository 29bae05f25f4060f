"""Promises of every preprocessing step."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from benchmark.datasets.base import Features
from weakpair.specs import Frozen


class Fitted(ABC):
    """A step with the statistics of its training rows."""

    @abstractmethod
    def apply(self, x: Features) -> Features:
        """Transform rows, shape (n, k) → (n, k'), float32; never looks at other rows."""

    def rename(self, features: Sequence[str]) -> tuple[str, ...]:
        """Names of the k' features from those of the k."""
        return tuple(features)


class Step(Frozen, ABC):
    """A step and its parameters; `name` is how grids spell it.

    Raise `version` whenever a change of the code changes results.
    """

    kind_of_spec: ClassVar[str] = "preprocessing step"
    version: ClassVar[int] = 1
    name: str

    @property
    def shown(self) -> str:
        """The step as grids spell it, with the parameters that differ from the defaults."""
        given = self.model_dump(exclude_defaults=True, exclude={"name"})
        inside = ", ".join(f"{key}={value}" for key, value in given.items())
        return f"{self.name}({inside})" if inside else self.name

    @abstractmethod
    def fit(self, x: Features) -> Fitted:
        """Learn from training rows, shape (n, k).

        Raises:
            DataError: values that the step is not defined on.
            ConfigError: a parameter that does not fit the size of the data.
        """


@dataclass(frozen=True)
class RowwiseFitted(Fitted):
    """A step without statistics."""

    step: "RowwiseStep"

    def apply(self, x: Features) -> Features:
        """The step itself."""
        return self.step.apply(x)


class RowwiseStep(Step):
    """A step that looks at one row at a time and learns nothing."""

    def fit(self, x: Features) -> RowwiseFitted:  # noqa: ARG002 - as every step
        """Give the step as it is; `apply` refuses values that it is not defined on."""
        return RowwiseFitted(self)

    @abstractmethod
    def apply(self, x: Features) -> Features:
        """Transform rows, shape (n, k) → (n, k), float32.

        Raises:
            DataError: values that the step is not defined on.
        """
