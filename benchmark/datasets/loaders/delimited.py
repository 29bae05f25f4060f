"""Tables of text: commas, semicolons or tabs, as pandas, R and spreadsheets write them."""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from benchmark.datasets.lazy import Lazy

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = Lazy("pandas")


DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
ENCODING = "utf-8-sig"  # spreadsheets put a mark before the first name


def read_delimited(path: Path, *, text: bool, ids: bool = True) -> pd.DataFrame:
    """A table of text with a header.

    The delimiter is the one of comma, semicolon and tab that cuts header and first row alike. A
    header that is one name short, as R writes it, has no name for the ids.

    Args:
        path: a file, gzipped if its name ends so.
        text: everything is text, and only an empty field is missing; otherwise numbers are numbers.
        ids: the first column holds ids, which are always text, and becomes the index.

    Raises:
        ValueError: no such delimiter, several, or a name that stands twice.
        OSError, EOFError: the file cannot be read.
    """
    delimiter, names = _header(path, ids=ids)
    _once(names)
    table = pd.read_csv(
        path,
        sep=delimiter,
        header=None,
        skiprows=1,
        skip_blank_lines=True,
        names=range(len(names)),
        index_col=False,
        dtype=str if text else None,
        keep_default_na=not text,
        na_values=[""] if text else None,
        # An id such as NA is an id.
        converters={0: str} if ids and not text else None,
        low_memory=False,
        float_precision="round_trip",
        encoding=ENCODING,
        compression="gzip" if _zipped(path) else None,
    )
    table.columns = pd.Index(names)
    return table.set_index(names[0]) if ids else table


def _header(path: Path, *, ids: bool) -> tuple[str, list[str]]:
    """The delimiter and a name for every column."""
    with _opened(path) as file:
        lines = list(_first_lines(file))
    if not lines:
        raise ValueError("it is empty")
    cut = {d: list(csv.reader(lines, delimiter=d)) for d in DELIMITERS}
    found = {d: head for d, (head, *rows) in cut.items() if _even(head, rows, 0)}
    if not found and ids:
        found = {d: ["", *head] for d, (head, *rows) in cut.items() if _even(head, rows, 1)}
    if len(found) > 1:
        words = " and ".join(DELIMITERS[delimiter] for delimiter in found)
        raise ValueError(f"{words} both cut its header and its first row; write it with commas")
    if not found:
        return _uneven({d: head for d, (head, *_) in cut.items()}, ids=ids)
    return next(iter(found.items()))


def _even(head: list[str], rows: list[list[str]], longer: int) -> bool:
    return (
        len(head) > 1 - longer
        and all(len(row) == len(head) + longer and len(row) > 1 for row in rows)
        and (bool(rows) or not longer)
    )


def _uneven(heads: dict[str, list[str]], *, ids: bool) -> tuple[str, list[str]]:
    """A table that no delimiter cuts evenly: that of most names, or a single column."""
    best = max(heads, key=lambda delimiter: len(heads[delimiter]))
    if len(heads[best]) == 1 and ids and re.search(r"[\s|]", heads[best][0].strip()):
        raise ValueError("its header has neither comma nor semicolon nor tab")
    return best, heads[best]


def _once(names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"column {name!r} stands {names.count(name)} times in its header")


def _first_lines(file: TextIO) -> Iterator[str]:
    """The header and the first row, without what a spreadsheet leaves blank."""
    return islice((line for line in file if line.strip()), 2)


def _zipped(path: Path) -> bool:
    return path.suffix.casefold() == ".gz"


def _opened(path: Path) -> TextIO:
    if _zipped(path):
        return gzip.open(path, "rt", encoding=ENCODING, newline="")
    return path.open(encoding=ENCODING, newline="")
