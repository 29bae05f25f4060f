"""Canaries in every split, with all training cells, for every task: what cheats scores chance.

Cells lie in the file in the order of their labels, and modality 2 is a rotation of modality 1, of a
cloud that looks alike from all sides: whoever is told the order of rows knows labels, tasks and
partners, and whoever is not can know nothing.
"""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
import pytest
from numpy.typing import ArrayLike

import benchmark.stages.split as stage
import learners
from benchmark import datasets
from benchmark.datasets.splits import SplitSpec
from benchmark.datasets.splitter import make_split
from benchmark.engine.progress import Lines
from benchmark.grids.spec import validate_grid
from benchmark.runs.run import RunOptions, run_grid
from learners.base import Latent, Learner, Modality
from tests.benchmark import toys
from weakpair.registry import Entry

GROUPS, CELLS, WIDTH = 3, 40, 12
KINDS: dict[str, dict[str, Any]] = {
    "kfold": {"kind": "kfold", "folds": 2},
    "holdout": {"kind": "holdout", "test_size": 0.5},
    "lopo": {"kind": "lopo"},
}
TRAINING = ("same", "disjoint", "overlap=0.5")
EVERY = [(kind, cells) for kind in KINDS for cells in TRAINING]
CHEATS = ("spy", "trusting")


class Trusting(Learner):
    """Takes the cells of a label that come in the same place for one cell, and learns from that.

    Its latents are modality 2 as it is, and modality 1 through the linear map between the two.
    """

    def __init__(self) -> None:
        pass

    def fit(
        self,
        x1: ArrayLike,
        t1: ArrayLike,
        x2: ArrayLike,
        t2: ArrayLike,
        *,
        seed: int = 0,
        device: str = "cpu",
    ) -> Self:
        first, second = np.asarray(x1), np.asarray(x2)
        rows1, rows2 = [], []
        for label in np.unique(np.asarray(t1)):
            one, two = (np.flatnonzero(np.asarray(t) == label) for t in (t1, t2))
            rows1 += one[: len(two)].tolist()
            rows2 += two[: len(one)].tolist()
        self.map = np.linalg.lstsq(first[rows1], second[rows2], rcond=None)[0]
        return self

    def transform(self, x: ArrayLike, modality: Modality = 1) -> Latent:
        z = np.asarray(x) @ self.map if modality == 1 else np.asarray(x)
        return np.ascontiguousarray(z, dtype=np.float32)


TRUSTING = Entry[Learner]("trusting", f"{__name__}:Trusting", "takes rows in one place for a cell")


