"""Images in grids: drawn by name of their model, frozen features, scores that need the truth."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmark.datasets import Pipeline, load
from benchmark.datasets.simulated import replicates
from simulate.balls import BallParameters, draw_balls
from tests.benchmark.written_grids import results_of
from weakpair.errors import ConfigError, ParameterError

BALLS = {"model": "balls", "size": 16, "n": 60}


def test_images_are_drawn_as_the_simulator_draws_them() -> None:
    found = load({"name": "balls", "simulation": BALLS, "seed": 5})
    drawn = draw_balls(BallParameters(size=16, n=60), 5)
    for samples, view in ((found.modality1, drawn.view1), (found.modality2, drawn.view2)):
        np.testing.assert_allclose(samples.x * 255, view.reshape(60, -1), atol=1e-4)
        np.testing.assert_array_equal(samples.truth["oracle-shared"], drawn.latents.astype("f4"))
        assert samples.labels.tolist() == drawn.labels.tolist()
    assert found.pairing == "simulated"


def test_variants_name_what_was_given_of_the_images() -> None:
    entries = replicates({"simulation": {**BALLS, "n": [40, 60]}, "name": "balls"})
    assert [entry["variant"] for entry in entries] == ["size=16,n=40", "size=16,n=60"]


def test_an_unknown_model_or_constant_is_one_line() -> None:
    with pytest.raises(ConfigError, match=r"'bals'.*balls"):
        load({"name": "x", "simulation": {"model": "bals"}})
    with pytest.raises(ConfigError, match=r"'sise'.*size"):
        load({"name": "x", "simulation": {"model": "balls", "sise": 3}})


def features(n: int, seed: int = 0) -> NDArray[np.float32]:
    drawn = draw_balls(BallParameters(size=16, n=n), seed)
    return np.asarray(drawn.view2.reshape(n, -1) / np.float32(255))


def test_frozen_features_are_the_same_for_a_row_alone_and_among_others() -> None:
    fitted = Pipeline.spelt("conv-random(n=6, filters=8, grid=4)").fit(features(40), ["p"] * 768)
    new = features(7, seed=1)
    np.testing.assert_allclose(fitted.apply(new[2:3]), fitted.apply(new)[2:3], atol=1e-5)
    assert fitted.features == tuple(f"conv-pc{j}" for j in range(1, 7))


def test_frozen_features_see_a_small_thing_of_a_rare_colour() -> None:
    rng = np.random.default_rng(0)
    images = np.zeros((200, 16, 16, 3), np.float32)
    images[..., 1] = rng.uniform(0.4, 0.6, images.shape[:3])
    row = rng.integers(16, size=200)
    images[np.arange(200), row, 8] = (1, 0, 0)
    z = Pipeline.spelt("conv-random(n=20, filters=16, grid=4)").fit(
        images.reshape(200, -1), ["p"] * 768
    )
    known = np.c_[z.apply(images.reshape(200, -1)), np.ones(200)]
    fit = np.linalg.lstsq(known[:100], row[:100], rcond=None)[0]
    error = np.square(known[100:] @ fit - row[100:]).mean()
    assert error < 0.3 * row.var()


def test_what_is_no_image_has_no_frozen_features() -> None:
    with pytest.raises(ConfigError, match="allow n ≤ 40"):
        Pipeline.spelt("conv-random(n=41)").fit(features(40), ["p"] * 768)
    with pytest.raises(ParameterError, match="square images"):
        Pipeline.spelt("conv-random(n=2)").fit(np.ones((5, 100), np.float32), ["p"] * 100)


def test_a_grid_asks_for_the_error_of_true_latents(tmp_path: Path) -> None:
    results = results_of(
        tmp_path,
        "datasets: [{name: balls, simulation: {model: balls, size: 16, n: 240}}]\n"
        "splits: [holdout]\nlearners: [oracle-shared]\n"
        "aligners: [labeled-eot, label-uniform, oracle]\n"
        "tasks: [matching]\nmetrics: [latent-mse, trace]\n",
    )
    values = results[results["metric"] == "latent-mse"].set_index("aligner")["value"]
    assert values["oracle"] < 1e-12 < values["labeled-eot"] < values["label-uniform"]
    assert set(results["metric"]) == {"latent-mse", "trace"}
