"""Simulated data sets with their ground truth, and how a seed becomes one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from hashlib import sha256
from threading import Lock

import numpy as np
import torch
from numpy.typing import NDArray
from pyro import poutine
from scipy.stats import norm

from simulate.model import model, shared_targets, specific_targets
from simulate.parameters import Parameters, require_count

VERSION = 1
"""Raised whenever a change of the code changes what a seed yields."""

_PYRO = Lock()  # Pyro's handler stack and torch's generator belong to all threads of a process

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Truth:
    """Ground truth of the features; rows are cells, in the order of the data.

    With d = latent_dim, L perturbations and `shared_dims` shared dimensions (the first of the d):
    latents after perturbation `v1`, `v2` and noise `noise1`, `noise2`, each (cells, d), add up to
    what the loadings see; `z` (cells, shared_dims) and `u1`, `u2` (cells, d - shared_dims) are the
    latents before perturbation. Targets and effects have one entry per perturbation (L,),
    penetrances one per cell, drawn for control cells too, on which they act in no way; all are
    empty where the kind of perturbation has no dimension to act on. `noise_mean`, `noise_sd` (d,)
    are mu and sigma before the factor scale / snr. Loadings `a1`, `a2` are (d, features), biases
    `b1`, `b2` and scales `s1`, `s2` (features,).
    """

    shared_dims: int
    v1: Floats
    v2: Floats
    noise1: Floats
    noise2: Floats
    z: Floats
    u1: Floats
    u2: Floats
    shared_penetrance: Floats
    specific_penetrance1: Floats
    specific_penetrance2: Floats
    shared_target: Ints
    specific_target: Ints
    shared_effect: Floats
    specific_effect1: Floats
    specific_effect2: Floats
    noise_mean1: Floats
    noise_mean2: Floats
    noise_sd1: Floats
    noise_sd2: Floats
    a1: Floats
    a2: Floats
    b1: Floats
    b2: Floats
    s1: Floats
    s2: Floats


@dataclass(frozen=True, eq=False)
class Simulation:
    """A simulated data set; row i of `x1` and row i of `x2` are the same cell.

    Attributes:
        parameters: what it was drawn with.
        seed: the seed it was drawn from.
        x1: features of modality 1, shape (cells, features1).
        x2: features of modality 2, shape (cells, features2).
        labels: condition of each cell, "control", "perturbation-1", …, shape (cells,).
        ids: names of the cells, shape (cells,).
        truth: the quantities behind the features.
        batches: batch of each cell, "batch-1" or "batch-2", shape (cells,); (0,) where there are
            none.
        seen1: cells that modality 1 measured, booleans, shape (cells,); all but with `unequal`.
        seen2: those of modality 2.
    """

    parameters: Parameters
    seed: int
    x1: NDArray[np.float32]
    x2: NDArray[np.float32]
    labels: NDArray[np.str_]
    ids: NDArray[np.str_]
    truth: Truth
    batches: NDArray[np.str_]
    seen1: Flags
    seen2: Flags

    @property
    def downstream(self) -> NDArray[np.str_]:
        """Downstream label of each cell, "level-1" …, shape (cells,); (0,) where there is none.

        The cells' unperturbed shared latents Z, summed over the dimensions, fall into as many bins
        of equal probability as there are classes. Z is drawn without regard to the condition, so
        the label is independent of it, and both modalities carry it: IPIC's «downstream labels
        related to the latent distribution», orthogonal to the treatment.
        """
        classes, z = self.parameters.downstream, self.truth.z
        if not classes:
            return np.empty(0, dtype=np.str_)
        sd = self.parameters.scale * np.sqrt(self.truth.shared_dims)
        edges = norm.ppf(np.arange(1, classes) / classes, scale=sd)
        width = len(str(classes))
        names = np.array([f"level-{i + 1:0{width}d}" for i in range(classes)])
        labels: NDArray[np.str_] = names[np.searchsorted(edges, z.sum(axis=1))]
        return labels


def simulate(parameters: Parameters | None = None, seed: int = 0) -> Simulation:
    """Draw a data set from the generative model (GROOVE, Appendix C).

    The result depends on the arguments alone; no global random state is read or changed.

    Args:
        parameters: constants of the model; by default those of the paper, 100 % shared.
        seed: a whole number, at least 0.

    Raises:
        ParameterError: a negative or fractional seed.

    >>> data = simulate(Parameters(cells_per_condition=5, features1=20, features2=10), seed=1)
    >>> data.x1.shape, data.x2.shape, str(data.labels[5])
    ((50, 20), (50, 10), 'perturbation-1')
    """
    p = Parameters() if parameters is None else parameters
    with _seeded(seed):
        sites = _draw(p)
    batches = _batches(p, seed)
    return Simulation(
        parameters=p,
        seed=seed,
        x1=_measured(_shifted(sites["x1"], p.batch, batches, seed, 1), p.feature_noise, seed, 1),
        x2=_measured(_shifted(sites["x2"], p.batch, batches, seed, 2), p.feature_noise, seed, 2),
        labels=np.repeat(np.array(p.groups), p.cells),
        ids=np.array([f"cell-{i:0{len(str(p.n_cells - 1))}d}" for i in range(p.n_cells)]),
        truth=_truth(p, sites),
        batches=batches,
        seen1=_seen(p, seed, 1),
        seen2=_seen(p, seed, 2),
    )


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Run with torch's CPU generator at a state of the seed's own, and put the old one back."""
    require_count("seed", seed, 0)
    with _PYRO, torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.default_generator.manual_seed(_stream(f"weakpair.simulate:{seed}"))
        yield


