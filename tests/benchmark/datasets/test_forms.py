"""Forms of files that people have: each gives the content of the plain form."""

import gzip
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from benchmark.datasets import Dataset, load, resolve
from benchmark.datasets.paths import join_paths
from tests.benchmark.datasets.toys import tables, write_folder
from weakpair.errors import DataError, InputError

GROUPS = {"ctrl": 4, "drug": 3}
anndata = pytest.importorskip("anndata")
mudata = pytest.importorskip("mudata")


@pytest.fixture(autouse=True)
def quiet() -> Any:
    """What the packages say of their own future is not what is tested."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def pair() -> tuple[Any, Any]:
    first, second, obs = tables(GROUPS)
    return (
        anndata.AnnData(first, obs=obs[["group"]].copy()),
        anndata.AnnData(second.astype(np.float32), obs=obs[["group"]].copy()),
    )


def stacked(types: tuple[str, str] = ("Gene Expression", "Antibody Capture")) -> Any:
    """Both modalities in one AnnData, as 10x and GSE194122 have them."""
    rna, protein = pair()
    both = anndata.concat([rna, protein], axis=1, merge="first")
    both.var["feature_types"] = [types[0]] * rna.n_vars + [types[1]] * protein.n_vars
    return both


def same(dataset: Dataset) -> None:
    """Cells, values, labels and pairs of the tables."""
    first, second, obs = tables(GROUPS)
    for samples, table in ((dataset.modality1, first), (dataset.modality2, second)):
        np.testing.assert_array_equal(samples.x, table.to_numpy(np.float32))
        assert samples.ids.tolist() == list(table.index)
        assert samples.labels.tolist() == obs["group"].tolist()
    assert (dataset.pairing, len(dataset.pairs()[0])) == ("ids", 7)


def write_muon(path: Path, data: Any) -> Path:
    data.write_zarr(path) if path.suffix == ".zarr" else data.write_h5mu(path)
    return path


@pytest.mark.parametrize("suffixes", [(".h5ad", ".h5ad"), (".zarr", ".zarr"), (".H5AD", ".zarr")])
def test_two_annotated_files(tmp_path: Path, suffixes: tuple[str, str]) -> None:
    paths = [tmp_path / f"{name}{end}" for name, end in zip(("rna", "atac"), suffixes, strict=True)]
    for path, data in zip(paths, pair(), strict=True):
        data.write_zarr(path) if path.suffix == ".zarr" else data.write_h5ad(path)
    dataset = load(join_paths([str(path) for path in paths]))
    same(dataset)
    assert (dataset.name, dataset.names) == ("rna+atac", ("rna", "atac"))
    same(load(f"{paths[0]}, {paths[1]}"))


@pytest.mark.parametrize("name", ["set.h5mu", "set.zarr", "set.h5ad", "set", "SET.H5MU"])
def test_a_mudata_file_is_known_by_its_content(tmp_path: Path, name: str) -> None:
    rna, protein = pair()
    dataset = load(write_muon(tmp_path / name, mudata.MuData({"rna": rna, "adt": protein})))
    same(dataset)
    assert dataset.names == ("rna", "adt")


@pytest.mark.parametrize("name", ["set.h5ad", "set.zarr", "set.h5mu"])
def test_one_file_of_two_types_of_features(tmp_path: Path, name: str) -> None:
    both = stacked()
    path = tmp_path / name
    both.write_zarr(path) if path.suffix == ".zarr" else both.write_h5ad(path)
    same(load(path))
    assert load(path).names == ("Gene Expression", "Antibody Capture")
    turned = load({"path": str(path), "modality1": {"feature_type": "Antibody Capture"}})
    assert turned.names == ("Antibody Capture", "Gene Expression")
    np.testing.assert_array_equal(turned.modality2.x, load(path).modality1.x)


def test_more_types_or_a_single_one_say_what_to_choose(tmp_path: Path) -> None:
    both = stacked()
    both.var.iloc[0, 0] = "Peaks"
    both.write_h5ad(tmp_path / "three.h5ad")
    with pytest.raises(DataError, match=r"3 types.*modality1.feature_type.*Peaks, Gene Expr"):
        load(tmp_path / "three.h5ad")
    chosen = {"modality1": {"feature_type": "Peaks"}, "modality2": {"feature_type": "Gene Expr"}}
    with pytest.raises(DataError, match=r"unknown feature type 'Gene Expr'; did you mean"):
        load({"path": str(tmp_path / "three.h5ad"), **chosen})
    rna, protein = pair()
    rna.obsm["protein"] = protein.to_df()
    rna.write_h5ad(tmp_path / "one.h5ad")
    with pytest.raises(DataError, match=r"modality2.obsm.*\(obsm: protein\)"):
        load(tmp_path / "one.h5ad")
    dataset = load({"path": str(tmp_path / "one.h5ad"), "modality2": {"obsm": "protein"}})
    same(dataset)
    assert dataset.modality2.features == ("p", "q")
    assert dataset.names == ("modality 1", "protein")


def test_row_numbers_of_one_file_are_the_same_cells(tmp_path: Path) -> None:
    both = stacked()
    both.obs_names = [str(i) for i in range(both.n_obs)]
    both.write_h5ad(tmp_path / "set.h5ad")
    assert len(load(tmp_path / "set.h5ad").pairs()[0]) == both.n_obs


@pytest.mark.parametrize("where", ["first", "second", "prefixed", "common"])
def test_labels_in_one_place_serve_both(tmp_path: Path, where: str) -> None:
    rna, protein = pair()
    labels = rna.obs["group"].astype(str)
    for data, keeps in ((rna, "first"), (protein, "second")):
        if where != keeps:
            del data.obs["group"]
    made = mudata.MuData({"rna": rna, "adt": protein})
    for column in made.obs.columns:
        del made.obs[column]
    if where in ("prefixed", "common"):
        made.obs["rna:group" if where == "prefixed" else "group"] = labels
    dataset = load(write_muon(tmp_path / "set.h5mu", made))
    same(dataset)
    assert any("used for both" in note for note in dataset.notes) == (where != "common")
    if where == "prefixed":
        same(load({"path": str(tmp_path / "set.h5mu"), "group": "rna:group"}))


def test_labels_of_one_file_of_two(tmp_path: Path) -> None:
    rna, protein = pair()
    del protein.obs["group"]
    rna.write_h5ad(tmp_path / "rna.h5ad")
    protein.write_h5ad(tmp_path / "adt.h5ad")
    data = f"{tmp_path}/rna.h5ad,{tmp_path}/adt.h5ad"
    same(load(data))
    assert "stands in" in load(data).notes[0]
    with pytest.raises(DataError, match=r"adt.h5ad obs: unknown column 'group'"):
        load({"path": data, "pairing": "none"})
    protein.obs_names = ["other", *protein.obs_names[1:]]
    protein.write_h5ad(tmp_path / "adt.h5ad")
    with pytest.raises(DataError, match=r"do not do: 1 of 7 cells are not there, first 'other'"):
        load(data)


def test_common_and_own_labels_in_conflict(tmp_path: Path) -> None:
    made = mudata.MuData(dict(zip(("rna", "adt"), pair(), strict=True)))
    made.obs["group"] = ["ctrl"] * 6 + ["drag"]
    path = write_muon(tmp_path / "set.h5mu", made)
    with pytest.raises(DataError, match=r"'group' says 'drug' of cell 'cell004'.*'ctrl'"):
        load(path)


def test_names_of_paths(tmp_path: Path) -> None:
    """Links to blobs, commas and dots in names, blanks after a comma."""
    made = mudata.MuData(dict(zip(("rna", "adt"), pair(), strict=True)))
    blob = write_muon(tmp_path / "md5-0cc175b9c0f1b6", made)
    link = tmp_path / "screen.v2.h5mu"
    link.symlink_to(blob)
    same(load(link))
    assert load(link).name == "screen.v2"
    assert (resolve(str(link)).path, resolve(str(link)).kind) == (str(link), "h5mu")
    write_folder(tmp_path / "shared0.8,seed0", GROUPS)
    assert load(tmp_path / "shared0.8,seed0").name == "shared0.8,seed0"
    for name, data in zip(("rna", "adt"), pair(), strict=True):
        data.write_h5ad(tmp_path / "shared0.8,seed0" / f"{name}.h5ad")
    folder = tmp_path / "shared0.8,seed0"
    same(load(f"{folder}/rna.h5ad, {folder}/adt.h5ad"))


@pytest.mark.parametrize("form", ["semicolon", "tab", "r", "r-tab", "bom", "upper", "tsv.gz"])
def test_delimited_tables(tmp_path: Path, form: str) -> None:
    suffix = {"upper": ".CSV", "tsv.gz": ".tsv.gz"}.get(form, ".csv")
    separator = {"semicolon": ";", "tab": "\t", "r-tab": "\t", "tsv.gz": "\t"}.get(form, ",")
    for name, table in zip(("modality1", "modality2", "obs"), tables(GROUPS), strict=True):
        text = table.to_csv(sep=separator)
        if form.startswith("r"):  # write.table: no name for the row names
            text = text.removeprefix(f"cell{separator}")
        if form == "bom":
            text = "\ufeff" + text
        data = text.encode()
        (tmp_path / f"{name}{suffix}").write_bytes(
            gzip.compress(data) if suffix.endswith(".gz") else data
        )
    same(load(tmp_path))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cell a b\nc 1 2\n", "neither comma nor semicolon nor tab"),
        ("cell;a,b\nc;1,2\n", "comma and semicolon both cut"),
        ("cell,a,a\nc,1,2\n", "column 'a' stands 2 times"),
        ("cell;a\nc;1,5\n", "write decimals with a point"),
    ],
)
def test_delimited_tables_that_are_refused(tmp_path: Path, text: str, words: str) -> None:
    write_folder(tmp_path, GROUPS, ".csv")
    (tmp_path / "modality1.csv").write_text(text)
    (tmp_path / "obs.csv").write_text("cell,group\nc,x\n")
    (tmp_path / "modality2.csv").write_text("cell,p\nc,1\n")
    with pytest.raises(DataError, match=words) as caught:
        load(tmp_path)
    assert "modality1.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_naive_archives(tmp_path: Path) -> None:
    first, second, obs = tables(GROUPS)
    plain: dict[str, Any] = {"rna": first.to_numpy(), "atac": second.to_numpy()}
    labels = obs["group"].to_numpy(dtype=str)
    np.savez(tmp_path / "set.npz", **plain, labels=labels)
    dataset = load(tmp_path / "set.npz")
    assert (dataset.names, dataset.pairing) == (("rna", "atac"), "none")
    np.savez(tmp_path / "set.npz", **plain, labels=labels, ids=np.array(obs.index, dtype=str))
    same(load(tmp_path / "set.npz"))
    np.savez(tmp_path / "set.npz", **plain, more=plain["rna"], labels=labels)
    with pytest.raises(DataError, match=r"no x1 and x2; it holds rna 7×3 float32, atac 7×2"):
        load(tmp_path / "set.npz")
    both = {"path": str(tmp_path / "set.npz"), "modality1": {"key": "rna"}}
    with pytest.raises(DataError, match="given for both modalities"):
        load({**both, "modality2": {"key": "rna"}})
    np.savez(tmp_path / "set.npz", **plain, labels=labels.astype(object))
    with pytest.raises(DataError, match=r"array 'labels' has type object.*\.astype\(str\)"):
        load({**both, "modality2": {"key": "atac"}})


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("set.h5ad", b"PK\x03\x04 zip", "zip archive"),
        ("set.h5mu", b"", "it is empty"),
        ("set.h5ad", b"version https://git-lfs.github.com", "pointer of Git LFS"),
        ("set.dat", b"PAR1 table", "Parquet"),
    ],
)
def test_other_content_is_named(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=words):
        load(tmp_path / name)


def test_hdf5_of_something_else(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "set.h5", "w") as file:
        file.create_group("matrix")
    with pytest.raises(DataError, match="neither AnnData nor MuData; its root holds matrix"):
        load(tmp_path / "set.h5")


def test_types_of_features(tmp_path: Path) -> None:
    """Half precision, bytes, truth values and unsigned numbers, dense and sparse, are features."""
    rng = np.random.default_rng(0)
    values = rng.integers(0, 2, (7, 3))
    for dtype in (np.float16, np.int8, np.uint16, bool, np.float64):
        rna, protein = pair()
        for form in (lambda x: x, sparse.csr_matrix, sparse.csc_matrix):
            if dtype is np.float16 and form is not sparse.csr_matrix:
                rna.X = values.astype(dtype)
            elif dtype is not np.float16:
                rna.X = form(values.astype(dtype))
            rna.write_h5ad(tmp_path / "modality1.h5ad")
            protein.write_h5ad(tmp_path / "modality2.h5ad")
            x = load(tmp_path).modality1.x
            assert x.dtype == np.float32
            np.testing.assert_array_equal(x, values)
