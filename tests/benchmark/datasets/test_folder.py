"""Folders of tables: what is read is what was written, and bad input ends in one clear line."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmark.datasets import load
from tests.benchmark.datasets.toys import tables, write, write_folder
from weakpair.errors import DataError

GROUPS = {"ctrl": 4, "drug": 3}


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".csv.gz"])
def test_what_is_read_is_what_was_written(tmp_path: Path, suffix: str) -> None:
    first, second, obs = write_folder(tmp_path / "set", GROUPS, suffix)
    dataset = load(tmp_path / "set")
    assert dataset.name == "set"
    assert dataset.paired
    np.testing.assert_array_equal(dataset.modality1.x, first.to_numpy())
    np.testing.assert_array_equal(dataset.modality2.x, second.to_numpy())
    assert dataset.modality1.ids.tolist() == list(first.index)
    assert dataset.modality2.labels.tolist() == obs["group"].tolist()
    assert dataset.modality1.features == ("a", "b", "c")
    assert dataset.modality1.obs["batch"].tolist() == obs["batch"].astype(str).tolist()
    assert list(dataset.modality1.obs.columns) == ["batch"]
    assert dataset.counts() == {"ctrl": (4, 4), "drug": (3, 3)}


def test_all_forms_of_a_table_have_one_content(tmp_path: Path) -> None:
    for suffix in (".parquet", ".csv", ".csv.gz"):
        write_folder(tmp_path / suffix, GROUPS, suffix)
    digests = {load(tmp_path / suffix).digest for suffix in (".parquet", ".csv", ".csv.gz")}
    assert len(digests) == 1


def test_ids_in_the_first_column_of_parquet(tmp_path: Path) -> None:
    made = write_folder(tmp_path / "set", GROUPS)
    digest = load(tmp_path / "set").digest
    for name, table in zip(("modality1", "modality2", "obs"), made, strict=True):
        table.reset_index().to_parquet(tmp_path / "set" / f"{name}.parquet")
    assert load(tmp_path / "set").digest == digest


def test_ids_and_labels_are_taken_as_written(tmp_path: Path) -> None:
    (tmp_path / "modality1.csv").write_text("id,a\n007,1\nNA,2\n7,3\n")
    (tmp_path / "modality2.csv").write_text("id,p\n7,1\n007,2\nNA,3\n")
    (tmp_path / "obs.csv").write_text("id,group\nNA,None\n007,None\n7,NA\n")
    dataset = load(tmp_path)
    assert dataset.modality1.ids.tolist() == ["007", "7", "NA"]
    assert dataset.modality1.labels.tolist() == ["None", "NA", "None"]
    np.testing.assert_array_equal(dataset.modality1.x.ravel(), [1, 3, 2])
    np.testing.assert_array_equal(dataset.modality2.x.ravel(), [2, 1, 3])
    i, j = dataset.pairs()
    assert (i.tolist(), j.tolist()) == ([0, 1, 2], [0, 1, 2])


def test_metadata_rows_are_found_by_id_not_by_position(tmp_path: Path) -> None:
    _, _, obs = write_folder(tmp_path, GROUPS)
    expected = load(tmp_path).digest
    extra = pd.DataFrame({"group": ["else"], "batch": [0]}, pd.Index(["unused"], name="cell"))
    pd.concat([obs.iloc[::-1], extra]).to_parquet(tmp_path / "obs.parquet")
    assert load(tmp_path).digest == expected


def test_two_metadata_tables_and_cells_of_one_modality_only(tmp_path: Path) -> None:
    first, second, obs = tables(GROUPS)
    second.index = pd.Index([f"other{i}" for i in range(len(second))])
    second = pd.concat([second, second.rename(index=lambda name: f"{name}b")])
    obs2 = pd.DataFrame({"group": [*obs["group"], *obs["group"]]}, second.index)
    for name, table in (("modality1", first), ("modality2", second), ("obs1", obs), ("obs2", obs2)):
        write(table, tmp_path / f"{name}.csv")
    dataset = load(tmp_path)
    assert not dataset.paired
    assert dataset.counts() == {"ctrl": (4, 8), "drug": (3, 6)}
    assert [len(rows) for rows in dataset.pairs()] == [0, 0]


def test_another_group_column_and_another_file(tmp_path: Path) -> None:
    write_folder(tmp_path, GROUPS)
    (tmp_path / "modality2.parquet").rename(tmp_path / "protein.parquet")
    spec = {"path": str(tmp_path), "group": "batch", "modality2": {"file": "protein.parquet"}}
    assert load(spec).labels == ("0", "1")
    assert load({**spec, "modality2": {"file": "protein"}}).labels == ("0", "1")


Edit = Callable[[pd.DataFrame], pd.DataFrame]
BAD: list[tuple[str, Edit, list[str]]] = [
    (
        "modality1",
        lambda t: t.assign(b=t["b"].mask(t.index == "cell002")),
        ["NaN", "'b'", "'cell002'"],
    ),
    ("modality2", lambda t: t.assign(q=np.inf), ["infinite", "'q'", "'cell000'", "7 NaN"]),
    ("modality1", lambda t: t.assign(c=1e39), ["too large for float32 (1e+39", "'c'"]),
    (
        "modality1",
        lambda t: t.rename(index={"cell001": "cell000"}),
        ["'cell000'", "more than once"],
    ),
    ("modality1", lambda t: t.rename(index={"cell001": ""}), ["1 missing", "row 2", "id"]),
    ("modality1", lambda t: t.assign(b="x"), ["'b'", "not numeric", "'x'"]),
    ("modality1", lambda t: t.iloc[:, :0], ["0 features"]),
    ("modality1", lambda t: t.iloc[:0], ["0 cells"]),
    ("modality1", lambda t: t.rename(index={"cell001": "new"}), ["obs", "no row", "'new'"]),
    ("obs", lambda t: t.iloc[1:], ["obs", "no row for 1 of 7", "'cell000'"]),
    ("obs", lambda t: t.rename(columns={"group": "grp"}), ["'group'", "did you mean 'grp'?"]),
    (
        "obs",
        lambda t: t.assign(group=t["group"].where(t.index != "cell003")),
        ["'group'", "'cell003'"],
    ),
    ("obs", lambda t: pd.concat([t, t.iloc[:1]]), ["'cell000'", "unique"]),
    ("modality2", lambda t: t.iloc[:4], ["'drug'", "modality 1 only"]),
]


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
@pytest.mark.parametrize(("name", "edit", "words"), BAD)
def test_bad_tables_end_in_one_line(
    tmp_path: Path, suffix: str, name: str, edit: Edit, words: list[str]
) -> None:
    made = dict(
        zip(("modality1", "modality2", "obs"), write_folder(tmp_path, GROUPS, suffix), strict=True)
    )
    write(edit(made[name]), tmp_path / f"{name}{suffix}")
    with pytest.raises(DataError) as caught:
        load(tmp_path)
    line = str(caught.value)
    assert "\n" not in line
    for word in [*words, "batch" if "grp" in words else ""]:
        assert word in line


def test_no_ids_two_forms_no_table_and_torn_files(tmp_path: Path) -> None:
    first, _, _ = write_folder(tmp_path, GROUPS)
    first.reset_index(drop=True).to_parquet(tmp_path / "modality1.parquet")
    with pytest.raises(DataError, match="no ids"):
        load(tmp_path)
    write(first, tmp_path / "modality1.csv")
    with pytest.raises(DataError, match=r"modality1.parquet and modality1.csv; keep one"):
        load(tmp_path)
    (tmp_path / "modality1.csv").unlink()
    whole = (tmp_path / "modality2.parquet").read_bytes()
    (tmp_path / "modality1.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"modality1.parquet: not a readable table"):
        load(tmp_path)
    (tmp_path / "modality1.parquet").unlink()
    with pytest.raises(DataError, match=r"no table 'modality1'; one of modality1.parquet"):
        load(tmp_path)


def test_an_empty_file(tmp_path: Path) -> None:
    write_folder(tmp_path, GROUPS, ".csv")
    (tmp_path / "modality1.csv").write_text("")
    with pytest.raises(DataError, match=r"modality1.csv: not a readable table"):
        load(tmp_path)


def test_two_labels_for_one_cell(tmp_path: Path) -> None:
    first, second, obs = tables(GROUPS)
    swapped = obs.assign(group=obs["group"].to_numpy()[::-1])
    for name, table in (
        ("modality1", first),
        ("modality2", second),
        ("obs1", obs),
        ("obs2", swapped),
    ):
        write(table, tmp_path / f"{name}.parquet")
    with pytest.raises(DataError, match="cell 'cell000' has label 'ctrl' in modality 1 and 'drug'"):
        load(tmp_path)
    assert not load({"path": str(tmp_path), "pairing": "none"}).paired


def test_constant_columns_are_legal_and_counted(tmp_path: Path) -> None:
    first, _, _ = write_folder(tmp_path, GROUPS)
    first.assign(c=2.5).to_parquet(tmp_path / "modality1.parquet")
    dataset = load(tmp_path)
    assert (dataset.modality1.constant, dataset.modality2.constant) == (1, 0)