def write(folder: Path) -> dict[str, Any]:
    """The data set, sorted by its labels."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    x = rng.normal(size=(GROUPS * CELLS, WIDTH)).astype(np.float32)
    rotation = np.linalg.qr(rng.normal(size=(WIDTH, WIDTH)))[0]
    np.save(folder / "modality1.npy", x)
    np.save(folder / "modality2.npy", (x @ rotation).astype(np.float32))
    group = np.repeat([f"g{i}" for i in range(GROUPS)], CELLS)
    task = np.tile(np.repeat(["first", "second"], CELLS // 2), GROUPS)
    pd.DataFrame({"group": group, "task": task}).to_csv(folder / "obs.csv", index=False)
    told = {"kind": "embeddings", "group": "group", "downstream": "task"}
    return {"name": "canary", "path": str(folder), **told}


Found = dict[tuple[str, str, str], dict[str, float]]


def scores(where: Path, splits: Sequence[tuple[str, str]]) -> Found:
    """Means over folds of all scores by split, training cells and learner, and then by metric."""
    content = {
        "name": "canary",
        "datasets": [write(where / "data")],
        "splits": [{**KINDS[kind], "training_cells": cells} for kind, cells in splits],
        "learners": list(CHEATS),
        "aligners": ["exact-ot"],
        "tasks": ["matching", "imputation", "probe"],
        "imputer": {"kind": "ridge"},
    }
    options = RunOptions(out=where / "run", store=where / "store", isolate="never")
    cheats = {toys.SPY.name: toys.SPY, TRUSTING.name: TRUSTING}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learners.REGISTRY, "_entries", {**learners.REGISTRY._entries, **cheats})
        summary = run_grid(validate_grid(content), options, Lines(io.StringIO()))
    assert summary.exit_code == 0, [o for o in summary.outcomes.values() if o.error]
    found = pd.read_parquet(options.out / "results.parquet")
    means: Found = {}
    place = ["split", "training_cells", "learner", "metric"]
    for (*where_it_is, metric), values in found.groupby(place)["value"]:
        kind, cells, learner = map(str, where_it_is)
        means.setdefault((kind, cells, learner), {})[str(metric)] = float(values.mean())
    return means


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    yield scores(tmp_path_factory.mktemp("honest"), EVERY)
    toys.Spy.seen.clear()


def sizes(kind: str) -> tuple[int, int, int]:
    """Test cells of a label and of a fold, and the folds."""
    half = CELLS // 2
    return {
        "kfold": (half, GROUPS * half, 2),
        "holdout": (half, GROUPS * half, 1),
        "lopo": (CELLS, CELLS, GROUPS),
    }[kind]


@pytest.mark.parametrize("learner", CHEATS)
@pytest.mark.parametrize(("kind", "cells"), EVERY)
def test_the_order_of_rows_matches_nothing(
    honest: Found, kind: str, cells: str, learner: str
) -> None:
    """A plan that knows nothing finds one partner per label: four standard errors of that.

    Maps from few wrong pairs agree with the right one by 1 / WIDTH, give or take; of which FOSCTTM
    sees √WIDTH times .28, the slope of a normal law at its median times √½: three of these.
    """
    found = honest[kind, cells, learner]
    inside, of_fold, folds = sizes(kind)
    error = (folds * of_fold / inside) ** 0.5 / (folds * of_fold)
    assert found["trace"] == pytest.approx(1 / inside, abs=4 * error)
    assert found["foscttm"] == pytest.approx(0.5, abs=3 * 0.28 / (folds * WIDTH) ** 0.5)


@pytest.mark.parametrize("learner", CHEATS)
@pytest.mark.parametrize(("kind", "cells"), EVERY)
def test_the_order_of_rows_imputes_nothing(
    honest: Found, kind: str, cells: str, learner: str
) -> None:
    found = honest[kind, cells, learner]
    _, of_fold, folds = sizes(kind)
    assert found["cos-sim"] == pytest.approx(0, abs=4 / (folds * of_fold) ** 0.5)
    assert found["mse"] > 0.9


@pytest.mark.parametrize("learner", CHEATS)
@pytest.mark.parametrize(("kind", "cells"), EVERY)
def test_the_order_of_rows_tells_no_label(
    honest: Found, kind: str, cells: str, learner: str
) -> None:
    found = honest[kind, cells, learner]
    _, of_fold, folds = sizes(kind)
    error = 0.5 / (folds * of_fold) ** 0.5
    assert found["task-accuracy"] == pytest.approx(1 / 2, abs=4 * error)
    if kind != "lopo":
        accuracy = found["treatment-accuracy"]
        assert accuracy == pytest.approx(1 / GROUPS, abs=4 * error)


def test_the_canaries_would_notice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the permutation of rows they know partners, features and labels."""

    def leaky(dataset: datasets.Dataset, spec: SplitSpec, seed: int) -> object:
        split = make_split(dataset, spec, seed)
        for fold in split.folds:
            for rows in (fold.train1, fold.train2, fold.test1, fold.test2):
                rows.sort()
        return split

    monkeypatch.setattr(stage, "make_split", leaky)
    splits = [("kfold", "same"), ("holdout", "disjoint"), ("lopo", "overlap=0.5")]
    found = scores(tmp_path, splits)
    for kind, cells in splits:
        assert found[kind, cells, "spy"]["trace"] > 0.9
    for learner in CHEATS:
        assert found["kfold", "same", learner]["cos-sim"] > 0.9
    assert found["kfold", "same", "trusting"]["trace"] > 0.9
    assert found["kfold", "same", "spy"]["treatment-accuracy"] > 0.9
