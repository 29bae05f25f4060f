"""Cells in memory: a run of hours holds none of the data that its grid was expanded with."""

from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from benchmark import datasets
from benchmark.cli.reading import first_lines
from benchmark.datasets import Dataset, load_as
from benchmark.datasets.spec import DatasetSpec
from benchmark.engine.progress import observer
from benchmark.grids.expand import expand_grid
from benchmark.grids.preview import Preview
from benchmark.grids.spec import validate_grid
from benchmark.runs.run import RunOptions, run_grid
from benchmark.store.store import Store

GRID: dict[str, Any] = {
    "name": "g",
    "datasets": [{"name": "digits", "subsample": 12}],
    "splits": [{"kind": "kfold", "folds": 3}, {"kind": "holdout"}],
    "aligners": ["label-uniform"],
    "tasks": ["matching"],
}


def test_an_expanded_grid_read_its_cells_once_and_holds_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[DatasetSpec] = []

    def counted(spec: DatasetSpec, digest: str) -> Dataset:
        read.append(spec)
        return load_as(spec, digest)

    monkeypatch.setattr(datasets, "load_as", counted)
    expansion = expand_grid(validate_grid(GRID), Store(tmp_path))
    assert [preview.read for preview in expansion.read] == [None]
    assert any("true pairs" in line for line in first_lines(expansion))
    assert len(read) == 1


def test_cells_that_were_read_before_the_run_are_let_go(tmp_path: Path) -> None:
    grid, store = validate_grid(GRID), tmp_path / "store"
    preview = Preview.of(datasets.resolve(grid.parts[0].datasets[0].data), Store(store), {})
    loaded = {preview.source.source: preview.dataset}
    options = RunOptions(out=tmp_path / "run", store=store, workers=0)
    run_grid(grid, options, observer(Console(stderr=True)), loaded=loaded)
    assert not loaded
