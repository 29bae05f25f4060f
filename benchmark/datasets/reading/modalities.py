"""Assembles what a loader found into two checked modalities, their names and pairing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from benchmark.datasets.base import Samples, Strings
from benchmark.datasets.lazy import Lazy
from benchmark.datasets.reading.build import NAMES, in_order, make_samples
from benchmark.datasets.reading.lending import lend_column, lend_labels
from benchmark.datasets.reading.pairing import Settled, pairing_notes, settle
from benchmark.datasets.reading.parts import Part, Read
from benchmark.datasets.reading.text import strings, text_table
from benchmark.datasets.spec import DatasetSpec

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = Lazy("pandas")


def assemble(
    first: Part, second: Part, spec: DatasetSpec, *, shared: bool = False, by_rows: bool = False
) -> Read:
    """Settle the pairing, let one modality lend labels to the other, check everything.

    Args:
        first: modality 1.
        second: modality 2.
        spec: the data set's spec.
        shared: one table names the cells of both.
        by_rows: the form says that row i of both is one cell.

    Raises:
        DataError: the first thing that is wrong, in one line.
    """
    parts = [replace(part, obs=text_table(part.obs, part.table)) for part in (first, second)]
    given = [_ids(part) for part in parts]
    sizes = (parts[0].cells, parts[1].cells)
    words = (_words(given[0]), _words(given[1]))
    how = settle(spec.name, sizes, words, spec.pairing, shared=shared, by_rows=by_rows)
    ids = _named(given, sizes, how)
    labels, notes = lend_labels(parts, ids, how)
    for column in filter(None, (spec.downstream, spec.batch)):
        notes += lend_column(parts, ids, how, column)
    if how == "ids" and spec.pairing != "ids":
        notes += pairing_notes(ids[0].tolist(), ids[1].tolist())
    one, two = (
        in_order(_samples(part, names, words))
        for part, names, words in zip(parts, ids, labels, strict=True)
    )
    tables = (first.table, second.table)
    return Read(one, two, modality_names(first, second, spec), how, tuple(notes), tables)


def modality_names(first: Part, second: Part, spec: DatasetSpec) -> tuple[str, str]:
    """Names of the modalities: the spec's word, else the file's, if they can be told apart.

    A name such as "modality1" says no more than the default.
    """
    found = []
    for m, (part, modality) in enumerate(((first, spec.modality1), (second, spec.modality2))):
        plain = part.name.casefold() in ("", f"modality{m + 1}", f"x{m + 1}")
        found.append(modality.name or (NAMES[m] if plain else part.name))
    return NAMES if found[0] == found[1] else (found[0], found[1])


def _ids(part: Part) -> Strings | None:
    if part.ids is None:
        return None
    return strings(part.ids, f"{part.where}: ids", "give every cell an id")


def _words(ids: Strings | None) -> list[str] | None:
    return None if ids is None else ids.tolist()


def _named(
    given: Sequence[Strings | None], sizes: tuple[int, int], how: Settled
) -> tuple[Strings, Strings]:
    """The ids of both modalities; equal ones for the cells of a row if rows are pairs."""
    if how == "rows":
        common = next((ids for ids in given if ids is not None), None)
        common = numbered("row", sizes[0]) if common is None else common
        return common, common
    first, second = (
        numbered(f"modality{m}", size) if ids is None else ids
        for m, (ids, size) in enumerate(zip(given, sizes, strict=True), 1)
    )
    return first, second


def numbered(stem: str, count: int) -> Strings:
    """Ids for cells that have none, in the order of their rows.

    >>> numbered("row", 2).tolist()
    ['row-0', 'row-1']
    """
    return np.array([f"{stem}-{i:0{len(str(count))}d}" for i in range(count)], dtype=str)


def _samples(part: Part, ids: Strings, labels: ArrayLike) -> Samples:
    return make_samples(
        part.x,
        labels,
        ids,
        part.features,
        part.obs,
        where=part.where,
        group=part.group,
        where_labels=part.table,
        own=True,
    )
