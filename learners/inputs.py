"""Checks that learners make before they start."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learners.arrays import as_float32
from weakpair.errors import ParameterError
from weakpair.labels import encode_labels

Features = NDArray[np.float32]
Codes = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Training:
    """Checked training rows: features (n, k) and label codes (n,) of each modality.

    Code l stands for `classes[l]`; every class has cells in both modalities.
    """

    x1: Features
    codes1: Codes
    x2: Features
    codes2: Codes
    classes: NDArray[Any]

    @property
    def n_labels(self) -> int:
        """Number of labels."""
        return len(self.classes)

    @property
    def widths(self) -> tuple[int, int]:
        """Number of features of each modality."""
        return self.x1.shape[1], self.x2.shape[1]

    def canonical(self) -> "Training":
        """Give the same cells ordered by their labels and bytes.

        What is computed from them no longer depends on the order of the rows, to the last bit.
        """
        one, two = _by_content(self.x1, self.codes1), _by_content(self.x2, self.codes2)
        return Training(
            self.x1[one], self.codes1[one], self.x2[two], self.codes2[two], self.classes
        )

    def counts(self, codes: Codes) -> NDArray[np.int64]:
        """Number of cells of each label, shape (labels,)."""
        return np.bincount(codes, minlength=self.n_labels).astype(np.int64)


def _by_content(x: Features, codes: Codes) -> NDArray[np.int64]:
    """Row numbers ordered by label, then by the bytes of the features."""
    rows = np.ascontiguousarray(x).view(np.dtype((np.void, x.itemsize * x.shape[1])))[:, 0]
    order = np.argsort(rows, kind="stable")
    return np.asarray(order[np.argsort(codes[order], kind="stable")], dtype=np.int64)


def check_features(x: ArrayLike, name: str, width: int | None = None) -> Features:
    """Return features as a contiguous float32 array, shape (n, k).

    Raises:
        ParameterError: not numeric, not two-dimensional, empty, not finite, too large for float32,
            or not `width` wide.
    """
    array = as_float32(x, name)
    if array.ndim != 2 or 0 in array.shape:
        raise ParameterError(f"{name} has shape {array.shape}; it must be (cells, features)")
    if width is not None and array.shape[1] != width:
        raise ParameterError(f"{name} has {array.shape[1]} features; the fit had {width}")
    finite = np.isfinite(array).all(axis=1)
    if not finite.all():
        raise ParameterError(f"{name} row {int(np.argmin(finite))} holds NaN or infinity")
    return array


def check_training(x1: ArrayLike, t1: ArrayLike, x2: ArrayLike, t2: ArrayLike) -> Training:
    """Check the arguments of `fit` and code the labels.

    Raises:
        ParameterError: as `check_features`, or labels that fit neither the rows nor each other.
    """
    first, second = check_features(x1, "x1"), check_features(x2, "x2")
    codes1, codes2, classes = encode_labels(t1, t2)
    for name, x, codes in (("1", first, codes1), ("2", second, codes2)):
        if len(x) != len(codes):
            raise ParameterError(
                f"x{name} has {len(x)} rows and t{name} {len(codes)} labels; "
                "each row needs one label"
            )
    return Training(first, codes1, second, codes2, classes)


def slot(modality: int) -> int:
    """Index of a modality's part in a pair: 0 or 1.

    Raises:
        ParameterError: neither 1 nor 2.
    """
    if modality not in (1, 2):
        raise ParameterError(f"modality is {modality!r}; it must be 1 or 2")
    return modality - 1


def check_count(name: str, value: int, least: int = 1) -> None:
    """Raise ParameterError unless the value is a whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ParameterError(f"{name} is {value!r}; it must be a whole number, at least {least}")


def check_weight(name: str, value: float, *, positive: bool = False) -> None:
    """Raise ParameterError unless the value is finite and at least (or above) zero."""
    if not np.isfinite(value) or value < 0 or (positive and value == 0):
        what = "above 0" if positive else "at least 0"
        raise ParameterError(f"{name} is {value!r}; it must be a number {what}")


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise ParameterError unless the value is one of the choices."""
    if value not in choices:
        raise ParameterError(f"{name} is {value!r}; it must be one of {', '.join(choices)}")


def check_pairs(
    data: Training, pairs: tuple[ArrayLike, ArrayLike] | None, who: str
) -> tuple[Codes, Codes]:
    """Return true pairs as row numbers of both modalities, (p,) each.

    Args:
        data: the training rows.
        pairs: rows of modality 1 and of modality 2 that are the same cell.
        who: the learner that needs them.

    Raises:
        ParameterError: pairs that are missing, out of range, repeated or of differing labels.
    """
    if pairs is None:
        raise ParameterError(f"{who} needs pairs=(i, j), the indices of the true pairs")
    one, two = (np.asarray(side, dtype=np.int64) for side in pairs)
    if one.shape != two.shape or one.ndim != 1 or not len(one):
        raise ParameterError(f"pairs have shapes {one.shape} and {two.shape}; both must be (p,)")
    for rows, x in ((one, data.x1), (two, data.x2)):
        if rows.min() < 0 or rows.max() >= len(x) or len(np.unique(rows)) < len(rows):
            raise ParameterError(f"pairs must name each of {len(x)} rows once at most")
    if (data.codes1[one] != data.codes2[two]).any():
        raise ParameterError("pairs join cells of differing labels")
    return one, two
