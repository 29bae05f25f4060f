"""Preprocessing: a pipeline of named steps, every statistic fitted on training rows only.

A step is spelt `log1p` or `hvg(n=500)`, in YAML also `{name: hvg, n: 500}`; a pipeline is a list
of them or one string with commas between the steps. A preset such as `rna` stands for its steps.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmark.datasets.base import Features
from benchmark.datasets.preprocessing.columnwise import Detected, HighlyVariable, TfIdf, ZScore
from benchmark.datasets.preprocessing.images import ConvRandom
from benchmark.datasets.preprocessing.presets import AUTO, PRESETS
from benchmark.datasets.preprocessing.projection import Lsi, Pca, Svd
from benchmark.datasets.preprocessing.rowwise import L2, Arcsinh, Clr, Log1p, NormalizeTotal
from benchmark.datasets.preprocessing.steps import Fitted, Step
from weakpair.blocks import by_blocks
from weakpair.errors import ConfigError, DataError, UnknownNameError
from weakpair.registry import canonical_name
from weakpair.specs import parse

STEPS: dict[str, type[Step]] = {
    "normalize-total": NormalizeTotal,
    "log1p": Log1p,
    "arcsinh": Arcsinh,
    "clr": Clr,
    "l2": L2,
    "tfidf": TfIdf,
    "zscore": ZScore,
    "detected": Detected,
    "hvg": HighlyVariable,
    "pca": Pca,
    "svd": Svd,
    "lsi": Lsi,
    "conv-random": ConvRandom,
}
_CALL = re.compile(r"\s*([\w-]+)\s*(?:\((.*)\))?\s*")
_COMMA_OUTSIDE = re.compile(r",(?![^(]*\))")


@dataclass(frozen=True)
class FittedPipeline:
    """Steps with their statistics; `features` are the names of what `apply` returns."""

    steps: tuple[Fitted, ...]
    features: tuple[str, ...]

    def apply(self, x: Features) -> Features:
        """Transform rows, shape (n, k) → (n, len(features)), float32.

        Rows go through all steps block by block: no step holds all of them widened.

        Raises:
            DataError: a step leaves NaN or infinite values.
        """
        return by_blocks(self._through, x) if self.steps else x

    def _through(self, x: Features) -> Features:
        for step in self.steps:
            x = step.apply(x)
            if not np.isfinite(x).all():
                raise DataError(f"preprocessing ({type(step).__name__}) gives NaN or infinity")
        return x


@dataclass(frozen=True)
class Pipeline:
    """Steps to be fitted one after the other; without steps it changes nothing."""

    steps: tuple[Step, ...] = ()

    @classmethod
    def spelt(cls, text: str | None) -> "Pipeline":
        """The pipeline of steps or a preset in words; none where there are no words.

        >>> [step.name for step in Pipeline.spelt("log1p,zscore").steps], Pipeline.spelt("").steps
        (['log1p', 'zscore'], ())
        """
        return cls(parse_steps(text) if text else ())

    def fit(self, x: Features, features: Sequence[str]) -> FittedPipeline:
        """Fit every step on what the steps before it make of the training rows, shape (n, k).

        Raises:
            DataError: values that a step is not defined on, or NaN or infinite ones that it leaves.
            ConfigError: a parameter that does not fit the size of the data.
        """
        return self.fit_apply(x, features)[0]

    def fit_apply(self, x: Features, features: Sequence[str]) -> tuple[FittedPipeline, Features]:
        """Fit as `fit` does, and give the training rows as `apply` transforms them."""
        fitted: list[Fitted] = []
        names = tuple(features)
        for step in self.steps:
            one = step.fit(x)
            names = one.rename(names)
            x = FittedPipeline((one,), names).apply(x)
            fitted.append(one)
        return FittedPipeline(tuple(fitted), names), x

    def recipe(self) -> list[dict[str, Any]]:
        """All that determines the result: name, version and parameters of every step."""
        return [{**step.model_dump(), "version": step.version} for step in self.steps]


def parse_steps(value: Any) -> tuple[Step, ...]:
    """Steps from a string, or a list of strings, mappings or steps; a preset gives all of its own.

    Raises:
        ConfigError: an unknown step or parameter, with the nearest known one.

    >>> parse_steps("log1p, hvg(n=500)")
    (Log1p(name='log1p'), HighlyVariable(name='hvg', n=500, bins=20))
    >>> [step.name for step in parse_steps("protein")]
    ['clr', 'zscore']
    """
    if isinstance(value, str):
        value = [part for part in _COMMA_OUTSIDE.split(value) if part.strip()]
    if isinstance(value, (Step, Mapping)) or not isinstance(value, Iterable):
        value = [value]
    return tuple(step for item in value for step in _steps_of(item))


def _steps_of(item: Any) -> tuple[Step, ...]:
    """The steps that an item of a pipeline stands for: a preset's, or itself."""
    preset = PRESETS.get(item.strip()) if isinstance(item, str) else None
    return (parse_step(item),) if preset is None else parse_steps(list(preset.steps))


