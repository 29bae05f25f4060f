"""Summary of a simulated data set in numbers."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulate.simulation import Simulation

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class VarianceShares:
    """Shares of a modality's variance, summed over features; the three add up to 1."""

    shared: float
    specific: float
    noise: float


@dataclass(frozen=True, eq=False)
class Summary:
    """Sizes, variance shares and effects of one simulated data set.

    `effects` has one row per condition: its cells and, for each kind of perturbation, the latent
    dimension it acts on, its effect and the mean shift (effect times mean penetrance of its cells);
    where modalities measured unequal cells, also how many each of them did (`seen1`, `seen2`).
    """

    n_cells: int
    n_features1: int
    n_features2: int
    shared_dims: int
    specific_dims: int
    variance1: VarianceShares
    variance2: VarianceShares
    effects: pd.DataFrame

    def __str__(self) -> str:
        lines = [
            f"{self.n_cells} cells, {len(self.effects)} conditions, "
            f"{self.n_features1} + {self.n_features2} features, latent dimensions: "
            f"{self.shared_dims} shared, {self.specific_dims} specific per modality",
            *(
                f"modality {m}: variance {v.shared:.0%} shared, {v.specific:.0%} specific, "
                f"{v.noise:.0%} noise"
                for m, v in ((1, self.variance1), (2, self.variance2))
            ),
            self.effects.to_string(float_format="{:.2f}".format, na_rep="-"),
        ]
        return "\n".join(lines)


def summarise(simulation: Simulation) -> Summary:
    """Sizes, shares of variance and effects of a simulated data set."""
    p, truth = simulation.parameters, simulation.truth
    return Summary(
        n_cells=p.n_cells,
        n_features1=p.features1,
        n_features2=p.features2,
        shared_dims=p.shared_dims,
        specific_dims=p.specific_dims,
        variance1=_shares(truth.v1, truth.noise1, truth.a1 * truth.s1, p.shared_dims),
        variance2=_shares(truth.v2, truth.noise2, truth.a2 * truth.s2, p.shared_dims),
        effects=_effects(simulation),
    )


def _shares(v: Floats, noise: Floats, loadings: Floats, shared_dims: int) -> VarianceShares:
    """Variances of the three parts of (v + noise) @ loadings, over their sum.

    The parts are independent in the model, so their covariances are left out.
    """
    d_s = shared_dims
    parts = (
        _variance(v[:, :d_s], loadings[:d_s]),
        _variance(v[:, d_s:], loadings[d_s:]),
        _variance(noise, loadings),
    )
    return VarianceShares(*(part / sum(parts) for part in parts))


def _variance(latents: Floats, loadings: Floats) -> float:
    """Variance over cells of latents @ loadings, summed over features."""
    centred = latents - latents.mean(axis=0)
    covariance = centred.T @ centred / len(latents)
    return float(np.sum(covariance * (loadings @ loadings.T)))


def _effects(simulation: Simulation) -> pd.DataFrame:
    p, truth = simulation.parameters, simulation.truth
    table = pd.DataFrame({"cells": p.cells}, index=pd.Index(p.groups, name="group"))
    if p.unequal:
        for name in ("seen1", "seen2"):
            measured = pd.Series(getattr(simulation, name)).groupby(simulation.labels).sum()
            table[name] = measured.reindex(p.groups)
    kinds = (
        ("shared", truth.shared_target, truth.shared_effect, truth.shared_penetrance),
        ("specific1", truth.specific_target, truth.specific_effect1, truth.specific_penetrance1),
        ("specific2", truth.specific_target, truth.specific_effect2, truth.specific_penetrance2),
    )
    for kind, target, effect, penetrance in kinds:
        if len(effect) == 0:
            continue
        mean = pd.Series(penetrance).groupby(simulation.labels).mean().reindex(p.groups[1:])
        table[f"{kind}_dim"] = pd.Series(target, index=p.groups[1:], dtype="Int64")
        table[f"{kind}_effect"] = pd.Series(effect, index=p.groups[1:])
        table[f"{kind}_shift"] = effect * mean
    return table
