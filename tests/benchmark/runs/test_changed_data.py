"""Data that are replaced while a run goes on poison nothing: what is read is what the keys say."""

from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

from benchmark import datasets
from benchmark.datasets import load, load_as, source_digest
from benchmark.engine.progress import Lines
from benchmark.grids.spec import GridSpec, validate_grid
from benchmark.runs.run import RunOptions, RunSummary, run_grid
from tests.benchmark.cli.test_cli import screen
from weakpair.errors import DataError


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return screen(tmp_path / "screen")


def change(data: Path) -> None:
    frame = pd.read_parquet(data / "modality1.parquet")
    (frame * 2).to_parquet(data / "modality1.parquet")


def grid(data: Path) -> GridSpec:
    return validate_grid(
        {
            "name": "g",
            "datasets": [{"name": "screen", "path": str(data), "group": "perturbation"}],
            "learners": ["pca"],
            "aligners": ["labeled-eot"],
            "tasks": ["matching"],
            "splits": "holdout",
        }
    )


def run(
    data: Path, options: RunOptions, meanwhile: Callable[[Path], None] = lambda data: None
) -> tuple[RunSummary, bytes]:
    """Run the grid; something happens to the data after it was expanded."""
    summary = run_grid(
        grid(data), options, Lines(StringIO()), announce=lambda made: meanwhile(data)
    )
    return summary, (options.out / "results.parquet").read_bytes()


def test_data_replaced_after_the_digest_are_a_gap_and_no_artefact(
    data: Path, tmp_path: Path, options: RunOptions
) -> None:
    first = (data / "modality1.parquet").read_bytes()
    summary, _ = run(data, options, change)
    assert (summary.finished, summary.exit_code) == (0, 2)
    gaps = pd.read_parquet(options.out / "gaps.parquet")
    assert gaps["error"].str.contains("screen: changed after the run had begun").all()
    for content in (None, first):  # the changed data, then those from before
        if content:
            (data / "modality1.parquet").write_bytes(content)
        fresh = replace(options, out=tmp_path / "fresh", store=tmp_path / "other", replace=True)
        assert run(data, options)[1] == run(data, fresh)[1]


def test_data_replaced_before_they_are_looked_at_are_a_problem(
    data: Path, options: RunOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seeds and folds follow from what is read: they must not be those of other data."""

    def late(spec: datasets.DatasetSpec, digest: str) -> datasets.Dataset:
        change(data)
        return load_as(spec, digest)

    monkeypatch.setattr(datasets, "load_as", late)
    with pytest.raises(DataError, match="changed after the run had begun"):
        run(data, options)


def test_a_digest_that_fits_is_no_obstacle(data: Path) -> None:
    spec = {"path": str(data), "group": "perturbation"}
    assert load_as(spec, source_digest(spec)).digest == load(spec).digest
