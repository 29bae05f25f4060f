"""NPZ archives, .h5ad pairs and .h5mu files."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from benchmark.datasets import load
from tests.benchmark.datasets.toys import tables
from weakpair.errors import DataError

GROUPS = {"ctrl": 4, "drug": 3}


def arrays() -> dict[str, Any]:
    """What an archive holds."""
    first, second, obs = tables(GROUPS)
    labels = obs["group"].to_numpy(dtype=str)
    return {"x1": first.to_numpy(), "x2": second.to_numpy(), "t1": labels, "t2": labels}


def test_npz_without_ids_is_unpaired_and_with_ids_paired(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    made = arrays()
    np.savez(path, **made)
    dataset = load(path)
    assert (dataset.name, dataset.paired) == ("set", False)
    np.testing.assert_array_equal(dataset.modality2.x, made["x2"])
    np.savez(path, **made, ids=np.arange(7))
    assert load(path).paired
    np.savez(path, **made, ids1=np.arange(7), ids2=np.arange(7) + 4, allow_pickle=False)
    with pytest.raises(DataError, match="cell '4' has label 'drug' in modality 1 and 'ctrl'"):
        load(path)


def test_npz_of_differing_sizes_with_names_and_metadata(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    made = arrays()
    made |= {
        "x2": made["x2"][1:],
        "t2": made["t2"][1:],
        "dose1": made["t1"],
        "dose2": made["t2"][1:],
    }
    made |= {"features1": np.array(["u", "v", "w"]), "counts2": made["x2"] + 1}
    np.savez(path, **made)
    dataset = load({"path": str(path), "group": "dose", "modality2": {"key": "counts2"}})
    assert dataset.counts() == {"ctrl": (4, 3), "drug": (3, 3)}
    assert dataset.modality1.features == ("u", "v", "w")
    np.testing.assert_array_equal(dataset.modality2.x, made["counts2"])
    assert list(dataset.modality1.obs.columns) == ["t"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"t1": np.array(["ctrl"] * 6)}, ["modality 1", "7 cells but 6 labels ('t1')"]),
        ({"ids": np.arange(6)}, ["(7, 3)", "6 ids"]),
        ({"ids1": np.zeros(7)}, ["modality 1", "'0.0' stands 7 times"]),
        ({"x1": np.zeros(7)}, ["shape (7,)", "(cells, features)"]),
        ({"x1": np.full((7, 2), "a")}, ["type <U1", "numeric"]),
        (
            {"x1": np.array([[{}], [1]], dtype=object)},
            ["array 'x1' has type object"],
        ),
        ({"t2": np.array(["ctrl"] * 7)}, ["'drug'", "modality 1 only"]),
    ],
)
def test_bad_archives_end_in_one_line(
    tmp_path: Path, change: dict[str, Any], words: list[str]
) -> None:
    path = tmp_path / "set.npz"
    np.savez(path, **{**arrays(), **change})
    with pytest.raises(DataError) as caught:
        load(path)
    for word in words:
        assert word in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_arrays_and_torn_archives(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    made = arrays()
    np.savez(path, x1=made["x1"], x_2=made["x2"], t1=made["t1"], t2=made["t2"])
    with pytest.raises(DataError, match=r"unknown array 'x2'; did you mean 'x_2'\?"):
        load(path)
    whole = path.read_bytes()
    for torn in (b"", whole[: len(whole) // 2], b"PK" + whole[2:100], b"\x80\x04N."):
        path.write_bytes(torn)
        with pytest.raises(DataError, match="not an archive of plain arrays"):
            load(path)


def annotated() -> tuple[Any, Any]:
    """The toy as AnnData: counts sparse, a dense layer and an obsm array."""
    anndata = pytest.importorskip("anndata")
    first, second, obs = tables(GROUPS)
    rna = anndata.AnnData(
        sparse.csr_matrix(np.abs(first.to_numpy())), obs=obs.astype({"group": "category"})
    )
    rna.var_names = list(first.columns)
    rna.layers["scaled"] = first.to_numpy() * 2
    rna.obsm["X_pca"] = first.to_numpy()[:, :2]
    protein = anndata.AnnData(second.astype(np.float32), obs=obs)
    return rna, protein


def test_h5ad_pairs_by_two_paths_and_by_folder(tmp_path: Path) -> None:
    rna, protein = annotated()
    rna.write_h5ad(tmp_path / "modality1.h5ad")
    protein[::-1].copy().write_h5ad(tmp_path / "modality2.h5ad")
    dataset = load(f"{tmp_path}/modality1.h5ad,{tmp_path}/modality2.h5ad")
    assert dataset.name == "modality1+modality2"
    assert dataset.paired
    assert dataset.pairs()[1].tolist() == [0, 1, 2, 3, 4, 5, 6]
    np.testing.assert_array_equal(dataset.modality2.x, protein.X)
    np.testing.assert_array_equal(dataset.modality1.x, rna.X.toarray())
    assert dataset.modality1.features == ("a", "b", "c")
    assert dataset.labels == ("ctrl", "drug")
    assert load(tmp_path).digest == dataset.digest


def test_layers_and_obsm(tmp_path: Path) -> None:
    rna, protein = annotated()
    rna.write_h5ad(tmp_path / "modality1.h5ad")
    protein.write_h5ad(tmp_path / "modality2.h5ad")
    scaled = load({"path": str(tmp_path), "modality1": {"layer": "scaled"}})
    np.testing.assert_array_equal(scaled.modality1.x, rna.layers["scaled"])
    pca = load({"path": str(tmp_path), "modality1": {"obsm": "X_pca"}})
    assert pca.modality1.features == ("X_pca_0", "X_pca_1")
    with pytest.raises(DataError, match=r"unknown layer 'scald'; did you mean 'scaled'\?"):
        load({"path": str(tmp_path), "modality1": {"layer": "scald"}})
    with pytest.raises(DataError, match="choose one of them"):
        load({"path": str(tmp_path), "modality1": {"layer": "scaled", "obsm": "X_pca"}})
    with pytest.raises(DataError, match="unknown column 'treatment'; known: batch, group"):
        load({"path": str(tmp_path), "group": "treatment"})


@pytest.mark.filterwarnings("ignore:From 0.4:FutureWarning")
def test_h5mu(tmp_path: Path) -> None:
    mudata = pytest.importorskip("mudata")
    rna, protein = annotated()
    del protein.obs["group"]
    data = mudata.MuData({"rna": rna, "protein": protein})
    data.obs["group"] = rna.obs["group"].astype(str)
    path = tmp_path / "set.h5mu"
    data.write(path)
    dataset = load(path)
    assert dataset.paired
    np.testing.assert_array_equal(dataset.modality2.x, protein.X)
    turned = load({"path": str(path), "modality1": {"key": "protein"}, "modality2": {"key": "rna"}})
    np.testing.assert_array_equal(turned.modality1.x, protein.X)
    with pytest.raises(
        DataError, match=r"set modality1.key and modality2.key to two of: rna, protein"
    ):
        load({"path": str(path), "modality1": {"key": "rna"}})
    with pytest.raises(DataError, match=r"unknown modality 'protin'; did you mean 'protein'\?"):
        load({"path": str(path), "modality1": {"key": "rna"}, "modality2": {"key": "protin"}})


def test_bad_h5ad_files_and_a_missing_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("anndata")
    path = tmp_path / "modality1.h5ad"
    path.write_bytes(b"\x89HDF\r\n\x1a\n torn")
    with pytest.raises(DataError, match=r"no modality2.h5ad.*as in rna.h5ad,protein.h5ad"):
        load(tmp_path)
    annotated()[1].write_h5ad(tmp_path / "modality2.h5ad")
    for data in (tmp_path, path):
        with pytest.raises(DataError, match=r"modality1.h5ad: not a readable .h5ad file"):
            load(data)
    with pytest.raises(DataError, match=r"two files are needed, as in rna.h5ad,protein.h5ad"):
        load(tmp_path / "modality2.h5ad")
    annotated()[0].write_h5ad(path)
    monkeypatch.setitem(sys.modules, "anndata", None)
    with pytest.raises(DataError, match=r"pip install weakpair\[scverse\]"):
        load(tmp_path)
