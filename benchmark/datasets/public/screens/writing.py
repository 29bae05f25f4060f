"""Writes a prepared screen as a folder that the loaders read."""

from pathlib import Path

import pandas as pd

from benchmark.datasets.public.screens.screen import Assay, Screen
from weakpair.errors import DataError
from weakpair.parquet import write_parquet


def write_screen(out: Path, screen: Screen) -> None:
    """Write modality1, modality2 and obs as Parquet.

    Every file is written beside its place and then moved there: none is ever half written.

    Args:
        out: the data set's folder; made if need be.
        screen: the cells to write.

    Raises:
        DataError: the folder cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, assay in (("modality1", screen.first), ("modality2", screen.second)):
            _replace(out / f"{name}.parquet", _frame(assay, screen.obs.index))
        _replace(out / "obs.parquet", screen.obs.astype(str))
    except OSError as error:
        raise DataError(f"{out}: cannot be written ({error.strerror or error})") from error


def _frame(assay: Assay, cells: pd.Index) -> pd.DataFrame:
    return pd.DataFrame(
        assay.dense(), index=cells, columns=assay.features.astype(object), copy=False
    )


def _replace(path: Path, frame: pd.DataFrame) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    write_parquet(frame, temporary)
    temporary.replace(path)
