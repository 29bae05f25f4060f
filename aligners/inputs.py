"""Checks that aligners make before they start, and the blocks that rows fall into."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from weakpair.errors import ParameterError
from weakpair.labels import encode_labels
from weakpair.magnitudes import Real, as_float64, excess, in_reach, largest_magnitude

__all__ = ["Real", "as_float64", "in_reach"]


@dataclass(frozen=True)
class Groups:
    """The blocks of a plan before they have weights.

    Block l couples `rows[l]` with `cols[l]` and has mass `masses[l]`, the share of its rows among
    all rows of modality 1; inside a block both marginals are uniform.
    """

    rows: tuple[NDArray[np.int64], ...]
    cols: tuple[NDArray[np.int64], ...]
    labels: tuple[str | None, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and columns in all."""
        return sum(map(len, self.rows)), sum(map(len, self.cols))

    @cached_property
    def masses(self) -> NDArray[np.float64]:
        """Mass of each block, summing to 1, shape (L,)."""
        return np.array([len(r) for r in self.rows]) / self.shape[0]

    @property
    def row_masses(self) -> NDArray[np.float64]:
        """Mass of each row, 1 / n1, shape (n1,)."""
        return np.full(self.shape[0], 1 / self.shape[0])

    @property
    def col_masses(self) -> NDArray[np.float64]:
        """Mass of each column, its block's mass by the number of its columns, shape (n2,)."""
        masses = np.empty(self.shape[1])
        for cols, mass in zip(self.cols, self.masses, strict=True):
            masses[cols] = mass / len(cols)
        return masses

    def __len__(self) -> int:
        return len(self.rows)


def one_group(n1: int, n2: int) -> Groups:
    """Put all rows and all columns into one block."""
    return Groups((np.arange(n1),), (np.arange(n2),), (None,))


def label_groups(t1: ArrayLike, t2: ArrayLike) -> Groups:
    """Make a block of each label, in the order of the sorted labels.

    Raises:
        ParameterError: a label that stands in one modality only.
    """
    codes1, codes2, classes = encode_labels(t1, t2)
    return Groups(
        _members(codes1, len(classes)),
        _members(codes2, len(classes)),
        tuple(str(label) for label in classes),
    )


def _members(codes: NDArray[np.int64], count: int) -> tuple[NDArray[np.int64], ...]:
    # Short integers are sorted by their digits, in a quarter of the time.
    order = np.argsort(codes.astype(np.int16) if count < 1 << 15 else codes, kind="stable")
    return tuple(np.split(order, np.searchsorted(codes[order], np.arange(1, count))))


def check_latents(
    z1: ArrayLike, t1: ArrayLike, z2: ArrayLike, t2: ArrayLike, *, same_width: bool
) -> tuple[Real, Real]:
    """Return both latents as arrays, of float32 where they are and else of float64.

    Raises:
        ParameterError: not two-dimensional, empty, not finite, of differing widths where that
            matters, or with another number of rows than labels.
    """
    one, two = _check_one("z1", z1, "t1", t1), _check_one("z2", z2, "t2", t2)
    if same_width and one.shape[1] != two.shape[1]:
        raise ParameterError(
            f"z1 has {one.shape[1]} columns and z2 has {two.shape[1]}; both need the same"
        )
    return one, two


def _check_one(name: str, z: ArrayLike, label_name: str, t: ArrayLike) -> Real:
    given = np.asarray(z)
    array = given if given.dtype == np.float32 else np.asarray(given, dtype=np.float64)
    if array.ndim != 2 or 0 in array.shape:
        raise ParameterError(
            f"{name} has shape {array.shape}; it must be (rows, columns), not empty"
        )
    if len(array) != len(np.asarray(t)):
        raise ParameterError(
            f"{name} has {len(array)} rows but {label_name} {len(np.asarray(t))}; they must agree"
        )
    finite = np.isfinite(array)
    if not finite.all():
        row = int(np.argmin(finite.all(axis=1)))
        raise ParameterError(f"{name} row {row} holds NaN or infinity")
    return array


def in_unit(
    x: Real, y: Real, *, absolute: bool = False
) -> tuple[tuple[Real, Real], tuple[str, ...]]:
    """Scale both latents by one power of two where their squares would overflow or vanish.

    Args:
        x: latents of modality 1.
        y: latents of modality 2, in the same unit.
        absolute: whether the unit matters, since epsilon is not relative to the costs.

    Returns:
        Both latents, and a note where they were scaled.

    Raises:
        ParameterError: the unit matters and the latents are too large.
    """
    exponent = excess(x, y)
    if absolute and exponent > 0:
        largest = max(map(largest_magnitude, (x, y)))
        raise ParameterError(
            f"z1 and z2 hold values up to {largest:.1e}, too large for an absolute epsilon; "
            "divide them, or use scale='max'"
        )
    if absolute or not exponent:
        return (x, y), ()
    one, two = in_reach(x, y)
    return (one, two), (f"latents times 2^{-exponent}; epsilon and objective are of those",)


def centred(z: Real, centre: Real, dtype: torch.dtype) -> Tensor:
    """Points (n, d) less a centre (d,), subtracted in the wider of their types, then in `dtype`."""
    return torch.from_numpy(z - centre).to(dtype)


def check_positive(**values: float) -> None:
    """Raise ParameterError unless all values are positive and finite."""
    for name, value in values.items():
        if not (np.isfinite(value) and value > 0):
            raise ParameterError(f"{name} is {value}; it must be positive")


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise ParameterError unless the value is one of the choices."""
    if value not in choices:
        raise ParameterError(f"{name} is {value!r}; it must be one of {', '.join(choices)}")


def torch_dtype(name: str) -> torch.dtype:
    """The torch type of that name.

    Raises:
        ParameterError: neither float32 nor float64.
    """
    check_choice("dtype", name, ("float32", "float64"))
    return torch.float32 if name == "float32" else torch.float64


def on_device(index: NDArray[np.int64], device: torch.device | str) -> Tensor:
    """An index array as a tensor on a device."""
    return torch.as_tensor(index, dtype=torch.int64).to(device)
