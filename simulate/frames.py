"""Data frames of a simulation, as its files hold them."""

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulate.simulation import Simulation

Modality = Literal[1, 2]


def features(simulation: Simulation, modality: Modality) -> pd.DataFrame:
    """Features of the cells that a modality measured, float32, index `cell`, a column each."""
    x, seen = (getattr(simulation, f"{name}{modality}") for name in ("x", "seen"))
    names = feature_names(x.shape[1], modality)
    return pd.DataFrame(x[seen], index=pd.Index(simulation.ids[seen], name="cell"), columns=names)


def feature_names(count: int, modality: Modality) -> list[str]:
    """Names unique across modalities: m1-000, m1-001, and so on."""
    width = len(str(count - 1))
    return [f"m{modality}-{i:0{width}d}" for i in range(count)]


def obs(simulation: Simulation) -> pd.DataFrame:
    """Condition of each cell that was measured, index `cell`, column `group`, and others if any.

    The others are `downstream` and `batch`.
    """
    columns = {"group": simulation.labels}
    if len(label := simulation.downstream):
        columns["downstream"] = label
    if len(simulation.batches):
        columns["batch"] = simulation.batches
    table = pd.DataFrame(columns, index=pd.Index(simulation.ids, name="cell"))
    return table[simulation.seen1 | simulation.seen2]


def truth_cells(simulation: Simulation) -> pd.DataFrame:
    """Latents, noise and penetrances per cell: columns v1-0, …, noise2-9, …, shared_penetrance."""
    truth = simulation.truth
    columns: dict[str, NDArray[np.float64]] = {}
    for name in ("v1", "v2", "noise1", "noise2", "z", "u1", "u2"):
        values = getattr(truth, name)
        columns |= {f"{name}-{j}": values[:, j] for j in range(values.shape[1])}
    for name in ("shared_penetrance", "specific_penetrance1", "specific_penetrance2"):
        if len(values := getattr(truth, name)):
            columns[name] = values
    return pd.DataFrame(columns, index=pd.Index(simulation.ids, name="cell"))


def truth_perturbations(simulation: Simulation) -> pd.DataFrame:
    """Target dimension and effect of each perturbation, index `group`, without the control."""
    names = (
        *("shared_target", "shared_effect"),
        *("specific_target", "specific_effect1", "specific_effect2"),
    )
    known = {name: values for name in names if len(values := getattr(simulation.truth, name))}
    index = pd.Index(simulation.parameters.groups[1:], name="group")
    return pd.DataFrame(known, index=index)


def truth_features(simulation: Simulation, modality: Modality) -> pd.DataFrame:
    """Loadings a-0, a-1, …, bias b and scale s of each feature, index `feature`."""
    loadings, b, s = (getattr(simulation.truth, f"{name}{modality}") for name in "abs")
    index = pd.Index(feature_names(len(b), modality), name="feature")
    columns = {f"a-{j}": row for j, row in enumerate(loadings)}
    return pd.DataFrame({**columns, "b": b, "s": s}, index=index)


def truth_noise(simulation: Simulation) -> pd.DataFrame:
    """Mean and standard deviation of the noise per latent dimension, before scale / snr."""
    names = ("noise_mean1", "noise_sd1", "noise_mean2", "noise_sd2")
    columns = {name: getattr(simulation.truth, name) for name in names}
    index = pd.RangeIndex(simulation.parameters.latent_dim, name="latent")
    return pd.DataFrame(columns, index=index)
