"""Labels, ids and metadata are text, and the same text from every container."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmark.datasets import load
from benchmark.datasets.reading.text import as_text, strings
from tests.benchmark.datasets.toys import write
from weakpair.errors import DataError

IDS = pd.Index([f"cell{i:03d}" for i in range(12)], name="cell")
COLUMNS: dict[str, tuple[Any, list[str]]] = {
    "zeros": (["01", "1", "001"] * 4, ["01", "1", "001"] * 4),
    "fractions as text": (["0.1", "0.10", "1e3"] * 4, ["0.1", "0.10", "1e3"] * 4),
    "whole": (np.arange(12) % 3, ["0", "1", "2"] * 4),
    "float": (np.arange(12) % 3 * 0.5, ["0.0", "0.5", "1.0"] * 4),
    "float32": (np.float32(np.arange(12) % 3 / 10), ["0.0", "0.1", "0.2"] * 4),
    "truth": (np.arange(12) % 2 == 0, ["True", "False"] * 6),
    "blanks": ([" a", "a", "a "] * 4, [" a", "a", "a "] * 4),
    "words": (["NA", "None", "nan"] * 4, ["NA", "None", "nan"] * 4),
    "unused category": (
        pd.Categorical(["b", "a"] * 6, categories=["z", "a", "b"]),
        ["b", "a"] * 6,
    ),
    "categories of numbers": (pd.Categorical([3, 1] * 6, categories=[1, 2, 3]), ["3", "1"] * 6),
    "nullable text": (pd.array(["01", "1"] * 6, dtype="string"), ["01", "1"] * 6),
    "arrow text": (pd.array(["01", "1"] * 6, dtype="string[pyarrow]"), ["01", "1"] * 6),
    "nullable numbers": (pd.array([1, 2] * 6, dtype="Int64"), ["1", "2"] * 6),
    "unicode": (["β-actin", "名/x,y"] * 6, ["β-actin", "名/x,y"] * 6),
}


def made(column: Any) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(0)
    first, second = (
        pd.DataFrame(rng.normal(size=(12, k)), IDS, [f"f{j}" for j in range(k)], np.float32)
        for k in (3, 2)
    )
    return first, second, pd.DataFrame({"group": column, "batch": column}, IDS)


def write_all(folder: Path, column: Any) -> dict[str, Path]:
    """The same data in every container."""
    anndata, mudata = pytest.importorskip("anndata"), pytest.importorskip("mudata")
    first, second, obs = made(column)
    for suffix in (".csv", ".parquet"):
        (folder / suffix[1:]).mkdir(parents=True)
        for name, table in (("modality1", first), ("modality2", second), ("obs", obs)):
            write(table, folder / suffix[1:] / f"{name}{suffix}")
    parts = {
        name: anndata.AnnData(table, obs=obs.copy())
        for name, table in (("a", first), ("b", second))
    }
    data = mudata.MuData({name: part.copy() for name, part in parts.items()})
    data.write_h5mu(folder / "set.h5mu")
    data.write_zarr(folder / "set.zarr")
    (folder / "h5ad").mkdir()
    for m, part in enumerate(parts.values(), 1):
        part.write_h5ad(folder / "h5ad" / f"modality{m}.h5ad")
    labels = np.asarray(obs["group"])
    labels = labels.astype(str) if labels.dtype == object else labels
    np.savez(
        folder / "set.npz", x1=first.to_numpy(), x2=second.to_numpy(), t1=labels, t2=labels,
        batch1=labels, batch2=labels, ids=np.array(IDS, dtype=str),
        features1=np.array(first.columns, dtype=str), features2=np.array(second.columns, dtype=str),
    )  # fmt: skip
    return {name: folder / name for name in ("csv", "parquet", "h5ad", "set.h5mu", "set.zarr")} | {
        "npz": folder / "set.npz"
    }


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", COLUMNS)
def test_every_container_gives_the_same_text(tmp_path: Path, kind: str) -> None:
    column, expected = COLUMNS[kind]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        paths = write_all(tmp_path, column)
    for name, path in paths.items():
        dataset = load({"path": str(path), "batch": "batch"})
        assert dataset.modality1.labels.tolist() == expected, name
        assert dataset.modality2.obs["batch"].tolist() == expected, name
    assert len({load(path).digest for path in paths.values()}) == 1


def test_ids_are_text_too(tmp_path: Path) -> None:
    for name, column in (("modality1", "a"), ("modality2", "p"), ("obs", "group")):
        (tmp_path / f"{name}.csv").write_text(f"id,{column}\n1,1\n01,1\n1.0,2\n")
    assert load(tmp_path).modality2.ids.tolist() == ["01", "1", "1.0"]


def test_whole_numbers_beside_missing_values_stay_whole(tmp_path: Path) -> None:
    """A cell without label that belongs to no modality must not turn 1 into 1.0."""
    first, second, obs = made(np.arange(12) % 3)
    numbers = pd.DataFrame({"group": pd.array([*obs["group"], None], dtype="Int64")})
    numbers.index = pd.Index([*IDS, "unused"], name="cell")
    for name, table in (("modality1", first), ("modality2", second), ("obs", numbers)):
        write(table, tmp_path / f"{name}.parquet")
    assert load(tmp_path).labels == ("0", "1", "2")


def test_missing_labels_are_blamed_on_the_file_that_lacks_them(tmp_path: Path) -> None:
    first, second, obs = made(["a", "b"] * 6)
    obs.loc["cell003", "group"] = ""
    for name, table in (("modality1", first), ("modality2", second), ("obs", obs)):
        write(table, tmp_path / f"{name}.csv")
    with pytest.raises(
        DataError, match=r"obs\.csv: column 'group': 1 missing.*'cell003'"
    ) as caught:
        load(tmp_path)
    assert "modality1.csv" not in str(caught.value)
    obs.assign(group="a", batch=None).to_csv(tmp_path / "obs.csv")
    with pytest.raises(DataError, match=r"obs\.csv: column 'batch' of modality 1: 12 missing"):
        load({"path": str(tmp_path), "batch": "batch"})


def test_values_without_a_text_are_refused() -> None:
    masked = np.ma.array(["a", "b"], mask=[False, True])
    with pytest.raises(DataError, match="x: 1 missing, first at row 2; mend"):
        strings(masked, "x", "mend")
    for odd in ([["a"], ["b"]], [{"a": 1}, {"b": 2}]):
        values = np.empty(2, dtype=object)
        values[:] = odd
        with pytest.raises(DataError, match="x: holds a"):
            as_text(values, "x")
    assert as_text(np.array([b"a", "β".encode()]), "x").tolist() == ["a", "β"]


@pytest.mark.parametrize(
    ("labels2", "words"),
    [
        ({"ctrl": "control"}, ["'ctrl' (modality 2 has 'control')", "spell it alike"]),
        ({"ctrl": "CTRL "}, ["'ctrl' (modality 2 has 'CTRL ')", "spell it alike"]),
        ({"ctrl": "NT"}, ["'ctrl' stands in modality 1 only (4 of its 7 cells)", "'NT' stands"]),
    ],
)
def test_labels_that_differ_between_modalities(
    tmp_path: Path, labels2: dict[str, str], words: list[str]
) -> None:
    """The complaint names both sides, and does not advise to drop the controls."""
    from tests.benchmark.datasets.toys import tables

    first, second, obs = tables({"ctrl": 4, "drug": 3})
    second.index = pd.Index([f"other{i}" for i in range(7)])
    obs2 = pd.DataFrame({"group": obs["group"].replace(labels2).to_numpy()}, second.index)
    for name, table in (("modality1", first), ("modality2", second), ("obs1", obs), ("obs2", obs2)):
        write(table, tmp_path / f"{name}.csv")
    with pytest.raises(DataError) as caught:
        load(tmp_path)
    for word in words:
        assert word in str(caught.value)
    assert ("min_cells" in str(caught.value)) == ("NT" in labels2.values())
