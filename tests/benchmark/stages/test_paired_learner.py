"""A learner that needs the pairing is handed the true pairs, and is an oracle for it."""

import io
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

import learners
from benchmark import datasets
from benchmark.engine.progress import Lines
from benchmark.grids.spec import validate_grid
from benchmark.runs.run import RunOptions, run_grid
from learners.base import Latent, Learner, Modality
from weakpair.registry import Entry

pytestmark = pytest.mark.usefixtures("registered")


class Told(Learner):
    """Remembers rows and pairs; its latents are the features' first column."""

    seen: ClassVar[list[dict[str, Any]]] = []

    def __init__(self) -> None:
        pass

    def fit(self, x1: Any, t1: Any, x2: Any, t2: Any, **given: Any) -> "Told":
        Told.seen.append({"x1": x1, "x2": x2, **given})
        return self

    def transform(self, x: Any, modality: Modality = 1) -> Latent:
        return np.ascontiguousarray(np.asarray(x, dtype=np.float32)[:, :1])


TOLD = Entry[Learner]("told", f"{__name__}:Told", "is told", needs_pairing=True)


DIGITS = {"name": "digits", "subsample": 40}
SIMULATED = {
    "simulation": {"n_conditions": 4, "cells_per_condition": 100, "features1": 60, "features2": 40},
    "seed": 3,
}


def results(
    entries: list[Any], options: RunOptions, data: dict[str, Any], **changes: Any
) -> pd.DataFrame:
    content = {
        "name": "told",
        "datasets": [data],
        "splits": [{"kind": "kfold", "folds": 2}],
        "learners": entries,
        "aligners": ["labeled-eot"],
        "tasks": ["matching"],
        **changes,
    }
    summary = run_grid(validate_grid(content), options, Lines(io.StringIO()))
    assert summary.exit_code == 0, [o for o in summary.outcomes.values() if o.error]
    return pd.read_parquet(options.out / "results.parquet")


def test_it_is_given_the_true_pairs_of_the_training_rows(
    options: RunOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Told, "seen", [])
    learners.REGISTRY.add(TOLD)
    frame = results(["told"], options, DIGITS)
    assert set(frame["role"]) == {"oracle"}
    data = datasets.load(DIGITS)
    partner = dict(zip(map(bytes, data.modality1.x), map(bytes, _in_order_of(data)), strict=True))
    assert len(Told.seen) == 2
    for seen in Told.seen:
        one, two = seen["pairs"]
        assert len(one) == len(seen["x1"])
        assert not np.array_equal(one, two)
        for i, j in zip(one, two, strict=True):
            assert partner[bytes(seen["x1"][i])] == bytes(seen["x2"][j])


@pytest.mark.parametrize("cells", ["disjoint", "overlap=0.5"])
def test_where_training_cells_are_not_paired_it_is_given_all_pairs_outside_the_test_set(
    options: RunOptions, monkeypatch: pytest.MonkeyPatch, cells: str
) -> None:
    monkeypatch.setattr(Told, "seen", [])
    learners.REGISTRY.add(TOLD)
    kfold = {"kind": "kfold", "folds": 2}
    splits = [kfold, {**kfold, "training_cells": cells}]
    frame = results(["told", "pca"], options, DIGITS, splits=splits)
    assert set(frame.loc[frame["learner"] == "told", "training_cells"]) == {"same", cells}
    assert len(Told.seen) == 2, "the same fit serves both"
    told = frame[frame["learner"] == "told"].set_index(["training_cells", "fold", "metric"])
    same, other = told["value"]["same"], told["value"][cells]
    pd.testing.assert_series_equal(same, other)


def test_with_disjoint_training_cells_it_imputes_nothing(options: RunOptions) -> None:
    learners.REGISTRY.add(TOLD)
    splits = [{"kind": "kfold", "folds": 2, "training_cells": "disjoint"}]
    tasks = ["matching", "imputation"]
    frame = results(["told", "pca"], options, DIGITS, splits=splits, tasks=tasks)
    assert set(frame.loc[frame["learner"] == "told", "task"]) == {"matching"}
    assert set(frame.loc[frame["learner"] == "pca", "task"]) == {"matching", "imputation"}


def _in_order_of(data: datasets.Dataset) -> NDArray[np.float32]:
    """Modality 2's features in the order of modality 1's ids."""
    place = {name: row for row, name in enumerate(data.modality2.ids)}
    rows = [place[name] for name in data.modality1.ids]
    return np.asarray(data.modality2.x[rows], dtype=np.float32)


def test_infonce_on_true_pairs_is_marked_and_beats_random_ones(options: RunOptions) -> None:
    params = {"epochs": 20, "batch_size": 50, "dim": 32}
    names = ["infonce-paired", "infonce-unpaired"]
    frame = results([{"name": name, "params": params} for name in names], options, SIMULATED)
    roles = frame.set_index("learner")["role"].to_dict()
    assert roles == {"infonce-paired": "oracle", "infonce-unpaired": "method"}
    trace = frame[frame["metric"] == "trace"].groupby("learner")["value"].mean()
    assert trace["infonce-paired"] > 1.3 * trace["infonce-unpaired"]
