"""What reports and figures read of the folders of runs beside their results."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def gaps(runs: list[Path]) -> "pd.DataFrame | None":
    """Cells of the runs that have no scores."""
    import pandas as pd

    from benchmark.results import GAPS

    frames = [pd.read_parquet(run / GAPS) for run in runs if (run / GAPS).exists()]
    return pd.concat(frames, ignore_index=True) if frames else None


def test_to_train(runs: list[Path]) -> dict[str, float]:
    """Kind of split → test / training rows of its folds, as the grids of the runs have it.

    Where they differ, the largest: tests then claim less. Leave-one-perturbation-out is not in
    it, since its folds are as many as there are perturbations.
    """
    from benchmark.grid import read_grid
    from benchmark.results import GRID
    from benchmark.specs import parse
    from benchmark.splits import SplitSpec

    found: dict[str, float] = {}
    for path in (run / GRID for run in runs if (run / GRID).exists()):
        for content in read_grid(str(path)).get("splits", [{}]):
            split = parse(SplitSpec, content, str(path))
            share = {"kfold": 1 / split.folds, "holdout": split.test_size}.get(split.kind)
            if share is not None:
                ratio = round(share / (1 - share), 12)
                found[split.kind] = max(ratio, found.get(split.kind, 0.0))
    return found
