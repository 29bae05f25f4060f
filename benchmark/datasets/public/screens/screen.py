"""A screen on its way from public files to a data set: sparse as long as it can be."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from benchmark.datasets.base import Features, Rows, Strings
from weakpair.errors import DataError

GROUP = "group"
Which = Literal["first", "second"]
Sparse = sparse.csr_array[Any, tuple[int, int]]
Values = Features | Sparse
Keep = NDArray[np.bool_] | Rows


@dataclass(frozen=True, eq=False)
class Assay:
    """One modality: values of shape (n, k), float32, sparse or dense, and k feature names."""

    x: Values
    features: Strings

    def cells(self, keep: Keep) -> "Assay":
        """Some cells, by a mask or by row numbers."""
        return Assay(self.x[keep], self.features)

    def columns(self, keep: Keep) -> "Assay":
        """Some features, by a mask or by column numbers."""
        return Assay(self.x[:, keep], self.features[keep])

    def sparse(self) -> Sparse:
        """The values as a compressed matrix."""
        return self.x if isinstance(self.x, sparse.csr_array) else sparse.csr_array(self.x)

    def dense(self) -> Features:
        """The values as a float32 array."""
        array = self.x.toarray() if isinstance(self.x, sparse.csr_array) else self.x
        return np.ascontiguousarray(array, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Screen:
    """Cells measured in both modalities; row i is one cell.

    `obs` has the cells' ids as index and their perturbation in the column `group`.
    """

    first: Assay
    second: Assay
    obs: pd.DataFrame

    def __len__(self) -> int:
        """Number of cells."""
        return len(self.obs)

    @property
    def labels(self) -> Strings:
        """Perturbation of every cell, shape (n,)."""
        return self.obs[GROUP].to_numpy(dtype=str)

    @property
    def groups(self) -> dict[str, int]:
        """Cells of every perturbation."""
        names, counts = np.unique(self.labels, return_counts=True)
        return dict(zip(names.tolist(), counts.tolist(), strict=True))

    def cells(self, keep: Keep) -> "Screen":
        """Some cells, by a mask or by row numbers.

        Raises:
            DataError: none is left.
        """
        obs = self.obs.iloc[np.flatnonzero(keep) if keep.dtype == bool else keep]
        if obs.empty:
            raise DataError("no cell is left; loosen the step that removed the last ones")
        return Screen(self.first.cells(keep), self.second.cells(keep), obs)

    def change(self, which: Which, by: Callable[[Assay], Assay]) -> "Screen":
        """The same cells with another `first` or `second` assay."""
        if which == "first":
            return Screen(by(self.first), self.second, self.obs)
        return Screen(self.first, by(self.second), self.obs)


def unique_names(names: Strings, ids: Strings) -> Strings:
    """Feature names without repetition: where a name repeats, its id is put behind it.

    >>> unique_names(np.array(["A", "B", "A"]), np.array(["g1", "g2", "g3"])).tolist()
    ['A.g1', 'B', 'A.g3']
    """
    _, inverse, counts = np.unique(names, return_inverse=True, return_counts=True)
    repeated = counts[inverse] > 1
    return np.array(
        [f"{n}.{i}" if twice else n for n, i, twice in zip(names, ids, repeated, strict=True)],
        dtype=str,
    )


def draw_per_group(labels: Strings, most: dict[str, int], seed: int) -> Rows:
    """Rows of all cells, but of the groups in `most` a random sample of that size, ascending.

    Args:
        labels: shape (n,).
        most: group → cells to keep, where it has more.
        seed: which cells are drawn; a group's draw does not depend on the others.
    """
    drawn = []
    for group in np.unique(labels):
        rows = np.flatnonzero(labels == group)
        if len(rows) > most.get(group, len(rows)):
            entropy = [seed, *group.encode()]
            rows = np.random.default_rng(entropy).choice(rows, most[group], replace=False)
        drawn.append(rows)
    return np.sort(np.concatenate(drawn)).astype(np.int64)