def parse_step(value: Any) -> Step:
    """One step from "hvg(n=500)", {"name": "hvg", "n": 500} or a step.

    Raises:
        ConfigError: an unknown step or parameter, with the nearest known one.
    """
    if isinstance(value, Step):
        return value
    data = _called(value) if isinstance(value, str) else value
    if not isinstance(data, Mapping) or "name" not in data:
        raise ConfigError(
            f"preprocessing step {value!r}: write 'hvg(n=500)' or {{name: hvg, n: 500}}"
        )
    name = canonical_name(str(data["name"]), STEPS)
    if name not in STEPS:
        if name == AUTO:
            raise ConfigError(
                f"preprocess: {AUTO} looks at the data; it is for --preprocess1 and --preprocess2, "
                f"a grid names steps or one of {', '.join(PRESETS)}"
            )
        raise ConfigError(str(UnknownNameError("preprocessing step", name, {*STEPS, *PRESETS})))
    return parse(STEPS[name], {**data, "name": name}, f"preprocessing step {name!r}")


def _called(text: str) -> dict[str, Any]:
    """The mapping that "hvg(n=500)" stands for."""
    call = _CALL.fullmatch(text)
    if call is None:
        raise ConfigError(f"preprocessing step {text!r}: write 'log1p' or 'hvg(n=500)'")
    params: dict[str, Any] = {"name": call[1]}
    for item in filter(str.strip, (call[2] or "").split(",")):
        key, equals, number = (part.strip() for part in item.partition("="))
        if not equals:
            raise ConfigError(f"preprocessing step {text!r}: write {call[1]}(parameter=value)")
        params[key] = _value(number)
    return params


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def spell(steps: Iterable[Step]) -> str:
    """A pipeline as the command line spells it, without parameters that are the defaults.

    >>> spell(parse_steps("log1p, hvg(n=500)")), spell(())
    ('log1p, hvg(n=500)', 'none')
    """
    return ", ".join(_spelt(step) for step in steps) or "none"


def _spelt(step: Step) -> str:
    changed = step.model_dump(exclude={"name"}, exclude_defaults=True)
    params = ", ".join(f"{key}={value}" for key, value in changed.items())
    return f"{step.name}({params})" if params else step.name


def preprocess_rows() -> list[tuple[str, str, str]]:
    """Name, what it does, and parameters with defaults of every step and preset."""
    steps = [
        (name, str(step.__doc__).splitlines()[0], ", ".join(_defaults(step)))
        for name, step in STEPS.items()
    ]
    presets = [(name, one.about, ", ".join(one.steps)) for name, one in PRESETS.items()]
    return steps + presets


def _defaults(step: type[Step]) -> Iterator[str]:
    for key, field in step.model_fields.items():
        if key != "name":
            yield f"{key}={field.default:g}"
