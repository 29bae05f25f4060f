"""Simulated data sets: drawn when they are needed, with the truth that oracles are given."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmark.datasets.base import Samples
from benchmark.datasets.digests import in_digests
from benchmark.datasets.reading.build import NAMES, make_samples
from benchmark.datasets.reading.pairing import Settled
from benchmark.datasets.reading.parts import Read
from benchmark.datasets.simulated import MODEL, NAME, SHARED, model_of, parameters
from benchmark.datasets.spec import DatasetSpec
from weakpair.errors import ParameterError

if TYPE_CHECKING:
    from simulate import Parameters, Simulation
    from simulate.balls import BallParameters

# The seeds of simulations derive from the digest of this content: a further key of specs must not
# change it, so it is spelt out.
_CHOSEN = {"group", "downstream", "batch", "groups", "min_cells", "subsample", "subsample_seed"}
_NO_FILE = dict.fromkeys(("file", "key", "layer", "obsm"))
_BRIGHTEST = 255


class SimulationLoader:
    """Draws the data set that a spec describes; there are no files."""

    def sources(self, spec: DatasetSpec) -> tuple[Path, ...]:  # noqa: ARG002
        """No files determine it."""
        return ()

    def read(self, spec: DatasetSpec) -> Read:
        """Both modalities of all cells, truly paired, with the oracles' latents."""
        given = spec.simulation or {}
        constants: Any = parameters(given)
        drawn = _views if model_of(given) == "balls" else _cells
        one, two = drawn(constants, spec.seed)
        names = (spec.modality1.name or NAMES[0], spec.modality2.name or NAMES[1])
        how: Settled = "none" if spec.pairing == "none" else "ids"
        return Read(one, two, names, how)


def drawn_content(spec: DatasetSpec) -> dict[str, Any]:
    """All that determines the draw and which of its cells take part.

    That is every constant, the seed, the simulator's version, and the keys that choose cells.
    """
    given = spec.simulation or {}
    constants = asdict(parameters(given))
    if model_of(given) == "balls":
        from simulate.balls.scene import VERSION

        constants[MODEL] = "balls"
    else:
        from simulate import VERSION
        from simulate.parameters import OURS

        for name in OURS:
            # Simulations without them have the digests of before there were any.
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


def _cells(constants: "Parameters", seed: int) -> tuple[Samples, Samples]:
    """Both modalities of GROOVE's simulation."""
    from simulate import simulate

    drawn = simulate(constants, seed)
    return _samples(drawn, 1), _samples(drawn, 2)


def _samples(drawn: "Simulation", modality: int) -> Samples:
    from simulate.frames import feature_names, obs

    x, seen = (drawn.x1, drawn.seen1) if modality == 1 else (drawn.x2, drawn.seen2)
    names = feature_names(x.shape[1], 1 if modality == 1 else 2)
    ids = drawn.ids[seen]
    further = obs(drawn).loc[list(ids)].drop(columns="group")
    bare = make_samples(x[seen], drawn.labels[seen], ids, names, further, where=NAME)
    truth = {name: latents[seen] for name, latents in _truth(drawn, modality).items()}
    return Samples(bare.x, bare.labels, bare.ids, bare.features, bare.obs, truth)


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


def _views(constants: "BallParameters", seed: int) -> tuple[Samples, Samples]:
    """Both views of the images of balls, brightness from 0 to 1; the positions are the truth."""
    from simulate.balls import draw_balls
    from simulate.balls.writers import pixel_names

    drawn = draw_balls(constants, seed)
    names = pixel_names(drawn.view1.shape[1:])
    truth = {SHARED: drawn.latents.astype(np.float32)}
    found = []
    for view in (drawn.view1, drawn.view2):
        x = view.reshape(len(view), -1) / np.float32(_BRIGHTEST)
        bare = make_samples(x, drawn.labels, drawn.ids, names, where=NAME, own=True)
        found.append(Samples(bare.x, bare.labels, bare.ids, bare.features, bare.obs, truth))
    return found[0], found[1]
