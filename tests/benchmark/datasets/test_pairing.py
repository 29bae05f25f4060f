"""Cells are paired by what somebody said, never by row numbers that happen to agree."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmark.datasets import load
from benchmark.datasets.reading.pairing import pairing_notes
from tests.benchmark.datasets.toys import tables, write
from weakpair.errors import DataError

GROUPS = {"ctrl": 4, "drug": 3}


def folder(path: Path, ids1: Any, ids2: Any, *, shared: bool = False) -> str:
    """The toy with ids of its own in each modality."""
    first, second, obs = tables(GROUPS)
    first.index, second.index = pd.Index(ids1), pd.Index(ids2)
    write(first, path / "modality1.csv")
    write(second, path / "modality2.csv")
    if shared:
        write(obs.set_index(first.index), path / "obs.csv")
    else:
        write(obs.set_index(first.index), path / "obs1.csv")
        write(obs.set_index(second.index), path / "obs2.csv")
    return str(path)


@pytest.mark.parametrize("start", [0, 1])
def test_row_numbers_alone_pair_nothing(tmp_path: Path, start: int) -> None:
    numbers = range(start, start + 7)
    path = folder(tmp_path, numbers, numbers)
    with pytest.raises(DataError, match=r"row numbers alone.*--paired rows\|ids\|none") as caught:
        load(path)
    assert "\n" not in str(caught.value)
    said = {how: load({"path": path, "pairing": how}) for how in ("rows", "ids", "none")}
    assert {how: len(made.pairs()[0]) for how, made in said.items()} == {
        "rows": 7, "ids": 7, "none": 0,
    }  # fmt: skip
    assert {how: made.pairing for how, made in said.items()} == {how: how for how in said}


def test_row_numbers_of_one_table_of_cells_are_ids(tmp_path: Path) -> None:
    path = folder(tmp_path, range(7), range(7), shared=True)
    assert (load(path).pairing, len(load(path).pairs()[0])) == ("ids", 7)


def test_numbers_that_are_no_row_numbers_are_ids(tmp_path: Path) -> None:
    path = folder(tmp_path, range(100, 107), range(100, 107))
    assert len(load(path).pairs()[0]) == 7


def test_rows_pair_whatever_the_ids_say(tmp_path: Path) -> None:
    path = folder(tmp_path, list("gfedcba"), [f"other{i}" for i in range(7)])
    first, second, _ = tables(GROUPS)
    dataset = load({"path": path, "pairing": "rows"})
    i, j = dataset.pairs()
    np.testing.assert_array_equal(dataset.modality1.x[i], first.to_numpy()[::-1])
    np.testing.assert_array_equal(dataset.modality2.x[j], second.to_numpy()[::-1])
    assert load(path).pairing == "none"


def test_rows_of_other_numbers_are_refused(tmp_path: Path) -> None:
    path = folder(tmp_path, range(7), range(7))
    pd.read_csv(tmp_path / "modality2.csv").iloc[:6].to_csv(tmp_path / "modality2.csv", index=False)
    with pytest.raises(DataError, match="7 rows in modality 1 and 6 in modality 2 cannot be pairs"):
        load({"path": path, "pairing": "rows"})


def test_row_numbers_in_annotated_files(tmp_path: Path) -> None:
    anndata = pytest.importorskip("anndata")
    first, second, obs = tables(GROUPS)
    for m, table in ((1, first), (2, second)):
        data = anndata.AnnData(table.to_numpy(np.float32))
        data.obs["group"] = obs["group"].to_numpy()
        data.write_h5ad(tmp_path / f"modality{m}.h5ad")
    with pytest.raises(DataError, match="row numbers alone"):
        load(tmp_path)
    assert load({"path": str(tmp_path), "pairing": "rows"}).paired


def test_ids_that_a_file_does_not_have_cannot_pair(tmp_path: Path) -> None:
    first, second, obs = tables(GROUPS)
    labels = obs["group"].to_numpy(dtype=str)
    plain: dict[str, Any] = {
        "x1": first.to_numpy(),
        "x2": second.to_numpy(),
        "t1": labels,
        "t2": labels,
    }
    np.savez(tmp_path / "set.npz", **plain)
    with pytest.raises(DataError, match="the file names no cells"):
        load({"path": str(tmp_path / "set.npz"), "pairing": "ids"})
    assert load({"path": str(tmp_path / "set.npz"), "pairing": "rows"}).paired


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda i: f"{i}-1", "the ending '-1' in modality 2"),
        (lambda i: f"atac#{i}", "the beginning 'atac#' in modality 2"),
        (lambda i: f"{i}-{ord(i[-1]) % 3}", "the number at the end in modality 2"),
        (str.lower, "capital letters in modality 1"),
    ],
)
def test_a_common_beginning_or_ending_is_hinted_at(change: Any, words: str) -> None:
    rng = np.random.default_rng(0)
    first = ["".join(rng.choice(list("ACGT"), 16)) for _ in range(50)]
    (note,) = pairing_notes(first, [change(cell) for cell in first])
    assert note.startswith("0 ids stand in both modalities, 50 would without")
    assert words in note
    assert pairing_notes(first, first) == ()
    assert pairing_notes(first, [f"x{i}" for i in range(50)]) == ()


def test_a_hint_pairs_nothing(tmp_path: Path) -> None:
    names = [f"AC{letters}" for letters in ("A", "C", "G", "T", "AA", "AC", "AG")]
    dataset = load(folder(tmp_path, [f"{name}-1" for name in names], names))
    assert (dataset.pairing, dataset.paired) == ("none", False)
    assert "7 would without the ending '-1' in modality 1" in dataset.notes[0]


def test_the_order_of_rows_in_a_file_is_no_content(tmp_path: Path) -> None:
    """Values, labels and metadata move with their cells, over many columns."""
    rng = np.random.default_rng(0)
    ids = pd.Index([f"c{i}" for i in rng.permutation(40)])
    wide = pd.DataFrame(rng.normal(size=(40, 600)), ids).astype(np.float32).add_prefix("f")
    obs = pd.DataFrame({"group": ["a", "b"] * 20, "batch": [f"p{i}" for i in range(40)]}, ids)
    made = []
    for name, order in (("one", np.arange(40)), ("two", rng.permutation(40))):
        (tmp_path / name).mkdir()
        wide.iloc[order].to_parquet(tmp_path / name / "modality1.parquet")
        wide.iloc[order[::-1]].to_parquet(tmp_path / name / "modality2.parquet")
        obs.to_parquet(tmp_path / name / "obs.parquet")
        made.append(load(tmp_path / name))
    assert made[0].digest == made[1].digest
    for dataset in made:
        np.testing.assert_array_equal(
            dataset.modality2.x, wide.loc[dataset.modality2.ids.tolist()].to_numpy()
        )
        batches = obs.loc[dataset.modality2.ids.tolist(), "batch"].tolist()
        assert dataset.modality2.obs["batch"].tolist() == batches
