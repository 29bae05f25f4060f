"""Images of balls: their positions follow the paper, both views show them, a seed repeats them."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmark import datasets
from simulate.balls import BallParameters, draw_balls, write_balls
from simulate.balls.latents import Floats, Ints, draw_latents, second_view
from tests.benchmark.cli.test_cli import bench
from weakpair.errors import ParameterError

P = BallParameters()


def positions(n: int = 40_000, **changes: object) -> tuple[Floats, Ints]:
    given = BallParameters(n=n, **changes)  # type: ignore[arg-type]
    return draw_latents(given, np.random.default_rng(0))


def test_interventions_set_their_coordinate_and_no_other() -> None:
    z, kinds = positions()
    assert set(np.unique(kinds)) == set(range(12))
    for kind, name in enumerate(P.classes):
        coordinate, value = divmod(kind, 3)
        rows = z[kinds == kind]
        assert (rows[:, coordinate] == P.values[value]).all(), name
        free = np.delete(rows, coordinate, axis=1)
        assert (free.std(axis=0) > 0.1).all(), name


def test_ball_two_lies_where_ball_one_sends_it() -> None:
    for mechanism in ("nonlinear", "linear"):
        z, kinds = positions(mechanism=mechanism)
        natural = z[kinds < 6]  # interventions on ball 1 leave ball 2 as it was drawn
        total = (
            natural[:, :2].sum(1)
            if mechanism == "linear"
            else (1.25 * np.square(natural[:, :2]).sum(1))
        )
        far = total >= 1
        assert (natural[far, 2] <= 0.5).all()
        assert (natural[far, 3] >= 0.5).all()
        assert (natural[~far, 2] >= 0.5).all()
        assert 0.2 < far.mean() < 0.8


def test_random_partners_of_a_class_are_as_far_as_the_paper_says() -> None:
    """Latent MSE .0708 in Table 1 of Xi et al. (2024)."""
    z, kinds = positions()
    rng = np.random.default_rng(1)
    errors = []
    for kind in range(12):
        rows = z[kinds == kind]
        errors.append(np.square(rows - rng.permutation(rows)).mean())
    assert np.mean(errors) == pytest.approx(0.0708, abs=0.002)


def test_views_show_both_objects_at_their_places() -> None:
    drawn = draw_balls(BallParameters(size=128, n=40, discs=0), seed=3)
    for view, places in (
        (drawn.view1, drawn.latents),
        (drawn.view2, second_view(P, drawn.latents)),
    ):
        ground = np.bincount(view[0].reshape(-1, 3) @ np.array([1, 256, 65536])).argmax()
        for image, place in zip(view, places, strict=True):
            codes = image.astype(int) @ np.array([1, 256, 65536])
            rows, columns = np.nonzero(codes != ground)
            shown = np.column_stack([columns, rows]) / 128 + 1 / 256
            for ball in (place[:2], place[2:]):
                assert np.abs(shown - ball).max(axis=1).min() < 0.01
            apart = np.minimum(*(np.abs(shown - b).max(axis=1) for b in (place[:2], place[2:])))
            assert apart.max() <= 0.021


def test_backgrounds_differ_and_tell_nothing_of_each_other() -> None:
    drawn = draw_balls(BallParameters(n=60), seed=1)
    one, two = (view.reshape(60, -1).astype(float) for view in (drawn.view1, drawn.view2))
    assert (one.std(axis=0) > 1).mean() > 0.5, "not one background for all"
    spread = [np.corrcoef(side)[np.triu_indices(60, 1)] for side in (one, two)]
    assert abs(np.corrcoef(*spread)[0, 1]) < 0.15


def test_a_seed_repeats_itself_and_another_is_another() -> None:
    one, again, other = (draw_balls(BallParameters(n=20), seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.view1, again.view1)
    np.testing.assert_array_equal(one.view2, again.view2)
    assert (one.labels == again.labels).all()
    assert not np.array_equal(one.view1, other.view1)
    few = draw_balls(BallParameters(n=20, discs=0), seed=1)
    np.testing.assert_array_equal(few.latents, one.latents)


def test_a_folder_holds_pixels_labels_positions_and_a_sheet(tmp_path: Path) -> None:
    drawn = draw_balls(BallParameters(size=16, n=12), seed=4)
    out = write_balls(drawn, tmp_path / "balls")
    pixels = pd.read_parquet(out / "modality2.parquet")
    assert pixels.dtypes.eq("uint8").all()
    shape = tuple(json.loads((out / "balls.json").read_text())["shape"])
    np.testing.assert_array_equal(pixels.to_numpy().reshape(12, *shape), drawn.view2)
    assert pd.read_parquet(out / "obs.parquet")["group"].tolist() == drawn.labels.tolist()
    np.testing.assert_array_equal(pd.read_parquet(out / "truth.parquet"), drawn.latents)
    assert (out / "sheet.png").stat().st_size > 500
    with pytest.raises(ParameterError, match="exists already"):
        write_balls(drawn, out)


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"size": 4}, "size=4"),
        ({"n": 0}, "n=0"),
        ({"mechanism": "bent"}, "mechanism='bent'"),
        ({"ball_radius": 2.0}, "ball_radius=2.0"),
        ({"low": 0.9, "high": 0.1}, "low=0.9"),
        ({"values": ()}, "values="),
    ],
)
def test_what_makes_no_sense_is_one_line(wrong: dict[str, object], name: str) -> None:
    with pytest.raises(ParameterError, match=name):
        BallParameters(**wrong)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="seed=-1"):
        draw_balls(seed=-1)


def test_the_command_writes_a_screen_that_a_run_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    drawn = ["simulate", "balls", "--n", "150", "--size", "16", "--seed", "3", "--out", "balls"]
    assert "12 interventions" in bench(*drawn)
    found = datasets.load({"path": "balls"})
    known = draw_balls(BallParameters(size=16, n=150), seed=3)
    order = np.argsort(known.ids)
    np.testing.assert_array_equal(found.modality1.x, known.view1.reshape(150, -1)[order])
    assert len(found.labels) == 12
    assert len(found.pairs()[0]) == 150
    assert "exists already" in bench(*drawn, code=2)
    assert "use nonlinear or linear" in bench(*drawn[:-1], "x", "--mechanism", "bent", code=2)
    assert "Share of latent dimensions" in bench("simulate", "--help")
