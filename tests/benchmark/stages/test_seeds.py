"""Seeds come from what was measured, not from the file that holds it."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmark.datasets import source_digest
from benchmark.engine.progress import Lines
from benchmark.grids.expand import expand_grid
from benchmark.grids.spec import validate_grid
from benchmark.runs.run import RunOptions, run_grid
from benchmark.store.store import Store
from tests.benchmark.datasets.toys import tables, write_folder

GROUPS = {"ctrl": 12, "drug": 12}
# Those that the fits of this simulation have had from the start.
SEEDS = {838223501, 2106456319}


def forms(folder: Path) -> dict[str, str]:
    """One screen in several forms; paths by the name of the form."""
    one, two, obs = tables(GROUPS)
    two = two.astype(np.float32)
    shuffled = np.random.default_rng(5).permutation(len(one))
    written: dict[str, str] = {}
    for name in ("parquet", "recoded", "shuffled", "renamed"):
        rows = shuffled if name == "shuffled" else np.arange(len(one))
        place = folder / name
        place.mkdir(parents=True)
        for table, stem in ((one, "modality1"), (two, "modality2"), (obs, "obs")):
            chosen = table.iloc[rows]
            if name == "renamed" and stem != "obs":
                chosen = chosen.add_prefix("feature ")
            chosen.to_parquet(
                place / f"{stem}.parquet", compression="gzip" if name == "recoded" else "snappy"
            )
        written[name] = str(place)
    place = folder / "csv"
    place.mkdir()
    for table, stem in ((one, "modality1"), (two, "modality2"), (obs, "obs")):
        table.to_csv(place / f"{stem}.csv")
    archive = folder / "screen.npz"
    labels = obs["group"].to_numpy(str)
    ids = one.index.to_numpy(str)
    np.savez(archive, t1=labels, t2=labels, x1=one.to_numpy(), x2=two.to_numpy(), ids=ids)
    return {**written, "csv": str(place), "npz": str(archive)}


def content(path: str) -> dict[str, Any]:
    return {
        "name": "g",
        "datasets": [{"name": "screen", "path": path}],
        "splits": ["kfold:2"],
        "learners": ["pca", {"name": "ps", "params": {"epochs": 1, "hidden": 4}}],
        "aligners": ["labeled-eot"],
        "imputer": {"epochs": 1},
    }


def scores(path: str, where: Path) -> pd.DataFrame:
    options = RunOptions(out=where / "run", store=where / "store")
    assert run_grid(validate_grid(content(path)), options, Lines(io.StringIO())).exit_code == 0
    found = pd.read_parquet(where / "run" / "results.parquet")
    return found[["fold", "learner", "aligner", "task", "metric", "value"]]


def test_the_same_cells_have_the_same_scores_in_every_form(tmp_path: Path) -> None:
    written = forms(tmp_path / "data")
    expected = scores(written.pop("parquet"), tmp_path / "expected")
    for form, path in written.items():
        found = scores(path, tmp_path / form)
        pd.testing.assert_frame_equal(found, expected, check_exact=True, obj=form)


def test_other_values_or_labels_are_another_draw(tmp_path: Path) -> None:
    written = forms(tmp_path / "data")
    table = pd.read_parquet(Path(written["recoded"]) / "modality2.parquet")
    table["p"] = table["p"] + 1
    table.to_parquet(Path(written["recoded"]) / "modality2.parquet")
    origins = set()
    for path in (written["parquet"], written["recoded"]):
        made = expand_grid(validate_grid(content(path)), Store(tmp_path / "store"))
        origins.add(made.points[0].about.data)
    assert len(origins) == 2


@pytest.mark.parametrize(
    ("spec", "digest"),
    [
        ({"simulation": {}}, "68a38a84faea5857"),
        ({"simulation": {"shared": 0.5}, "seed": 3}, "7a5948b5fadeeaaa"),
        ({"simulation": {"downstream": 3}, "downstream": "downstream"}, "01bb8fdebe3cf4ec"),
    ],
)
def test_simulations_keep_their_seeds(spec: dict[str, Any], digest: str) -> None:
    """Published tables of simulations come out again only with the seeds that they had."""
    assert source_digest(spec).startswith(digest)


def test_a_simulation_keeps_the_seeds_of_its_fits(tmp_path: Path) -> None:
    small = {"cells_per_condition": 10, "features1": 8, "features2": 6}
    entry = {"simulation": {"shared": 0.8, **small}, "seed": 1}
    grid = {**content(""), "datasets": [entry], "splits": ["kfold:2"], "learners": ["pca"]}
    made = expand_grid(validate_grid(grid), Store(tmp_path / "store"))
    seeds = {stage.seed for stage in made.graph.nodes.values() if stage.kind == "fit"}
    assert {cell.about.pairing for cell in made.points} == {"simulated"}
    assert seeds == SEEDS


def twins(path: str, *splits: str) -> dict[str, Any]:
    """A grid of one learner under two names, so that its stages have keys of their own."""
    return {
        **content(path),
        "datasets": [{"name": "screen", "path": path, "downstream": "batch"}],
        "splits": list(splits),
        "learners": ["none", "raw"],
        "aligners": ["labeled-egwot"],
        "tasks": ["matching", "imputation", "probe"],
        "imputer": {"epochs": 2, "direction": "both"},
    }


def test_what_scores_learners_draws_the_same_for_all_of_them(tmp_path: Path) -> None:
    """Learners with the same latents have the same scores to the bit, so that tests are paired."""
    write_folder(tmp_path / "data", GROUPS)
    grid = validate_grid(twins(str(tmp_path / "data"), "kfold:2"))
    options = RunOptions(out=tmp_path / "run", store=tmp_path / "store")
    assert run_grid(grid, options, Lines(io.StringIO())).exit_code == 0
    found = pd.read_parquet(options.out / "results.parquet")
    place = ["fold", "task", "target", "metric", "view"]
    place = [column for column in place if column in found]
    one, two = (found[found["learner"] == n].set_index(place)["value"] for n in ("none", "raw"))
    assert set(found["task"]) == {"matching", "imputation", "probe"}
    pd.testing.assert_series_equal(one, two, check_exact=True)


def test_what_scores_learners_draws_anew_in_every_fold_task_and_direction(tmp_path: Path) -> None:
    write_folder(tmp_path / "data", GROUPS)
    grid = validate_grid(twins(str(tmp_path / "data"), "kfold:2", "holdout"))
    made = expand_grid(grid, Store(tmp_path / "store"))
    seeds: dict[str, list[int]] = {"impute": [], "probe": [], "fit": []}
    for stage in made.graph.nodes.values():
        if stage.kind in seeds:
            seeds[stage.kind].append(stage.seed)
    folds, names, directions = 3, 2, 2
    assert len(seeds["fit"]) == len(set(seeds["fit"])) == folds * names
    assert len(seeds["impute"]) == folds * names * directions
    assert len(seeds["probe"]) == folds * names
    drawn = set(seeds["impute"]) | set(seeds["probe"])
    assert len(drawn) == folds * (directions + 1)
