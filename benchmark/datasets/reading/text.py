"""Values as text: labels, ids and metadata are text, whatever a file holds them as."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchmark.datasets.base import Strings
from benchmark.datasets.lazy import Lazy
from weakpair.errors import DataError

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = Lazy("pandas")


def strings(
    values: ArrayLike, what: str, remedy: str, ids: Strings | None = None
) -> NDArray[np.str_]:
    """Values as text, shape (n,); `as_text` says how.

    Raises:
        DataError: a value is missing or empty; `what` and `remedy` go into the line.
    """
    text = as_text(values, what)
    missing = np.flatnonzero([value is None or value == "" for value in text])
    if missing.size:
        row = int(missing[0])
        at = f"row {row + 1}" if ids is None else f"id {str(ids[row])!r}"
        raise DataError(f"{what}: {missing.size} missing, first at {at}; {remedy}")
    return np.array(text.tolist(), dtype=str)


def as_text(values: ArrayLike, what: str) -> NDArray[np.object_]:
    """Each value as text, None where it is missing, shape (n,).

    Text stays as it is, blanks and leading zeros too. Everything else reads as Python prints it: a
    whole number as "1", a fraction as "1.0" or "0.1", a truth value as "True"; bytes are UTF-8.

    Raises:
        DataError: lists, tables or other values that have no such form.
    """
    mask = np.ma.getmaskarray(values).ravel() if isinstance(values, np.ma.MaskedArray) else None
    if isinstance(values, (pd.Series, pd.Index, pd.Categorical)):
        series = pd.Series(values).reset_index(drop=True)
    else:
        series = pd.Series(np.asarray(values).ravel())
    missing = series.isna().to_numpy(dtype=bool)
    if mask is not None:
        missing = missing | mask
    text = _printed(series, what)
    text[missing] = None
    return text


def text_table(table: pd.DataFrame, where: str) -> pd.DataFrame:
    """A table whose columns are text, None where a value is missing; rows are numbered anew.

    A column that has no such form (lists, say) is left out.
    """
    columns = {}
    for name in table.columns:
        try:
            columns[str(name)] = as_text(table[name], f"{where}: column {str(name)!r}")
        except DataError:
            continue
    return pd.DataFrame(columns, index=range(len(table)), dtype=object)


def _printed(series: pd.Series[Any], what: str) -> NDArray[np.object_]:
    if isinstance(series.dtype, pd.CategoricalDtype):
        # The categories' own type counts: with missing values whole numbers would turn fractions.
        names = _printed(pd.Series(series.cat.categories), what)
        printed = np.empty(len(series), dtype=object)
        known = series.cat.codes.to_numpy() >= 0
        printed[known] = names[series.cat.codes.to_numpy()[known]]
        return printed
    if series.dtype != object:
        return series.astype(str).to_numpy(dtype=object, copy=True)
    return np.array([_word(value, what) for value in series] or [], dtype=object)


def _word(value: Any, what: str) -> str:
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError as error:
            raise DataError(f"{what}: {value!r} is not UTF-8; write it as text") from error
    if isinstance(value, (list, tuple, dict, set, np.ndarray)):
        raise DataError(f"{what}: holds a {type(value).__name__} ({value!r:.40}); write text")
    return str(value)
