"""Every row of results says how far its fold overlaps, as its split was drawn."""

from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import tables
from benchmark.grids.spec import validate_grid
from benchmark.runs.run import RunOptions
from benchmark.stages.split import ratios
from benchmark.store.store import Store
from tests.benchmark.stages.test_probe import SIMULATION, results
from weakpair.errors import ConfigError

SPLITS: list[dict[str, Any]] = [
    {"kind": "holdout", "test_size": 0.3, "repeats": 2},
    {"kind": "holdout", "test_size": 0.3, "repeats": 2, "training_cells": "disjoint"},
    {"kind": "kfold", "folds": 2, "repeats": 2},
    {"kind": "kfold", "folds": 2, "repeats": 2, "training_cells": "overlap=0.5"},
    {"kind": "lopo"},
]


def run(options: RunOptions) -> pd.DataFrame:
    grid = {
        "name": "overlap",
        "datasets": [SIMULATION],
        "splits": SPLITS,
        "learners": ["none"],
        "tasks": ["probe"],
    }
    return results(validate_grid(grid), options)


@pytest.fixture(scope="module")
def frame(tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, RunOptions]:
    folder = tmp_path_factory.mktemp("overlap")
    options = RunOptions(out=folder / "run", store=folder / "store", isolate="never")
    return run(options), options


def test_results_have_the_ratio_of_rows(frame: tuple[pd.DataFrame, RunOptions]) -> None:
    found = frame[0].groupby(["split", "training_cells"])["test_to_train"].mean().to_dict()
    # Three labels of 60 pairs. Of 30 training cells of one, 15 are shared and 8 of the rest kept.
    assert found == pytest.approx(
        {
            ("holdout", "same"): 54 / 126,
            ("holdout", "disjoint"): 54 / 63,
            ("kfold", "same"): 1,
            ("kfold", "overlap=0.5"): 30 / 23,
            ("lopo", "same"): 1 / 2,
        },
    )


def test_a_run_from_the_store_says_the_same(frame: tuple[pd.DataFrame, RunOptions]) -> None:
    first, options = frame
    pd.testing.assert_frame_equal(run(options), first)


def test_the_table_of_a_repeated_split_takes_the_rows_and_no_grid(
    frame: tuple[pd.DataFrame, RunOptions],
) -> None:
    rows = frame[0].query("split == 'kfold' and training_cells == 'same'")
    others = rows.assign(learner="other", value=rows["value"] + 0.1, score_key="x")
    (table,) = tables.build(pd.concat([rows, others]), "probe", ties={})
    assert "test/train 1)" in table.caption


def test_the_stored_split_counts_as_the_drawn_one(frame: tuple[pd.DataFrame, RunOptions]) -> None:
    store = Store(frame[1].store)
    keys = [key for key in store if store.recipe(key)["kind"] == "split"]
    assert len(keys) == len(SPLITS)
    drawn = frame[0].groupby(["split", "training_cells", "fold"])["test_to_train"].first()
    for key in keys:
        spec = store.recipe(key)["params"]["split"]
        table, folds = store.read(key).table, store.facts(key)["folds"]
        expected = drawn[spec["kind"], spec["training_cells"]].to_dict()
        for columns in (table, pa.concat_tables([table.slice(0, 99), table.slice(99)])):
            assert ratios(columns, folds) == expected


def test_two_sizes_of_a_holdout_under_one_name_are_still_refused(options: RunOptions) -> None:
    parts = [
        {
            "name": name,
            "datasets": [SIMULATION],
            "splits": [{"kind": "holdout", "test_size": size}],
            "learners": ["none"],
            "tasks": ["probe"],
        }
        for name, size in (("a", 0.2), ("b", 0.3))
    ]
    with pytest.raises(ConfigError, match="two included grids have different settings"):
        results(validate_grid({"name": "both", "include": parts}), options)
