"""Simulated data sets: drawn when they are needed, with the truth that oracles are given."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from itertools import product
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmark.datasets.base import Samples
from benchmark.datasets.digests import in_digests
from benchmark.datasets.reading.build import NAMES, make_samples
from weakpair.errors import ConfigError, ParameterError, UnknownNameError

if TYPE_CHECKING:
    from benchmark.datasets.reading.modalities import Read
    from benchmark.datasets.reading.pairing import Settled
    from benchmark.datasets.spec import DatasetSpec
    from simulate import Parameters, Simulation

NAME = "simulation"
MOST = 10_000
# The seeds of simulations derive from the digest of this content: a further key of specs must not
# change it, so it is spelt out.
_CHOSEN = {"group", "downstream", "batch", "groups", "min_cells", "subsample", "subsample_seed"}
_NO_FILE = dict.fromkeys(("file", "key", "layer", "obsm"))


class SimulationLoader:
    """Draws the data set that a spec describes; there are no files."""

    def sources(self, spec: "DatasetSpec") -> tuple[Path, ...]:  # noqa: ARG002
        """No files determine it."""
        return ()

    def read(self, spec: "DatasetSpec") -> "Read":
        """Both modalities of all cells, truly paired, with the oracles' latents."""
        from benchmark.datasets.reading.modalities import Read
        from simulate import simulate

        drawn = simulate(parameters(spec.simulation or {}), spec.seed)
        names = (spec.modality1.name or NAMES[0], spec.modality2.name or NAMES[1])
        how: Settled = "none" if spec.pairing == "none" else "ids"
        return Read(_samples(drawn, 1), _samples(drawn, 2), names, how)


def parameters(given: Mapping[str, Any]) -> "Parameters":
    """The simulator's constants; the paper's where nothing else is given.

    Raises:
        ConfigError: an unknown name, with the nearest known one.
        ParameterError: a value that makes no sense.
    """
    from simulate import Parameters  # Pyro takes seconds to import

    known = [field.name for field in fields(Parameters)]
    for name in given:
        if name not in known:
            raise ConfigError(str(UnknownNameError("parameter of a simulation", name, known)))
    return Parameters(**given)


def content(spec: "DatasetSpec") -> dict[str, Any]:
    """All that determines the draw and which of its cells take part.

    That is every constant, the seed, the simulator's version, and the keys that choose cells.
    """
    from simulate import VERSION

    constants = asdict(parameters(spec.simulation or {}))
    for name in ("downstream", "feature_noise"):
        # Simulations without the label or the noise have the digests of before there was any.
        if not constants[name]:
            del constants[name]
    return {
        **in_digests(spec.model_dump(mode="json", include=_CHOSEN)),
        "kind": NAME,
        "modality1": _NO_FILE,
        "modality2": _NO_FILE,
        "pairing": "none" if spec.pairing == "none" else "ids",
        "simulation": constants,
        "seed": spec.seed,
        "version": VERSION,
    }


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
    numbers = {f.name for f in fields(parameters({})) if f.type in (float, int)}
    axes = [
        value if name in numbers and isinstance(value, list) else [value]
        for name, value in given.items()
    ]
    if prod(map(len, axes)) > MOST:
        raise ConfigError(f"simulation: {prod(map(len, axes)):,} variants; at most {MOST:,} can be")
    combinations = [dict(zip(given, values, strict=True)) for values in product(*axes)]
    return [(_variant(chosen), chosen) for chosen in combinations]


def _variant(given: Mapping[str, Any]) -> str:
    """The shared fraction and whatever else is given: "shared=0.8,snr=0.5"."""
    made = parameters(given)
    return ",".join(f"{name}={getattr(made, name)}" for name in dict.fromkeys(("shared", *given)))


def _samples(drawn: "Simulation", modality: int) -> Samples:
    from simulate.frames import feature_names, obs

    x = drawn.x1 if modality == 1 else drawn.x2
    names = feature_names(x.shape[1], 1 if modality == 1 else 2)
    further = obs(drawn).drop(columns="group")
    made = make_samples(x, drawn.labels, drawn.ids, names, further, where=NAME)
    return Samples(made.x, made.labels, made.ids, made.features, made.obs, _truth(drawn, modality))


def _truth(drawn: "Simulation", modality: int) -> dict[str, np.ndarray[Any, Any]]:
    """The latents of every oracle that this simulation has."""
    from simulate import ORACLES, oracle_latents

    found = {}
    for name in ORACLES:
        try:
            found[name] = oracle_latents(drawn, name)[modality - 1]
        except ParameterError:  # without shared dimensions some oracles do not exist
            continue
    return found
