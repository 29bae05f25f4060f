"""Whatever goes wrong while a data set is read is one line; sparse files are not unfolded twice."""

import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from benchmark.datasets import load, make_samples
from benchmark.datasets.loaders import LOADERS
from benchmark.datasets.loaders.packages import optional
from benchmark.datasets.reading import matrix
from tests.benchmark.datasets.toys import tables, write_folder
from weakpair.errors import DataError

GROUPS = {"ctrl": 4, "drug": 3}


@pytest.mark.parametrize(
    "error", [MemoryError(), RecursionError("deep"), RuntimeError("a\nb"), KeyError("x")]
)
def test_any_failure_of_a_loader_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    write_folder(tmp_path, GROUPS)

    def fail(self: object, spec: object) -> None:
        raise error

    monkeypatch.setattr(type(LOADERS["folder"]), "read", fail)
    with pytest.raises(DataError) as caught:
        load(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


def files(folder: Path) -> tuple[Path, Any]:
    """Two AnnData files; the path and the object of the first."""
    anndata = pytest.importorskip("anndata")
    first, second, obs = tables(GROUPS)
    made = [
        anndata.AnnData(sparse.csr_matrix(t.to_numpy(np.float32)), obs=obs.copy())
        for t in (first, second)
    ]
    for m, data in enumerate(made, 1):
        data.write_h5ad(folder / f"modality{m}.h5ad")
    return folder / "modality1.h5ad", made[0]


def test_foreign_encodings_where_nothing_is_read_do_not_matter(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    path, _ = files(tmp_path)
    expected = load(tmp_path).digest
    with h5py.File(path, "r+") as file:
        for slot in ("uns", "obsm", "layers", "obs"):
            node = file[slot].create_dataset("strange", data=np.zeros(7))
            node.attrs["encoding-type"] = "from-the-future"
            node.attrs["encoding-version"] = "9.9"
        order = [*file["obs"].attrs["column-order"], "strange"]
        file["obs"].attrs["column-order"] = order
    assert load(tmp_path).digest == expected
    with pytest.raises(DataError, match=r"column 'strange' cannot be read \(.*") as caught:
        load({"path": str(tmp_path), "group": "strange"})
    assert "\n" not in str(caught.value)
    with pytest.raises(DataError, match=r"not a readable .h5ad file"):
        load({"path": str(tmp_path), "modality1": {"layer": "strange"}})


def test_broken_sparse_indices_are_refused(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    path, _ = files(tmp_path)
    with h5py.File(path, "r+") as file:
        file["X/indices"][0] = 1000
    with pytest.raises(DataError, match=r"modality1\.h5ad.*") as caught:
        load(tmp_path)
    assert "\n" not in str(caught.value)
    broken = sparse.csr_matrix(np.eye(3, dtype=np.float32))
    broken.indices[1] = 7
    with pytest.raises(DataError, match="s: a broken sparse matrix"):
        make_samples(broken, list("aba"), list("xyz"), list("fgh"), where="s")


def test_a_sparse_file_is_unfolded_once(tmp_path: Path) -> None:
    """The peak of reading lies below two dense copies; the cells stand in another order."""
    anndata = pytest.importorskip("anndata")
    n, k = 1500, 4000
    rng = np.random.default_rng(0)
    x: Any = sparse.random(n, k, 1e-3, format="csr", dtype=np.float32, random_state=rng)
    ids = [f"c{i}" for i in rng.permutation(n)]
    for m in (1, 2):
        data = anndata.AnnData(x if m == 1 else x[:, :2].copy())
        data.obs_names, data.obs["group"] = ids, ["a", "b"] * (n // 2)
        data.write_h5ad(tmp_path / f"modality{m}.h5ad")
    load(tmp_path)
    tracemalloc.start()
    dataset = load(tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    dense = 4 * n * k
    assert dense < peak < 1.8 * dense
    where = {cell: row for row, cell in enumerate(ids)}
    rows = [where[cell] for cell in dataset.modality1.ids.tolist()]
    np.testing.assert_array_equal(dataset.modality1.x, x.toarray()[rows])


def test_what_does_not_fit_is_refused_before_it_is_unfolded() -> None:
    n = 3_000_000
    huge = sparse.eye(n, format="csr", dtype=np.float32)
    features = np.array([""]).repeat(n)
    with pytest.raises(DataError, match=r"3,000,000 cells × 3,000,000 features take 36 TB"):
        matrix.features_matrix(huge, features, [""] * n, "set.h5ad")


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix, sparse.csc_matrix])
@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1e39, r"1 values too large for float32 \(1e\+39, first in column 'g' at id 'z'\)"),
        (np.inf, "1 NaN or infinite values, first in column 'g' at id 'z'"),
        (np.nan, "1 NaN or infinite values, first in column 'g' at id 'z'"),
    ],
)
def test_values_that_float32_cannot_hold(form: Any, value: float, words: str) -> None:
    x = np.eye(3)
    x[2, 1] = value
    with pytest.raises(DataError, match=words):
        make_samples(form(x), list("aba"), list("xyz"), list("fgh"), where="s")


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (np.eye(3) * 1j, "type complex128"),
        (sparse.csr_matrix(np.eye(3) * 1j), "type complex128"),
        (np.ma.masked_equal(np.eye(3), 1), "masked"),
        (np.zeros(3), r"shape \(3,\)"),
    ],
)
def test_arrays_that_are_no_features(x: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        make_samples(x, list("aba"), list("xyz"), list("fgh"), where="s")


def test_features_of_one_name(tmp_path: Path) -> None:
    _, data = files(tmp_path)
    data.var_names = ["a", "b", "a"]
    data.write_h5ad(tmp_path / "modality1.h5ad")
    with pytest.raises(DataError, match=r"column 'a' stands 2 times.*var_names_make_unique"):
        load(tmp_path)


def test_one_array_twice_in_an_archive(tmp_path: Path) -> None:
    import zipfile

    first, second, obs = tables(GROUPS)
    labels = obs["group"].to_numpy(dtype=str)
    path = tmp_path / "set.npz"
    np.savez(path, x1=first.to_numpy(), x2=second.to_numpy(), t1=labels, t2=labels)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("x1.npy", archive.read("x2.npy"))
    with pytest.raises(DataError, match="array 'x1' stands 2 times"):
        load(path)


def test_a_package_that_fails_to_import_is_not_called_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "brokenpack.py").write_text("import a_module_that_nobody_has\n")
    (tmp_path / "oddpack.py").write_text("raise RuntimeError('no GPU')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(DataError, match=r"brokenpack is installed but.*a_module_that_nobody_has"):
        optional("brokenpack")
    with pytest.raises(DataError, match=r"oddpack is installed but.*RuntimeError: no GPU"):
        optional("oddpack")
    with pytest.raises(DataError, match=r"nopack is needed.*pip install nopack"):
        optional("nopack")
    assert "oddpack" not in sys.modules
