"""Grids as a person writes them, run in this process."""

import io
from pathlib import Path

import pandas as pd

from benchmark.engine.progress import Lines
from benchmark.grids.reading.files import read_grid
from benchmark.grids.spec import validate_grid
from benchmark.runs.run import RunOptions, run_grid


def results_of(folder: Path, text: str, name: str = "run") -> pd.DataFrame:
    """Results of a grid's text; runs of other names in the same folder share its store."""
    file, out = folder / f"{name}.yaml", folder / name
    file.write_text(text, encoding="utf-8")
    options = RunOptions(store=folder / "store", out=out, device="cpu", workers=0)
    run_grid(validate_grid(read_grid(str(file))), options, Lines(io.StringIO()))
    return pd.read_parquet(out / "results.parquet")
