"""Writes a prepared screen as a folder that the loaders read."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from benchmark.datasets.public.screens.screen import Assay, Screen
from weakpair.errors import DataError
from weakpair.files.parquet import write_parquet
from weakpair.files.whole import write_whole


def write_screen(out: Path, screen: Screen) -> None:
    """Write modality1, modality2 and obs, all columns of obs as text; otherwise as `write_tables`.

    Raises:
        DataError: the folder cannot be written.
    """
    write_tables(out, replace(screen, obs=screen.obs.astype(str)))


def write_tables(out: Path, screen: Screen) -> None:
    """Write modality1, modality2 and obs as Parquet; no file is ever half written.

    Args:
        out: the data set's folder; made if need be.
        screen: the cells to write.

    Raises:
        DataError: the folder cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, assay in (("modality1", screen.first), ("modality2", screen.second)):
            _write(_frame(assay, screen.obs.index), out / f"{name}.parquet")
        _write(screen.obs, out / "obs.parquet")
    except OSError as error:
        raise DataError(f"{out}: cannot be written ({error.strerror or error})") from error


def _frame(assay: Assay, cells: pd.Index) -> pd.DataFrame:
    return pd.DataFrame(
        assay.dense(), index=cells, columns=assay.features.astype(object), copy=False
    )


def _write(frame: pd.DataFrame, path: Path) -> None:
    with write_whole(path) as temporary:
        write_parquet(frame, temporary)
