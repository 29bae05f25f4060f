"""Simulated data sets in grids: models, parameters, variants and replicates."""

from collections.abc import Mapping
from dataclasses import fields
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

from weakpair.errors import ConfigError, UnknownNameError

if TYPE_CHECKING:
    from simulate import Parameters
    from simulate.balls import BallParameters

    Constants = Parameters | BallParameters

NAME = "simulation"
MODEL = "model"
MODELS = ("groove", "balls")
"""Models by which a simulation is drawn: GROOVE's, or the images of two balls of Xi et al."""

SHARED = "oracle-shared"
"""Name of the true latents that both modalities share, whatever the model."""

MOST = 10_000


def model_of(given: Mapping[str, Any]) -> str:
    """Name of the model; GROOVE's where none is given.

    Raises:
        ConfigError: there is no such model.
    """
    model = given.get(MODEL, MODELS[0])
    if model not in MODELS:
        raise ConfigError(str(UnknownNameError("model of a simulation", str(model), MODELS)))
    return str(model)


def parameters(given: Mapping[str, Any]) -> "Constants":
    """The simulator's constants; the paper's where nothing else is given.

    Args:
        given: constants by name, and the `model` they are of.

    Raises:
        ConfigError: an unknown name, with the nearest known one.
        ParameterError: a value that makes no sense.
    """
    kind = _constants(model_of(given))
    own = {name: value for name, value in given.items() if name != MODEL}
    known = [field.name for field in fields(kind)]
    for name in own:
        if name not in known:
            raise ConfigError(str(UnknownNameError("parameter of a simulation", name, known)))
    return kind(**own)


def _constants(model: str) -> "type[Constants]":
    if model == "balls":
        from simulate.balls import BallParameters

        return BallParameters
    from simulate import Parameters  # Pyro takes seconds to import

    return Parameters


def replicates(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The entries that one entry of a grid stands for: variants × replicates.

    A list given for a parameter that takes one number makes a variant of each; replicate r is
    drawn from the seed `seed + r`.

    Args:
        entry: `simulation` (parameters), `replicates` (1), `seed` (0, the first), and other keys
            of a data set.

    Raises:
        ConfigError: an unknown parameter or a wrong number of replicates.
        ParameterError: a value that makes no sense.

    >>> few = replicates({"simulation": {"shared": [1, 0.5]}, "replicates": 2, "seed": 7})
    >>> [(e["variant"], e["replicate"], e["data"]["seed"]) for e in few[1:3]]
    [('shared=1.0', 1, 8), ('shared=0.5', 0, 7)]
    """
    rest = {k: v for k, v in entry.items() if k not in ("simulation", "replicates", "seed")}
    count, seed = entry.get("replicates", 1), entry.get("seed", 0)
    for name, value, least in (("replicates", count, 1), ("seed", seed, 0)):
        if type(value) is not int or value < least:
            raise ConfigError(
                f"simulation: {name}={value!r} must be a whole number of at least {least}"
            )
    variants = _variants(entry["simulation"])
    if len(variants) * count > MOST:
        raise ConfigError(
            f"simulation: {len(variants):,} variants × {count:,} replicates; at most {MOST:,} data "
            "sets stand in a grid"
        )
    return [
        {
            "data": {"name": NAME, **rest, "kind": NAME, "simulation": given, "seed": seed + r},
            "variant": variant,
            "replicate": r,
        }
        for variant, given in variants
        for r in range(count)
    ]


def _variants(given: Any) -> list[tuple[str, dict[str, Any]]]:
    """Names and parameters of the variants, in the order of the lists."""
    if not isinstance(given, Mapping):
        raise ConfigError(f"simulation: write its parameters, e.g. {{shared: 0.8}}, not {given!r}")
    model = model_of(given)
    numbers = {f.name for f in fields(_constants(model)) if f.type in (float, int)}
    axes = [
        value if name in numbers and isinstance(value, list) else [value]
        for name, value in given.items()
    ]
    if prod(map(len, axes)) > MOST:
        raise ConfigError(f"simulation: {prod(map(len, axes)):,} variants; at most {MOST:,} can be")
    combinations = [dict(zip(given, values, strict=True)) for values in product(*axes)]
    return [(_variant(chosen), chosen) for chosen in combinations]


def _variant(given: Mapping[str, Any]) -> str:
    """Name of the given parameters, of GROOVE's model the shared fraction too: "shared=0.8"."""
    constants = parameters(given)
    always = () if MODEL in given else ("shared",)
    names = dict.fromkeys((*always, *(name for name in given if name != MODEL)))
    return ",".join(f"{name}={getattr(constants, name)}" for name in names)
