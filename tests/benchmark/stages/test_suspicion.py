"""A fit that is not to be trusted is marked from its artefact to the table."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import ArrayLike

from benchmark.engine.progress import Lines
from benchmark.grids.spec import validate_grid
from benchmark.runs.run import RunOptions, run_grid
from learners.base import FitReport, Latent, Learner, Modality
from tests.benchmark.datasets.toys import write_folder


class Rising(Learner):
    """A learner whose loss rises, or whose latents are one point."""

    def __init__(self, what: str = "loss") -> None:
        self.what = what

    def fit(self, x1: Any, t1: Any, x2: Any, t2: Any, *, seed: int = 0, device: str = "cpu") -> Any:
        curve = (1.0, 50.0) if self.what == "loss" else (1.0, 0.5)
        self.report_ = FitReport({"loss": curve})
        return self

    def transform(self, x: ArrayLike, modality: Modality = 1) -> Latent:
        values = np.asarray(x, np.float32)[:, :2]
        return np.zeros_like(values) if self.what == "latents" else values


@pytest.mark.parametrize(
    ("what", "reason"),
    [("loss", "loss ended above its start"), ("latents", "latents have collapsed"), ("none", "")],
)
def test_the_reason_stands_in_the_results_and_the_mark_in_the_table(
    tmp_path: Path, what: str, reason: str
) -> None:
    import tables

    write_folder(tmp_path / "screen", {"ctrl": 8, "drug": 8})
    rising = {"name": "tests.benchmark.stages.test_suspicion:Rising", "label": "rising"}
    content = {
        "name": "g",
        "datasets": [{"name": "screen", "path": str(tmp_path / "screen")}],
        "splits": ["holdout"],
        "learners": ["pca", {**rising, "params": {"what": what}}],
        "aligners": ["labeled-eot"],
        "tasks": ["matching"],
    }
    options = RunOptions(out=tmp_path / "run", store=tmp_path / "store", isolate="never")
    assert run_grid(validate_grid(content), options, Lines(io.StringIO())).exit_code == 0
    results = pd.read_parquet(tmp_path / "run" / "results.parquet")
    found = results.groupby("learner")["suspect"].unique().map(list).to_dict()
    assert found == {"pca": [""], "rising": [reason]}
    (table,) = tables.build(tables.load_results([tmp_path / "run"]), "matching")
    shown = tables.render([table], "markdown")
    assert ("‡" in shown) == bool(reason)
    assert reason in shown
