"""Noise of the features: off by default, of a stream of its own, of the size that is asked for."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from typer.testing import CliRunner

from benchmark import datasets
from benchmark.cli.app import app
from simulate import Parameters, simulate
from weakpair.errors import ParameterError

SMALL = Parameters(shared=0.8, cells_per_condition=40, features1=60, features2=30)
NOISY = replace(SMALL, feature_noise=0.5)


def beyond_the_latents(x: NDArray[np.float32]) -> float:
    """Largest singular value of the centred features behind those of ten latents, by the first."""
    wide = x.astype(np.float64)
    values = np.linalg.svd(wide - wide.mean(0), compute_uv=False)
    return float(values[10] / values[0])


@pytest.mark.parametrize("name", ["x1", "x2"])
def test_features_have_rank_ten_without_it_and_not_with_it(name: str) -> None:
    assert beyond_the_latents(getattr(simulate(SMALL, 3), name)) < 1e-5
    assert beyond_the_latents(getattr(simulate(NOISY, 3), name)) > 1e-2


def test_it_is_a_share_of_each_features_own_deviation_and_adds_to_the_same_draw() -> None:
    clean, noisy = simulate(SMALL, 4), simulate(NOISY, 4)
    for x, y in ((clean.x1, noisy.x1), (clean.x2, noisy.x2)):
        unit = (y.astype(np.float64) - x) / (0.5 * x.std(0, dtype=np.float64))
        assert stats.kstest(unit.ravel(), stats.norm.cdf).pvalue > 1e-3
        assert np.abs(np.corrcoef(unit.T) - np.eye(x.shape[1])).max() < 0.3
    np.testing.assert_array_equal(clean.truth.v1, noisy.truth.v1)
    np.testing.assert_array_equal(clean.truth.noise2, noisy.truth.noise2)


def test_modalities_and_seeds_have_noise_of_their_own_and_a_seed_repeats_it() -> None:
    alike = replace(NOISY, features2=60)
    one, again, other = simulate(alike, 4), simulate(alike, 4), simulate(alike, 5)
    clean = simulate(replace(SMALL, features2=60), 4)
    first, second = ((y - x) / x.std(0) for x, y in ((clean.x1, one.x1), (clean.x2, one.x2)))
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.05
    np.testing.assert_array_equal(one.x1, again.x1)
    assert not np.allclose(one.x1, other.x1)


@pytest.mark.parametrize("wrong", [-0.1, float("nan"), float("inf"), True, "much"])
def test_what_makes_no_sense_is_one_line(wrong: object) -> None:
    with pytest.raises(ParameterError, match="feature_noise="):
        Parameters(feature_noise=wrong)  # type: ignore[arg-type]


def test_none_is_the_data_set_that_there_was_before_and_some_is_another() -> None:
    """So that published seeds, folds and fits of simulations stay what they are."""
    digests = [
        datasets.source_digest({"simulation": given})
        for given in ({}, {"feature_noise": 0}, {"feature_noise": 0.3}, {"feature_noise": 0.5})
    ]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


def test_the_command_and_a_grid_draw_the_same(tmp_path: Path) -> None:
    options = ["--shared", "0.8", "--cells", "5", "--feature-noise", "0.5", "--seed", "2", "--out"]
    done = CliRunner().invoke(app, ["simulate", *options, str(tmp_path)])
    assert done.exit_code == 0, done.output
    given = {"shared": 0.8, "cells_per_condition": 5, "feature_noise": 0.5}
    drawn = datasets.load({"name": "drawn", "simulation": given, "seed": 2})
    read = datasets.load({"name": "read", "path": str(tmp_path / "shared0.8-seed2")})
    np.testing.assert_array_equal(drawn.modality1.x, read.modality1.x)
    np.testing.assert_array_equal(drawn.modality2.x, read.modality2.x)
