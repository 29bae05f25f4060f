"""The weak-pairing contract: no method sees the pairing, test rows or test labels."""

import io

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from benchmark import datasets
from benchmark.datasets.splits import SplitSpec
from benchmark.datasets.splitter import make_split
from benchmark.engine.progress import Lines
from benchmark.grids.spec import GridSpec, validate_grid
from benchmark.runs.run import RunOptions, run_grid
from tests.benchmark import toys

pytestmark = pytest.mark.usefixtures("registered")
FOLDS = 4


def grid(**changes: object) -> GridSpec:
    content = {
        "name": "canary",
        "datasets": [{"name": "digits", "subsample": 40}],
        "splits": [{"kind": "kfold", "folds": FOLDS}],
        "learners": ["spy"],
        "aligners": ["by-order", "uniform", "oracle"],
        "tasks": ["matching"],
    }
    return validate_grid({**content, **changes})


def results(spec: GridSpec, options: RunOptions) -> pd.DataFrame:
    summary = run_grid(spec, options, Lines(io.StringIO()))
    assert summary.exit_code == 0, [o for o in summary.outcomes.values() if o.error]
    return pd.read_parquet(options.out / "results.parquet")


def trace(frame: pd.DataFrame, aligner: str) -> float:
    chosen = frame[(frame["aligner"] == aligner) & (frame["metric"] == "trace")]
    return float(chosen["value"].mean())


def test_a_plan_by_row_order_scores_chance(options: RunOptions) -> None:
    frame = results(grid(), options)
    cells = 400 / FOLDS
    # Inside a label ten cells test: by chance one in ten partners is right, ± 3 SE of 400 draws.
    assert trace(frame, "by-order") == pytest.approx(0.1, abs=0.045)
    assert trace(frame, "uniform") == pytest.approx(1 / cells)
    assert trace(frame, "oracle") == pytest.approx(1)


def test_the_canary_would_notice_a_leak(
    options: RunOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the permutation the same plan finds every partner."""
    import benchmark.stages.split as stage

    def leaky(dataset: datasets.Dataset, spec: SplitSpec, seed: int) -> object:
        split = make_split(dataset, spec, seed)
        for fold in split.folds:
            fold.test1.sort()
            fold.test2.sort()
        return split

    monkeypatch.setattr(stage, "make_split", leaky)
    assert trace(results(grid(), options), "by-order") == pytest.approx(1)


def test_learners_see_training_rows_only_and_each_once(options: RunOptions) -> None:
    results(grid(), options)
    data = datasets.load({"name": "digits", "subsample": 40})
    assert len(toys.Spy.seen) == FOLDS
    for seen in toys.Spy.seen:
        assert seen["x1"].shape == (300, 76)
        assert seen["x2"].shape == (300, 240)
        assert set(seen) == {"x1", "t1", "x2", "t2", "seed"}
    for name, samples in (("x1", data.modality1), ("x2", data.modality2)):
        seen_rows = np.concatenate([seen[name] for seen in toys.Spy.seen])
        np.testing.assert_array_equal(_sorted(seen_rows), _sorted(np.tile(samples.x, (3, 1))))


def _sorted(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows in lexicographic order, so that two multisets of rows can be compared."""
    return rows[np.lexsort(rows.T)]


def test_lopo_hides_the_held_out_label(options: RunOptions) -> None:
    results(grid(splits=[{"kind": "lopo"}]), options)
    assert len(toys.Spy.seen) == 10
    for seen in toys.Spy.seen:
        assert len(set(seen["t1"])) == len(set(seen["t2"])) == 9


def test_disjoint_training_cells_share_no_cell(options: RunOptions) -> None:
    """The oracle of the training cells has nothing to say there, so its imputation is left out."""
    spec = grid(
        splits=[{"kind": "kfold", "folds": FOLDS, "training_cells": "disjoint"}],
        tasks=["matching", "imputation"],
        aligners=["uniform", "oracle"],
        imputer={"kind": "mean"},
    )
    frame = results(spec, options)
    assert set(frame[frame["task"] == "imputation"]["aligner"]) == {"uniform"}
    assert trace(frame, "oracle") == pytest.approx(1)
