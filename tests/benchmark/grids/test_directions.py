"""Imputation in both directions stands in one grid, each direction with its own scores."""

import io
from pathlib import Path
from typing import Any

import pandas as pd

from benchmark.engine.progress import Lines
from benchmark.grids.spec import validate_grid
from benchmark.runs.run import RunOptions, run_grid
from tests.benchmark.datasets.toys import write_folder


def results(where: Path, direction: str) -> pd.DataFrame:
    write_folder(where / "screen", {"ctrl": 8, "drug": 8})
    content: dict[str, Any] = {
        "name": "g",
        "datasets": [{"name": "screen", "path": str(where / "screen")}],
        "splits": ["holdout"],
        "learners": ["pca"],
        "aligners": ["eot"],
        "imputer": {"epochs": 1, "direction": direction},
    }
    options = RunOptions(out=where / f"run-{direction}", store=where / "store")
    assert run_grid(validate_grid(content), options, Lines(io.StringIO())).exit_code == 0
    return pd.read_parquet(options.out / "results.parquet")


def test_both_directions_are_those_of_each(tmp_path: Path) -> None:
    both = results(tmp_path, "both").set_index(["task", "target", "metric"])["value"]
    for direction, target in (("2to1", 1), ("1to2", 2)):
        one = results(tmp_path, direction).set_index(["task", "target", "metric"])["value"]
        pd.testing.assert_series_equal(both.loc[one.index], one)
        assert set(one.loc["imputation"].index.get_level_values("target")) == {target}
    imputed = both.loc["imputation"]
    assert imputed.loc[1, "mse"] != imputed.loc[2, "mse"]
    assert set(both.loc["matching"].index.get_level_values("target")) == {0}
