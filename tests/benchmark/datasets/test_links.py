"""Files whose content lies elsewhere: their digest would not tell that it changed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark.datasets import load, source_digest
from tests.benchmark.datasets.test_archives import annotated
from weakpair.errors import DataError

h5py = pytest.importorskip("h5py")
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, str]:
    rna, protein = annotated()
    rna.write_h5ad(tmp_path / "rna.h5ad")
    protein.write_h5ad(tmp_path / "adt.h5ad")
    return tmp_path / "adt.h5ad", f"{tmp_path}/rna.h5ad,{tmp_path}/adt.h5ad"


def external_link(file: Any, values: Any, elsewhere: Path) -> None:
    file["X"] = h5py.ExternalLink(str(elsewhere), "/X")


def dangling_link(file: Any, values: Any, elsewhere: Path) -> None:
    file["X"] = values
    file["uns/more"] = h5py.ExternalLink("nowhere.h5", "/X")


def virtual(file: Any, values: Any, elsewhere: Path) -> None:
    layout = h5py.VirtualLayout(values.shape, values.dtype)
    layout[:] = h5py.VirtualSource(str(elsewhere), "X", values.shape)
    file.create_virtual_dataset("X", layout)


def missing_virtual(file: Any, values: Any, elsewhere: Path) -> None:
    elsewhere.unlink()
    virtual(file, values, elsewhere)


def storage(file: Any, values: Any, elsewhere: Path) -> None:
    elsewhere.write_bytes(np.ascontiguousarray(values).tobytes())
    external = [(str(elsewhere), 0, h5py.h5f.UNLIMITED)]
    file.create_dataset("X", values.shape, values.dtype, external=external)


@pytest.mark.parametrize(
    "put",
    [external_link, dangling_link, virtual, missing_virtual, storage],
    ids=lambda f: f.__name__,
)
def test_content_in_another_file_is_refused(
    files: tuple[Path, str], tmp_path: Path, put: Callable[[Any, Any, Path], None]
) -> None:
    path, spec = files
    elsewhere = tmp_path / "elsewhere.h5"
    with h5py.File(path, "r+") as file, h5py.File(elsewhere, "w") as other:
        values = other["X"] = file["X"][:]
        values = np.asarray(values[:])
        del file["X"]
        file.require_group("uns")
    with h5py.File(path, "r+") as file:
        put(file, values, elsewhere)
    with pytest.raises(DataError, match=r"adt\.h5ad: /(X|uns/more) .*write its content") as caught:
        load(spec)
    assert "\n" not in str(caught.value)


def test_links_inside_the_file_are_followed(files: tuple[Path, str]) -> None:
    path, spec = files
    expected = load(spec).digest
    with h5py.File(path, "r+") as file:
        file.move("X", "uns/kept")
        file["X"] = h5py.SoftLink("/uns/kept")
        file["uns/again"] = file["uns"]  # a group that holds itself
        file["uns/nowhere"] = h5py.SoftLink("/no/such/place")
    assert load(spec).digest == expected


def test_a_zarr_store_with_a_folder_that_lies_elsewhere_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("zarr")
    rna, protein = annotated()
    rna.write_zarr(tmp_path / "rna.zarr")
    protein.write_zarr(tmp_path / "adt.zarr")
    spec = f"{tmp_path}/rna.zarr,{tmp_path}/adt.zarr"
    load(spec)
    (tmp_path / "adt.zarr" / "X").rename(tmp_path / "elsewhere")
    (tmp_path / "adt.zarr" / "X").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataError, match=r"adt\.zarr/X: a link to a folder"):
        source_digest(spec)
