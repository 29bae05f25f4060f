"""Pairing: how it is known which cells of two modalities are one cell."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from weakpair.errors import DataError

Pairing = Literal["auto", "ids", "rows", "none"]
Settled = Literal["ids", "rows", "none"]
_TO_SAY = "say --paired rows|ids|none (in a grid: pairing: rows|ids|none)"
_NUMBER = re.compile(r"[-_.]\d+$")
Change = tuple[str, Callable[[str], str]]


def settle(
    name: str,
    sizes: tuple[int, int],
    ids: tuple[Sequence[str] | None, Sequence[str] | None],
    pairing: Pairing,
    *,
    shared: bool = False,
    by_rows: bool = False,
) -> Settled:
    """Ways to pair the cells of two modalities.

    Args:
        name: the data set, for messages.
        sizes: numbers of cells.
        ids: the cells of both modalities in the order of the file; None where it names none.
        pairing: what the spec says; "auto" takes real ids, and never row numbers.
        shared: one table names the cells of both modalities, so that its ids are an explicit word.
        by_rows: the form of the files itself says that row i of both is one cell.

    Raises:
        DataError: the counts differ where rows are to be pairs, or nothing says what is paired.
    """
    if pairing == "none":
        return "none"
    bare = ids[0] is None or ids[1] is None
    if pairing == "rows" or (by_rows and bare and (shared or pairing == "ids")):
        _equal_counts(name, sizes)
        return "rows"
    if bare:
        return _without_ids(name, sizes, pairing, by_rows=by_rows)
    if (
        pairing == "auto"
        and not shared
        and all(words is not None and row_numbers(words) for words in ids)
    ):
        raise DataError(
            f"{name}: the cells of both modalities are called by their row numbers alone, which "
            f"does not tell whether they are the same cells; {_TO_SAY}"
        )
    return "ids"


def _without_ids(name: str, sizes: tuple[int, int], pairing: Pairing, *, by_rows: bool) -> Settled:
    if by_rows:
        _equal_counts(name, sizes)
        raise DataError(
            f"{name}: nothing says whether row i of both modalities is one cell; {_TO_SAY}"
        )
    if pairing == "ids":
        raise DataError(f"{name}: pairing: ids, but the file names no cells; add ids, or {_TO_SAY}")
    return "none"


def _equal_counts(name: str, sizes: tuple[int, int]) -> None:
    if sizes[0] != sizes[1]:
        raise DataError(
            f"{name}: {sizes[0]} rows in modality 1 and {sizes[1]} in modality 2 "
            "cannot be pairs; set pairing: none"
        )


def row_numbers(ids: Sequence[str]) -> bool:
    """Tell whether ids are nothing but the numbers of their rows, from 0 or from 1.

    >>> row_numbers(["0", "1"]), row_numbers(["1", "2"]), row_numbers(["1", "0"])
    (True, True, False)
    """
    return any(
        all(word == str(start + row) for row, word in enumerate(ids)) for start in (0, 1)
    ) and bool(len(ids))


def pairing_notes(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    """Hints, one line each, that ids which differ by a common beginning or ending mean one cell.

    >>> pairing_notes(["AC-1", "GT-1"], ["AC", "GT"])[0].partition(";")[0]
    "0 ids stand in both modalities, 2 would without the ending '-1' in modality 1"
    """
    have = len(set(first) & set(second))
    if have >= min(len(set(first)), len(set(second))):
        return ()
    best: tuple[int, str] = (have, "")
    for (words1, change1), (words2, change2) in _pairs_of_changes(first, second):
        ones, twos = {change1(i) for i in first}, {change2(i) for i in second}
        change = " and ".join(
            f"{words} in modality {m}" for m, words in ((1, words1), (2, words2)) if words
        )
        # Ids that become one by a change are no longer ids.
        if len(ones) == len(set(first)) and len(twos) == len(set(second)):
            best = max(best, (len(ones & twos), change), key=lambda found: found[0])
    if best[0] <= max(have, len(first) // 100):
        return ()
    return (
        f"{have} ids stand in both modalities, {best[0]} would without {best[1]}; "
        "write equal ids if these are the same cells",
    )


def _pairs_of_changes(
    first: Sequence[str], second: Sequence[str]
) -> Iterable[tuple[Change, Change]]:
    """Changes of one side before those of both, so that the simplest hint wins."""
    ones, twos = _changes(first), _changes(second)
    none = ones[0]
    yield from ((one, none) for one in ones[1:])
    yield from ((none, two) for two in twos[1:])
    yield from ((one, two) for one in ones[1:] for two in twos[1:])


def common_start(words: Sequence[str]) -> str:
    """The longest text that all words begin with.

    >>> common_start(["cell-1", "cell-2"])
    'cell-'
    """
    low, high = min(words, default=""), max(words, default="")
    same = (i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b)
    return low[: next(same, min(len(low), len(high)))]


def _changes(ids: Sequence[str]) -> list[Change]:
    """Endings that ids may differ by: none, a part common to all, a trailing number, the case."""
    start, end = common_start(ids), common_start([word[::-1] for word in ids])[::-1]
    changes: list[Change] = [("", lambda word: word)]
    if end:
        changes.append((f"the ending {end!r}", lambda word: word.removesuffix(end)))
    if start:
        changes.append((f"the beginning {start!r}", lambda word: word.removeprefix(start)))
    if any(_NUMBER.search(word) for word in ids):
        changes.append(("the number at the end", lambda word: _NUMBER.sub("", word)))
    if any(word != word.casefold() for word in ids):
        changes.append(("capital letters", str.casefold))
    return changes
