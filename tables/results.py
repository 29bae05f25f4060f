"""Tidy results of runs: read, merged, checked."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from weakpair.errors import DataError

CELL = (
    "dataset",
    "variant",
    "split",
    "training_cells",
    "replicate",
    "fold",
    "learner",
    "aligner",
)
"""The columns that name a cell of the grid."""

REQUIRED = (*CELL, "role", "task", "metric", "value", "higher_is_better", "converged", "score_key")
ROLES = ("method", "baseline", "control", "oracle")
FILE = "results.parquet"


def load_results(paths: Iterable[Path]) -> pd.DataFrame:
    """Read and merge the results of several runs; a later run wins on a cell both have.

    Args:
        paths: run folders (with a results.parquet) or Parquet files, oldest first.

    Returns:
        One row per cell, task and metric.

    Raises:
        DataError: a file that is missing, is not Parquet, or lacks a column.
    """
    frames = [_read(Path(path)) for path in paths]
    if not frames:
        raise DataError("no run was named: give at least one run folder")
    return _later_wins(frames)


def checked(results: pd.DataFrame, where: str = "results") -> pd.DataFrame:
    """Return the results with plain types: text names, integer replicates, float values.

    Raises:
        DataError: a column is missing or holds something else, a role nobody knows, a metric
            with two directions, a score that stands twice.
    """
    _need_columns(results, REQUIRED, where)
    tidy = _plain_types(results, where)
    _check_roles(tidy, where)
    _check_consistent(tidy, ["task", "metric"], "higher_is_better", where)
    _check_consistent(tidy, ["learner", "aligner"], "role", where)
    return tidy


def checked_gaps(gaps: pd.DataFrame | None, where: str = "failures") -> pd.DataFrame:
    """Cells without a result, with the same types; none is an empty frame.

    A column `task` or `role` may be absent: such a gap counts for every task, as a method.
    """
    if gaps is None:
        return pd.DataFrame(columns=[*CELL, "role"])
    _need_columns(gaps, CELL, where)
    tidy = _plain_names(gaps, where)
    if "role" not in tidy:
        tidy["role"] = "method"
    _check_roles(tidy, where)
    return tidy


def _read(path: Path) -> pd.DataFrame:
    file = path / FILE if path.is_dir() else path
    if not file.exists():
        raise DataError(f"{file} does not exist; name a run folder that holds {FILE}")
    try:
        frame = pd.read_parquet(file)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{file} is not a readable Parquet file: {reason}") from error
    return checked(frame, str(file))


def _later_wins(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Keep each cell's rows from the last frame that has the cell."""
    numbered = pd.concat(
        [frame.assign(_run=number) for number, frame in enumerate(frames)], ignore_index=True
    )
    last = numbered.groupby([*CELL, "task"])["_run"].transform("max")
    kept = numbered[numbered["_run"] == last]
    return checked(kept.drop(columns="_run").reset_index(drop=True), "the merged runs")


def _need_columns(frame: pd.DataFrame, names: Sequence[str], where: str) -> None:
    absent = [name for name in names if name not in frame.columns]
    if absent:
        raise DataError(f"{where} has no column {absent[0]!r}; columns needed: {', '.join(names)}")


def _plain_names(frame: pd.DataFrame, where: str) -> pd.DataFrame:
    tidy = frame.copy()
    tidy["variant"] = tidy["variant"].fillna("")
    for name in CELL:
        if tidy[name].isna().any():
            raise DataError(f"{where}: column {name!r} has empty entries")
    tidy["replicate"] = _numbers(tidy, "replicate", where).astype("int64")
    for name in set(CELL) - {"replicate"}:
        tidy[name] = tidy[name].astype(str)
    return tidy


def _plain_types(frame: pd.DataFrame, where: str) -> pd.DataFrame:
    tidy = _plain_names(frame, where)
    value = _numbers(tidy, "value", where).astype(float)
    tidy["value"] = value.where(value.abs() != float("inf"))
    tidy["converged"] = [bool(flag) or pd.isna(flag) for flag in tidy["converged"]]
    tidy["higher_is_better"] = tidy["higher_is_better"].astype(bool)
    tidy["score_key"] = tidy["score_key"].fillna("").astype(str)
    _check_once(tidy, where)
    return tidy


def _numbers(frame: pd.DataFrame, name: str, where: str) -> pd.Series:
    try:
        return pd.to_numeric(frame[name])
    except (TypeError, ValueError) as error:
        raise DataError(f"{where}: column {name!r} must hold numbers: {error}") from error


def _check_once(frame: pd.DataFrame, where: str) -> None:
    twice = frame[frame.duplicated([*CELL, "task", "metric"])]
    if not twice.empty:
        row = twice.iloc[0]
        cell = ", ".join(f"{name}={row[name]}" for name in (*CELL, "task", "metric"))
        raise DataError(f"{where}: a score stands twice ({cell}); one per cell and metric is right")


def _check_roles(frame: pd.DataFrame, where: str) -> None:
    odd = sorted(set(frame["role"].astype(str)) - set(ROLES))
    if odd:
        raise DataError(f"{where}: column 'role' holds {odd[0]!r}; known: {', '.join(ROLES)}")


def _check_consistent(frame: pd.DataFrame, keys: list[str], column: str, where: str) -> None:
    """Every group of `keys` must agree on `column`: a name has one meaning in a table."""
    several = frame.groupby(keys)[column].nunique()
    for name in several.index[several > 1]:
        raise DataError(f"{where}: {' + '.join(map(str, name))} has two values of {column!r}")
