"""A literal, loop by loop, transcription of GROOVE's simulation (Appendix C) for tests."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Cells(NamedTuple):
    x1: NDArray[np.float32]
    x2: NDArray[np.float32]
    t: NDArray[np.str_]


def simulate(
    seed: int, *, shared: int = 10, per_condition: int = 100, widths: tuple[int, int] = (1000, 500)
) -> Cells:
    """Truly paired cells; `shared` of 10 latent dimensions are common to both modalities."""
    rng = np.random.default_rng(seed)
    scale, snr, d, conditions = 0.1, 0.2, 10, 10
    n, unshared = conditions * per_condition, d - shared
    condition = np.repeat(np.arange(conditions), per_condition)
    z = rng.normal(0, scale, (n, shared))
    v = [np.hstack([z, rng.normal(0, scale, (n, unshared))]) for _ in widths]
    penetrance = rng.beta(1, 10, n)
    for effect_of in range(1, conditions):
        size = max(3, rng.gamma(1, 1)) * rng.choice([-1, 1])
        for i in np.flatnonzero(condition == effect_of):
            for view in v:
                view[i, (effect_of - 1) % shared] += size * penetrance[i]
        for view in v if unshared else []:
            size = max(3, rng.gamma(1, 1)) * rng.choice([-1, 1])
            for i in np.flatnonzero(condition == effect_of):
                view[i, shared + (effect_of - 1) % unshared] += size * rng.beta(1, 10)
    x = []
    for view, width in zip(v, widths, strict=True):
        mean, sd = rng.normal(0, 1, d), np.exp(-3 + rng.normal(0, 1, d))
        noise = rng.normal(mean, sd, (n, d)) * scale / snr
        loadings, bias = rng.normal(0, 1, (d, width)), rng.normal(0, 1, width)
        x.append((((view + noise) @ loadings + bias) * rng.gamma(1, 1, width)).astype(np.float32))
    return Cells(x[0], x[1], np.array([f"condition-{c}" for c in condition]))


def held_out(t: NDArray[np.str_], seed: int) -> NDArray[np.bool_]:
    """A fifth of each condition's cells."""
    rng = np.random.default_rng(seed)
    test = np.zeros(len(t), dtype=bool)
    for label in np.unique(t):
        rows = rng.permutation(np.flatnonzero(t == label))
        test[rows[: len(rows) // 5]] = True
    return test


def matched_within_labels(
    z1: NDArray[np.float32], z2: NDArray[np.float32], t: NDArray[np.str_]
) -> float:
    """Mean rank share of the true partner among the cells of its label; chance is 0.5."""
    shares = []
    for i in range(len(t)):
        peers = np.flatnonzero((t == t[i]) & (np.arange(len(t)) != i))
        distances = np.square(z2 - z1[i]).sum(1)
        shares.append(np.mean(distances[peers] < distances[i]))
    return float(np.mean(shares))
