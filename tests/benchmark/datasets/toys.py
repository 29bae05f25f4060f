"""Small data sets for tests."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from benchmark.datasets import Dataset, make_dataset, make_samples


def tables(
    groups: Mapping[str, int], seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Two feature tables and metadata of paired cells, ids as index."""
    rng = np.random.default_rng(seed)
    labels = [label for label, size in groups.items() for _ in range(size)]
    ids = pd.Index([f"cell{i:03d}" for i in range(len(labels))], name="cell")
    first = pd.DataFrame(rng.normal(size=(len(ids), 3)), ids, ["a", "b", "c"], np.float32)
    second = pd.DataFrame(rng.poisson(3.0, (len(ids), 2)), ids, ["p", "q"], np.int64)
    obs = pd.DataFrame({"group": labels, "batch": np.arange(len(ids)) % 2}, ids)
    return first, second, obs


def toy(
    groups: Mapping[str, int],
    *,
    paired: bool = True,
    alone: tuple[int, int] = (0, 0),
    seed: int = 0,
) -> Dataset:
    """A data set; modality 2 stands in another row order, and the last cells are dropped.

    `alone`: how many cells are taken from modality 2, and from modality 1, so that their partners
    stand alone.
    """
    first, second, obs = tables(groups, seed)
    order = np.random.default_rng(seed + 1).permutation(len(second))
    rows1 = np.arange(len(first))[alone[1] :]
    rows2 = order[order < len(second) - alone[0]]
    one, two = (
        make_samples(
            table.iloc[rows],
            obs["group"].iloc[rows],
            table.index[rows],
            [str(name) for name in table.columns],
            where="toy",
        )
        for table, rows in ((first, rows1), (second, rows2))
    )
    return make_dataset("toy", one, two, pairing="ids" if paired else "none")


def write_folder(
    folder: Path, groups: Mapping[str, int], suffix: str = ".parquet"
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Write a folder of tables and return what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    made = tables(groups)
    for name, table in zip(("modality1", "modality2", "obs"), made, strict=True):
        write(table, folder / f"{name}{suffix}")
    return made


def write(table: pd.DataFrame, path: Path) -> None:
    """Write one table in the form that the suffix says."""
    if path.suffix == ".parquet":
        table.to_parquet(path)
    else:
        table.to_csv(path)
