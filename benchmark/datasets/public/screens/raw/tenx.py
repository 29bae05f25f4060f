"""Matrices as 10x Genomics' Cell Ranger writes them: one .h5 file, or a folder of three."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.io import mmread

from benchmark.datasets.base import Rows, Strings
from benchmark.datasets.public.screens.raw.files import find, one_line, open_hdf5, open_text
from benchmark.datasets.public.screens.raw.hdf5 import read_compressed
from benchmark.datasets.public.screens.screen import Assay, unique_names
from weakpair.errors import DataError, UnknownNameError

GENES, PEAKS = "Gene Expression", "Peaks"
_MATRIX = "*matrix.mtx*"


@dataclass(frozen=True, eq=False)
class Library:
    """Rows and columns of a matrix, without its values.

    `features` has the columns id, name and type, one row per feature.
    """

    path: Path
    barcodes: Strings
    features: pd.DataFrame

    def read(self, barcodes: Strings, kind: str) -> Assay:
        """Values of one type of features, in the given cells, in the order of the barcodes given.

        Raises:
            DataError: no feature of that type.
        """
        columns = np.flatnonzero(self.features["type"] == kind)
        if not columns.size:
            error = UnknownNameError("type of features", kind, set(self.features["type"]))
            raise DataError(f"{self.path}: {error}")
        rows = pd.Index(self.barcodes).get_indexer(pd.Index(barcodes))
        order = np.argsort(rows, kind="stable")
        x = self._values(rows[order].astype(np.int64), columns.astype(np.int64))
        chosen = self.features.iloc[columns]
        ids = chosen["id"].to_numpy(dtype=str)
        names = ids if kind == PEAKS else unique_names(chosen["name"].to_numpy(dtype=str), ids)
        return Assay(x[np.argsort(order)], names)

    def _values(self, rows: Rows, columns: Rows) -> Any:
        if self.path.suffix == ".h5":
            with open_hdf5(self.path) as file:
                shape = (len(self.barcodes), len(self.features))
                return read_compressed(_matrix(file, self.path), shape, rows, columns)
        with one_line(self.path):
            by_feature = sparse.csc_array(mmread(self.path, spmatrix=False), dtype=np.float32)
        if by_feature.shape != (len(self.features), len(self.barcodes)):
            raise DataError(
                f"{self.path}: shape {by_feature.shape}, but {len(self.features)} features and "
                f"{len(self.barcodes)} barcodes stand beside it"
            )
        return sparse.csr_array(by_feature.T)[rows][:, columns]


def libraries(raw: Path) -> list[Library]:
    """Every filtered matrix below `raw` that holds peaks beside genes.

    Raises:
        DataError: there is none, or a file is not as Cell Ranger writes it.
    """
    found = [*(_h5(path) for path in find(raw, "*.h5")), *(_mtx(p) for p in find(raw, _MATRIX))]
    both = [one for one in found if {GENES, PEAKS} <= set(one.features["type"])]
    if not both:
        raise DataError(
            f"{raw}: no multiome matrix; *filtered_feature_bc_matrix.h5, or matrix.mtx.gz with "
            f"barcodes.tsv.gz and features.tsv.gz, with features of type {GENES!r} and {PEAKS!r}"
        )
    return both


def _h5(path: Path) -> Library:
    with open_hdf5(path) as file:
        matrix = _matrix(file, path)
        features = matrix["features"]
        columns = {"id": "id", "name": "name", "feature_type": "type"}
        table = pd.DataFrame({new: _text(features[old]) for old, new in columns.items()})
        return Library(path, _text(matrix["barcodes"]), table)


def _matrix(file: Any, path: Path) -> Any:
    if "matrix" not in file:
        raise DataError(f"{path}: no group 'matrix'; a Cell Ranger (3 or newer) file is needed")
    return file["matrix"]


def _text(node: Any) -> Strings:
    return np.array([value.decode() for value in node[:]], dtype=str)


def _mtx(path: Path) -> Library:
    start = path.name[: path.name.index("matrix.mtx")]
    barcodes = _lines(path.with_name(start + "barcodes.tsv"), path)
    features = _lines(path.with_name(start + "features.tsv"), path)
    table = pd.DataFrame(
        [line.split("\t")[:3] for line in features], columns=["id", "name", "type"], dtype=str
    )
    return Library(path, np.array([line.split("\t")[0] for line in barcodes], dtype=str), table)


def _lines(plain: Path, matrix: Path) -> list[str]:
    for path in (plain, plain.with_name(plain.name + ".gz")):
        if path.is_file():
            with open_text(path) as file:
                return file.read().splitlines()
    raise DataError(f"{matrix}: {plain.name}.gz is missing beside it")
