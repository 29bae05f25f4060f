"""Knobs that the paper does not have: off they change nothing, on they do what they say."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from benchmark import datasets
from benchmark.cli.app import app
from simulate import Parameters, Simulation, simulate, summarise, write_replicates
from simulate.parameters import OURS
from weakpair.errors import ParameterError

SMALL = Parameters(
    shared=0.6, n_conditions=4, cells_per_condition=200, features1=60, features2=30, min_effect=0.0
)


def rank_beyond(x: NDArray[np.float32]) -> float:
    """Size of what is beyond ten directions, by the first."""
    wide = x.astype(np.float64)
    values = np.linalg.svd(wide - wide.mean(0), compute_uv=False)
    return float(values[10] / values[0])


def spreads(drawn: Simulation, latents: NDArray[np.float64]) -> NDArray[np.float64]:
    """Deviation of each latent dimension inside each condition, the control first."""
    names = drawn.parameters.groups
    return np.array([latents[drawn.labels == name].std(axis=0) for name in names])


def test_a_nonlinear_share_takes_features_off_the_ten_directions_and_keeps_their_size() -> None:
    plain, curved = simulate(SMALL, 1), simulate(replace(SMALL, nonlinear=1.0), 1)
    assert rank_beyond(plain.x1) < 1e-5
    assert rank_beyond(curved.x1) > 0.05
    half = simulate(replace(SMALL, nonlinear=0.5), 1)
    assert 0.01 < rank_beyond(half.x1) < rank_beyond(curved.x1)
    np.testing.assert_allclose(curved.x1.std(0), plain.x1.std(0), rtol=1e-3)
    np.testing.assert_array_equal(plain.truth.v1, curved.truth.v1)


def test_perturbations_stretch_shared_latents_alike_in_both_modalities() -> None:
    drawn = simulate(replace(SMALL, heteroscedastic=1.0, penetrance=(1.0, 1e6)), 2)
    shared = drawn.truth.shared_dims
    one, two = (spreads(drawn, v) for v in (drawn.truth.v1, drawn.truth.v2))
    np.testing.assert_allclose(one[:, :shared], two[:, :shared], rtol=1e-3)
    factors = np.log(one[1:, :shared] / one[0, :shared])
    assert factors.std() > 0.5
    assert np.abs(np.log(one[1:, shared:] / two[1:, shared:])).max() > 0.5, "others have their own"
    flat = simulate(replace(SMALL, penetrance=(1.0, 1e6)), 2)
    still = spreads(flat, flat.truth.v1)
    assert np.abs(np.log(still[1:] / still[0])).max() < 0.3


def test_batches_shift_features_and_are_told_apart_by_nothing_else() -> None:
    drawn, plain = simulate(replace(SMALL, batch=0.5), 3), simulate(SMALL, 3)
    assert len(plain.batches) == 0
    second = drawn.batches == "batch-2"
    assert second.sum() == len(second) / 2
    by_condition = [second[drawn.labels == name].mean() for name in SMALL.groups]
    assert np.ptp(by_condition) < 0.2
    for x, y in ((plain.x1, drawn.x1), (plain.x2, drawn.x2)):
        np.testing.assert_array_equal(x[~second], y[~second])
        shift = (y[second] - x[second]) / x.std(0)
        np.testing.assert_allclose(shift, np.broadcast_to(shift[0], shift.shape), atol=1e-3)
        assert 0.3 < shift[0].std() < 0.7


@pytest.mark.parametrize("style", ["parquet", "h5mu"])
def test_unequal_modalities_lose_cells_of_their_own_and_keep_the_rest(
    tmp_path: Path, style: str
) -> None:
    if style == "h5mu":
        pytest.importorskip("mudata")
    drawn = simulate(replace(SMALL, unequal=0.8), 4)
    np.testing.assert_array_equal(drawn.x1, simulate(SMALL, 4).x1)
    counts = [
        [int(seen[drawn.labels == name].sum()) for name in SMALL.groups]
        for seen in (drawn.seen1, drawn.seen2)
    ]
    assert counts[0] != counts[1]
    assert min(map(min, counts)) >= 40
    assert all(np.ptp(count) > 10 for count in counts)
    chosen = {"name": "unequal", "simulation": {**asdict(SMALL), "unequal": 0.8}, "seed": 4}
    loaded = datasets.load(chosen)
    (path,) = write_replicates(replace(SMALL, unequal=0.8), 1, 4, tmp_path, style)
    read = datasets.load({"name": "unequal", "path": str(path)})
    for data in (loaded, read):
        assert list(data.counts().values()) == [*zip(*counts, strict=True)]
        assert len(data.pairs()[0]) == (drawn.seen1 & drawn.seen2).sum()
        np.testing.assert_array_equal(data.modality2.x, drawn.x2[drawn.seen2])
    truth = loaded.modality1.truth["oracle-latents"]
    np.testing.assert_allclose(truth, drawn.truth.v1[drawn.seen1], rtol=1e-6)
    assert {"seen1", "seen2"} <= set(summarise(drawn).effects.columns)
    one = simulate(replace(SMALL, unequal=1.0, cells_per_condition=1), 0)
    assert one.seen1.all(), "a condition keeps a cell"


@pytest.mark.parametrize("name", OURS)
def test_off_it_is_the_data_set_that_there_was(name: str) -> None:
    plain, off, on = (
        datasets.source_digest({"simulation": given})
        for given in ({}, {name: 0}, {name: 2 if name == "downstream" else 0.5})
    )
    assert plain == off != on


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("nonlinear", 1.5), ("heteroscedastic", -1.0), ("batch", float("nan")), ("unequal", 1.1)],
)
def test_what_makes_no_sense_is_one_line(name: str, wrong: float) -> None:
    with pytest.raises(ParameterError, match=f"{name}="):
        Parameters(**{name: wrong})  # type: ignore[arg-type]


def test_the_command_and_a_grid_draw_the_same(tmp_path: Path) -> None:
    options = ["--shared", "0.8", "--cells", "5", "--seed", "2", "--nonlinear", "0.5", "--batch"]
    options += ["0.5", "--heteroscedastic", "0.3", "--penetrance", "2", "5", "--out"]
    done = CliRunner().invoke(app, ["simulate", *options, str(tmp_path)])
    assert done.exit_code == 0, done.output
    given: dict[str, object] = {"shared": 0.8, "cells_per_condition": 5}
    given |= {"nonlinear": 0.5, "batch": 0.5, "heteroscedastic": 0.3, "penetrance": [2, 5]}
    known = {"simulation": given, "seed": 2, "batch": "batch"}
    drawn = datasets.load({"name": "drawn", **known})
    read = datasets.load(
        {"name": "read", "path": str(tmp_path / "shared0.8-seed2"), "batch": "batch"}
    )
    np.testing.assert_array_equal(drawn.modality1.x, read.modality1.x)
    np.testing.assert_array_equal(drawn.modality2.x, read.modality2.x)
