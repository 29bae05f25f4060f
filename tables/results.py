"""Checks of tidy results: their columns, types and names."""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from weakpair.errors import DataError
from weakpair.registry import ROLES
from weakpair.vocabulary.columns import CELL, KEY, ONE_MEANING, OPTIONAL, REQUIRED


def checked(results: pd.DataFrame, where: str = "results") -> pd.DataFrame:
    """Return the results with plain types: text names, integer replicates, float values.

    Raises:
        DataError: a column is missing or holds something else, a role nobody knows, a metric
            with two directions, a score that stands twice, two data sets or settings of one name.
    """
    _need_columns(results, REQUIRED, where)
    tidy = _plain_types(results, where)
    _check_roles(tidy, where)
    _check_consistent(tidy, ["task", "metric"], "higher_is_better", where)
    _check_consistent(tidy, ["learner", "aligner"], "role", where)
    for column, names in ONE_MEANING.items():
        clash = next(clashes(tidy, column), None)
        if clash is not None:
            place = ", ".join(f"{name}={clash[name]}" for name in names if clash[name] != "")
            raise DataError(f"{where}: two kinds of {column!r} under one name ({place})")
    return tidy


def clashes(results: pd.DataFrame, column: str) -> Iterator[pd.Series]:
    """Rows whose name stands for another data set, protocol or setting in an earlier row.

    Args:
        results: checked results, or such with a further column.
        column: one of `ONE_MEANING`; rows that do not know it clash with none.
    """
    names = list(ONE_MEANING[column])
    known = results[results[column] != ""].drop_duplicates([*names, column])
    for _, row in known[known.duplicated(names)].iterrows():
        yield row


def checked_gaps(gaps: pd.DataFrame | None, where: str = "failures") -> pd.DataFrame:
    """Cells without a result, with the same types; none is an empty frame.

    A column `task` or `role` may be absent: such a gap counts for every task, as a method.
    """
    if gaps is None:
        return pd.DataFrame(columns=[*CELL, "role", "target"])
    _need_columns(gaps, CELL, where)
    tidy = _plain_names(gaps, where)
    if "role" not in tidy:
        tidy["role"] = "method"
    _fill(tidy, "target", OPTIONAL["target"], where)
    _check_roles(tidy, where)
    return tidy


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
    for name, default in OPTIONAL.items():
        _fill(tidy, name, default, where)
    _check_once(tidy, where)
    return tidy


def _fill(frame: pd.DataFrame, name: str, default: Any, where: str) -> None:
    """Put the default where a column, or an entry of it, is not there."""
    if name not in frame:
        frame[name] = default
        return
    frame[name] = frame[name].fillna(default)
    if isinstance(default, str):
        frame[name] = frame[name].astype(str)
    else:
        frame[name] = _numbers(frame, name, where).astype(type(default))


def _numbers(frame: pd.DataFrame, name: str, where: str) -> pd.Series:
    try:
        return pd.to_numeric(frame[name])
    except (TypeError, ValueError) as error:
        raise DataError(f"{where}: column {name!r} must hold numbers: {error}") from error


def _check_once(frame: pd.DataFrame, where: str) -> None:
    twice = frame[frame.duplicated([*KEY, "metric"])]
    if not twice.empty:
        row = twice.iloc[0]
        cell = ", ".join(f"{name}={row[name]}" for name in (*KEY, "metric"))
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