def _stream(name: str) -> int:
    """The seed of a random stream of that name, 63 bits.

    Hashed, so that a method seeded with the same number does not see the same random stream.
    """
    return int.from_bytes(sha256(name.encode()).digest()[:8], "big") >> 1


def _batches(p: Parameters, seed: int) -> NDArray[np.str_]:
    """Batch of each cell, half and half, from a stream of its own."""
    if not p.batch:
        return np.empty(0, dtype=np.str_)
    rng = np.random.default_rng(_stream(f"weakpair.simulate.batches:{seed}"))
    return np.array(["batch-1", "batch-2"])[rng.permutation(p.n_cells) % 2]


def _seen(p: Parameters, seed: int, modality: int) -> Flags:
    """Cells that a modality measured, from a stream of its own: of each condition a share."""
    seen = np.ones(p.n_cells, dtype=np.bool_)
    if not p.unequal:
        return seen
    rng = np.random.default_rng(_stream(f"weakpair.simulate.unequal{modality}:{seed}"))
    for end, count in zip(np.cumsum(p.cells), p.cells, strict=True):
        lost = min(round(count * p.unequal * rng.random()), count - 1)
        seen[end - count + rng.permutation(count)[:lost]] = False
    return seen


def _shifted(
    x: Floats, batch: float, batches: NDArray[np.str_], seed: int, modality: int
) -> Floats:
    """Features of which the second batch's are shifted, by a share of each one's deviation."""
    if not batch:
        return x
    rng = np.random.default_rng(_stream(f"weakpair.simulate.batch{modality}:{seed}"))
    shift = batch * x.std(axis=0) * rng.standard_normal(x.shape[1])
    return np.asarray(x + (batches == "batch-2")[:, None] * shift)


def _measured(x: Floats, noise: float, seed: int, modality: int) -> NDArray[np.float32]:
    """Features with noise of a share of each one's deviation, from a stream of their own."""
    if noise:
        rng = np.random.default_rng(_stream(f"weakpair.simulate.features{modality}:{seed}"))
        x = x + noise * x.std(axis=0) * rng.standard_normal(x.shape)
    return x.astype(np.float32)


def _draw(parameters: Parameters) -> dict[str, Floats]:
    """Values of one run of the model by site."""
    trace = poutine.trace(model).get_trace(parameters)
    values = {name: node.get("value") for name, node in trace.nodes.items()}
    return {name: v.numpy() for name, v in values.items() if isinstance(v, torch.Tensor)}


def _truth(p: Parameters, sites: dict[str, Floats]) -> Truth:
    known: dict[str, int | Ints] = {
        "shared_dims": p.shared_dims,
        "shared_target": shared_targets(p).numpy(),
        "specific_target": specific_targets(p).numpy(),
    }
    drawn = {f.name: sites.get(f.name, np.empty(0)) for f in fields(Truth) if f.name not in known}
    return Truth(**known, **drawn)  # type: ignore[arg-type]  # each field is a site of its name
