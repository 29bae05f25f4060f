"""Sparse matrices whose places lie outside of them: refused before any compiled loop takes them."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from benchmark.datasets import load
from benchmark.datasets.public.screens.raw.files import open_hdf5
from benchmark.datasets.public.screens.raw.hdf5 import read_matrix
from weakpair.errors import DataError

anndata = pytest.importorskip("anndata")
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")

CELLS, FEATURES = 12, 5
Parts = dict[str, Any]


def at(name: str, place: int, value: int) -> Callable[[Parts], None]:
    def put(parts: Parts) -> None:
        parts[name][place] = value

    return put


def cut(name: str, by: int) -> Callable[[Parts], None]:
    def put(parts: Parts) -> None:
        parts[name] = parts[name][:-by]

    return put


def fractions(parts: Parts) -> None:
    parts["indices"] = parts["indices"] + 0.5


DAMAGE: dict[str, Callable[[Parts], None]] = {
    "an index beyond": at("indices", 0, 10**6),
    "a huge index": at("indices", 0, 2**31 - 1),
    "a negative index": at("indices", 0, -3),
    "a pointer beyond": at("indptr", 3, 10**6),
    "pointers that fall": at("indptr", 3, 0),
    "an end beyond": at("indptr", -1, 10**7),
    "a late start": at("indptr", 0, 2),
    "a negative pointer": at("indptr", 3, -5),
    "pointers cut short": cut("indptr", 2),
    "values cut short": cut("data", 3),
    "indices cut short": cut("indices", 3),
    "fractions of an index": fractions,
}


def screen(kind: str) -> Any:
    dice = np.random.default_rng(0)
    x = sparse.csr_matrix(dice.poisson(1.0, (CELLS, FEATURES)).astype(np.float32))
    obs = pd.DataFrame({"group": ["a", "b"] * 6}, [f"c{i}" for i in range(CELLS)])
    data = anndata.AnnData(x if kind == "csr" else x.tocsc(), obs)
    data.var["feature_types"] = ["RNA", "RNA", "RNA", "ADT", "ADT"]
    return data


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    for kind in ("csr", "csc"):
        screen(kind).write_h5ad(folder / f"{kind}.h5ad")
    screen("csr").write_zarr(folder / "csr.zarr")
    pytest.importorskip("mudata").MuData({"rna": screen("csr"), "adt": screen("csc")}).write(
        folder / "both.h5mu"
    )
    return folder


@contextmanager
def group(path: Path) -> Iterator[Any]:
    """The matrix of modality 1, to be written."""
    if path.suffix == ".zarr":
        zarr = pytest.importorskip("zarr")
        root = zarr.open_group(str(path), mode="r+")
        yield root["X"]
        zarr.consolidate_metadata(root.store)
        return
    with pytest.importorskip("h5py").File(path, "r+") as file:
        yield file["mod/rna/X" if path.suffix == ".h5mu" else "X"]


def break_matrix(path: Path, damage: str) -> None:
    with group(path) as matrix:
        parts = {part: matrix[part][:] for part in ("data", "indices", "indptr")}
        DAMAGE[damage](parts)
        for part, values in parts.items():
            del matrix[part]
            matrix[part] = values


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("name", ["csr.h5ad", "csc.h5ad", "csr.zarr", "both.h5mu"])
def test_a_broken_sparse_matrix_is_one_line(
    whole: Path, tmp_path: Path, name: str, damage: str
) -> None:
    path = tmp_path / name
    (shutil.copytree if path.suffix == ".zarr" else shutil.copy)(whole / name, path)
    break_matrix(path, damage)
    with pytest.raises(DataError, match=path.name) as caught:
        load(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["csr.h5ad", "csc.h5ad", "csr.zarr", "both.h5mu"])
def test_a_whole_one_is_read(whole: Path, name: str) -> None:
    assert load(whole / name).modality1.x.any()


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_broken_matrix_of_a_public_file_is_one_line(
    whole: Path, tmp_path: Path, damage: str
) -> None:
    """Preparations read by rows, and choose among them."""
    path = Path(shutil.copy(whole / "csr.h5ad", tmp_path))
    break_matrix(path, damage)
    with pytest.raises(DataError) as caught, open_hdf5(path) as file:
        read_matrix(file["X"], (CELLS, FEATURES), np.arange(0, CELLS, 2))
    assert "\n" not in str(caught.value)
