"""AnnData groups of .h5ad and .h5mu files, read without loading the whole matrix."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from benchmark.datasets.base import Rows
from benchmark.datasets.loaders.packages import optional
from benchmark.datasets.public.screens.raw.hdf5 import read_matrix
from benchmark.datasets.public.screens.screen import Assay
from weakpair.errors import DataError, UnknownNameError


@dataclass(frozen=True, eq=False)
class AnnDataGroup:
    """The root of an .h5ad file, or a modality of an .h5mu file."""

    group: Any
    where: str

    def table(self, name: str) -> pd.DataFrame:
        """`obs` or `var`, its names as index, as text."""
        frame: pd.DataFrame = optional("anndata.io").read_elem(self.group[name])
        frame.index = frame.index.astype(str)
        return frame

    def assay(
        self, cells: Collection[str], layer: str | None = None, features: Rows | None = None
    ) -> Assay:
        """Values of the given cells, in their order, float32.

        Args:
            cells: obs names.
            layer: a layer to read instead of `X`.
            features: columns to keep; None for all.

        Raises:
            DataError: no such layer, or a cell that is not there.
        """
        node = self._matrix(layer)
        obs, var = self.table("obs").index, self.table("var").index
        rows = obs.get_indexer(pd.Index(cells))
        if (rows < 0).any() or obs.has_duplicates:
            raise DataError(f"{self.where}: cells are missing or stand more than once")
        order = np.argsort(rows, kind="stable")
        x = read_matrix(node, (len(obs), len(var)), rows[order].astype(np.int64), features)
        if (np.diff(order) < 0).any():
            x = x[np.argsort(order)]
        names = var.to_numpy(dtype=str)
        return Assay(x, names if features is None else names[features])

    def _matrix(self, layer: str | None) -> Any:
        if layer is None:
            return self.group["X"]
        layers = self.group.get("layers", {})
        if layer not in layers:
            raise DataError(f"{self.where}: {UnknownNameError('layer', layer, list(layers))}")
        return layers[layer]
