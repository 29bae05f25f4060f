"""The labels of two modalities side by side: each must stand in both."""

from collections.abc import Iterable
from difflib import get_close_matches

import numpy as np

from benchmark.datasets.base import Samples
from weakpair.errors import DataError

SHOWN = 5


def check_both_sides(name: str, first: Samples, second: Samples) -> None:
    """Refuse labels that only one modality has.

    Raises:
        DataError: which labels stand on which side, with the nearest ones of the other side.
    """
    alone = [
        np.setdiff1d(a.labels, b.labels).tolist() for a, b in ((first, second), (second, first))
    ]
    if not any(alone):
        return
    sides = [_side(m, alone[m - 1], alone[2 - m], (first, second)[m - 1]) for m in (1, 2)]
    complaint = "; ".join(filter(None, sides))
    raise DataError(f"{name}: {complaint}; a group needs cells in both: {_remedy(alone)}")


def _side(m: int, labels: list[str], others: list[str], samples: Samples) -> str:
    """E.g. "groups 'ctrl' (did you mean 'control' of modality 2?) stand in modality 1 only"."""
    if not labels:
        return ""
    words = [_with_nearest(label, others, 3 - m) for label in labels[:SHOWN]]
    if len(labels) > SHOWN:
        words.append(f"{len(labels) - SHOWN} more")
    cells = int(np.isin(samples.labels, labels).sum())
    one = len(labels) == 1
    return (
        f"{'group' if one else 'groups'} {', '.join(words)} {'stands' if one else 'stand'} in "
        f"modality {m} only ({cells} of its {len(samples)} cells)"
    )


def _with_nearest(label: str, others: Iterable[str], m: int) -> str:
    near = nearest(label, others)
    return repr(label) + (f" (modality {m} has {near!r})" if near is not None else "")


def _remedy(alone: list[list[str]]) -> str:
    if any(nearest(label, alone[1]) is not None for label in alone[0]):
        return "spell it alike in both modalities"
    if all(alone):
        return "spell them alike in both modalities, or leave them out (min_cells: 1)"
    return "add them, or leave the group out (min_cells: 1)"


def nearest(label: str, others: Iterable[str]) -> str | None:
    """The label that most likely means the same, if there is one.

    >>> nearest("ctrl", ["drug", "control"]), nearest("1", ["1.0", "2.0"]), nearest("a", ["b"])
    ('control', '1.0', None)
    """
    plain = {_bare(other): other for other in others}
    if _bare(label) in plain:
        return plain[_bare(label)]
    found = get_close_matches(_bare(label), plain, n=1)
    return plain[found[0]] if found else None


def _bare(label: str) -> str:
    """A label without case, blanks, marks, leading zeros and a fraction of zeros."""
    try:
        return f"{float(label):g}"
    except ValueError:
        return "".join(letter for letter in label.casefold() if letter.isalnum()) or label
