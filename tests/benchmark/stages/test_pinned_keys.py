"""Keys and results that no change of the code's layout may move.

A store outlives the code that filled it. Whoever changes one of these keys throws away what users
have computed, and has to raise the version of the stage or method whose results change instead.
"""

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

from benchmark.engine.progress import Lines
from benchmark.grids.expand import expand_grid
from benchmark.grids.reading.files import read_grid
from benchmark.grids.spec import validate_grid
from benchmark.runs.run import RunOptions, run_grid
from benchmark.stages.graph.node import Node
from benchmark.store.store import Store

PINNED = json.loads(Path(__file__).with_name("pinned.json").read_text(encoding="utf-8"))
# Learners with searched settings are given theirs, for searches may be repeated.
SEARCHED = {"standardise": False, "steps": 40, "lr": 0.001}
GRID = {
    "name": "pinned",
    "datasets": [
        {"simulation": {"shared": [1.0, 0.5], "cells_per_condition": 20}, "seed": 7},
        {"simulation": {"feature_noise": [0.5], "cells_per_condition": 20}, "seed": 7},
    ],
    "splits": ["holdout", "kfold:2/disjoint"],
    "learners": [
        "pca",
        "em-cca",
        {"name": "groove-cosine", "params": {"beta": 1.0, **SEARCHED}},
        {"name": "ps", "params": SEARCHED},
        "xdc",
    ],
    "aligners": ["eot", "labeled-egwot", {"name": "labeled-coot", "params": {"epsilon": 0.01}}],
    "imputer": {"direction": "both"},
    "tasks": ["matching", "imputation", "probe"],
}
PER_KIND = 4


def pinned_keys(folder: Path) -> dict[str, str]:
    """A few keys of every kind of stage but those of scores, by what the stage computes."""
    graph = expand_grid(validate_grid(GRID), Store(folder / "store")).graph
    found: dict[str, str] = {}
    for kind in ("data", "split", "prepare", "fit", "align", "impute"):
        stages = sorted((told(s), key) for key, s in graph.nodes.items() if s.kind == kind)
        spread = range(0, len(stages), max(1, len(stages) // PER_KIND))
        found |= {f"{kind} {stages[i][0]} {i}": stages[i][1] for i in spread}
    return found


def told(stage: Node) -> str:
    """Its telling parameters."""
    names = ("fold", "learner", "aligner", "part")
    return " ".join(str(stage.params[name]) for name in names if name in stage.params)


def smoke_results(options: RunOptions) -> Iterator[tuple[str, float]]:
    """Scores of the grid smoke, by place in the grid and metric."""
    run_grid(validate_grid(read_grid("smoke")), options, Lines(StringIO()))
    results = pd.read_parquet(options.out / "results.parquet")
    place = results[["learner", "aligner", "fold", "task", "metric"]].agg(" ".join, axis=1)
    yield from zip(place, results["value"], strict=True)


def test_keys_of_a_store_that_others_filled_are_the_same(tmp_path: Path) -> None:
    """Fits, plans and imputations of several learners, aligners and data sets are found again."""
    assert pinned_keys(tmp_path) == PINNED["keys"]


def test_the_smoke_grid_has_the_same_results(options: RunOptions) -> None:
    """To rounding: processors differ in the last digits."""
    found = dict(smoke_results(options))
    assert found.keys() == PINNED["smoke"].keys()
    for where, value in PINNED["smoke"].items():
        assert found[where] == pytest.approx(value, rel=1e-4, abs=1e-6, nan_ok=True), where
