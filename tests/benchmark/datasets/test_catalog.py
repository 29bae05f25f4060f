"""Names, paths and specs; digests; which cells take part."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark.datasets import DatasetSpec, available, load, resolve, source_digest
from tests.benchmark.datasets.toys import tables, toy, write_folder
from weakpair.errors import ConfigError, DataError, InputError, UnknownNameError

GROUPS = {"ctrl": 6, "drug": 4, "rare": 1}


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with one set."""
    folder = tmp_path / "data"
    write_folder(folder / "screen", GROUPS)
    (folder / "screen" / "README.txt").write_text("A small screen. Made here.\n\nMore.")
    (folder / "notes").mkdir()
    monkeypatch.setenv("WEAKPAIR_DATA", str(folder))
    return folder


def test_importing_is_light() -> None:
    code = "import sys, benchmark.datasets; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()
    assert not {"torch", "sklearn", "anndata", "mudata"} & set(modules)


def test_a_folder_of_the_data_folder_is_a_data_set_by_its_name(data_folder: Path) -> None:
    assert [entry.name for entry in available()] == ["digits", "simulation", "screen"]
    assert available()[2].summary == "A small screen. Made here."
    spec = resolve("screen")
    assert (spec.path, spec.kind) == (str(data_folder / "screen"), "folder")
    assert load("screen").digest == load(data_folder / "screen").digest
    assert load({"name": "screen", "group": "batch"}).labels == ("0", "1")
    assert resolve(spec) == spec


def test_a_missing_data_set_says_where_it_was_looked_for(
    data_folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(DataError) as caught:
        load("scren")
    for word in ("did you mean 'screen'?", str(data_folder), "set WEAKPAIR_DATA"):
        assert word in str(caught.value)
    monkeypatch.delenv("WEAKPAIR_DATA")
    with pytest.raises(DataError, match="WEAKPAIR_DATA is not set"):
        load("scren")
    with pytest.raises(DataError, match=r"nowhere.npz: no such file"):
        load(tmp_path / "nowhere.npz")
    with pytest.raises(DataError, match="no such file or folder"):
        load("./nowhere")
    (tmp_path / "table.xlsx").write_text("x")
    with pytest.raises(ConfigError, match="unknown form of data"):
        load(tmp_path / "table.xlsx")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"name": "digits", "grup": "x"}, "unknown key of a data set 'grup'; did you mean 'group'"),
        ({"name": "digits", "modality1": {"layr": "x"}}, "modality 'layr'; did you mean 'layer'"),
        ({"name": "digits", "kind": "xls"}, "kind: Input should be 'auto', 'folder'"),
        (
            {"name": "digits", "subsample": 0},
            "subsample: Input should be greater than or equal to 1",
        ),
        ({"name": "digits", "pairing": "row"}, "pairing: Input should be 'auto', 'ids', 'rows'"),
        ({"name": "digits", "modality2": {"preprocess": ["log2"]}}, "did you mean 'log1p'"),
        ({"group": "x"}, "a data set needs a name or a path"),
    ],
)
def test_a_wrong_spec_ends_in_one_line(data: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve(data)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_specs_survive_json(data_folder: Path) -> None:
    spec = resolve(
        {"name": "screen", "modality1": {"preprocess": "log1p, hvg(n=2)"}, "groups": ["drug"]}
    )
    again = DatasetSpec.model_validate_json(spec.model_dump_json())
    assert again == spec
    assert hash(again) == hash(spec)


def test_source_digest_follows_bytes_and_reading_but_not_names_or_preprocessing(
    data_folder: Path, tmp_path: Path
) -> None:
    digest = source_digest("screen")
    write_folder(tmp_path / "elsewhere", GROUPS)
    assert source_digest(tmp_path / "elsewhere") == digest
    assert source_digest({"name": "screen", "modality1": {"preprocess": ["log1p"]}}) == digest
    assert source_digest({"name": "screen", "group": "batch"}) != digest
    assert source_digest({"name": "screen", "subsample": 3}) != digest
    table = tables(GROUPS, seed=1)[0]
    table.to_parquet(tmp_path / "elsewhere" / "modality1.parquet")
    assert source_digest(tmp_path / "elsewhere") != digest


def test_digest_changes_with_every_part_of_the_content(data_folder: Path) -> None:
    first, _, obs = tables(GROUPS)
    path = data_folder / "screen"
    seen = {load(path).digest}
    x = first + np.eye(len(first), 3, dtype=np.float32)
    for name, table in (
        ("modality1", x),
        ("modality1", first.rename(columns={"a": "A"})),
        ("modality1", first.iloc[::-1]),
        ("obs", obs.assign(group=obs["group"].replace({"ctrl": "control"}))),
    ):
        table.to_parquet(path / f"{name}.parquet")
        seen.add(load(path).digest)
    # The order of the rows in a file is no content.
    assert len(seen) == 4
    assert load({"path": str(path), "pairing": "none"}).digest not in seen
    assert load({"path": str(path), "name": "other"}).digest in seen


def test_groups_and_min_cells(data_folder: Path) -> None:
    assert load({"name": "screen", "groups": ["drug", "rare"]}).counts() == {
        "drug": (4, 4),
        "rare": (1, 1),
    }
    assert load({"name": "screen", "min_cells": 4}).labels == ("ctrl", "drug")
    with pytest.raises(
        UnknownNameError, match=r"unknown group of screen 'drog'; did you mean 'drug'"
    ):
        load({"name": "screen", "groups": ["drog"]})
    with pytest.raises(DataError, match="min_cells = 7"):
        load({"name": "screen", "min_cells": 7})


def test_min_cells_leaves_out_a_group_of_one_modality(data_folder: Path) -> None:
    second = tables(GROUPS)[1]
    second.iloc[:-1].to_parquet(data_folder / "screen" / "modality2.parquet")
    with pytest.raises(DataError, match=r"group 'rare' stands in modality 1 only.*min_cells: 1"):
        load("screen")
    assert load({"name": "screen", "min_cells": 2}).labels == ("ctrl", "drug")


def test_min_cells_of_one_leaves_out_what_one_modality_lacks(data_folder: Path) -> None:
    second = tables(GROUPS)[1]
    second.iloc[:-1].to_parquet(data_folder / "screen" / "modality2.parquet")
    assert load({"name": "screen", "min_cells": 1}).labels == ("ctrl", "drug")


def test_subsampling_keeps_pairs_whole_and_is_seeded(data_folder: Path) -> None:
    second = tables(GROUPS)[1]
    second.iloc[::-1].to_parquet(data_folder / "screen" / "modality2.parquet")
    draws = [load({"name": "screen", "subsample": 3, "subsample_seed": seed}) for seed in range(8)]
    for dataset in draws:
        assert dataset.counts() == {"ctrl": (3, 3), "drug": (3, 3), "rare": (1, 1)}
        assert set(dataset.modality1.ids) == set(dataset.modality2.ids)
    again = load({"name": "screen", "subsample": 3, "subsample_seed": 5})
    assert again.digest == draws[5].digest
    assert len({tuple(dataset.modality1.ids) for dataset in draws}) > 3


def test_task_and_batch_must_be_columns(data_folder: Path) -> None:
    dataset = load({"name": "screen", "batch": "batch"})
    assert dataset.modality2.obs["batch"].nunique() == 2
    with pytest.raises(DataError, match="metadata of modality 1: unknown column 'cell_type'"):
        load({"name": "screen", "downstream": "cell_type"})


def test_partners_point_to_the_true_pair() -> None:
    dataset = toy(GROUPS)
    partner = dict(zip(*dataset.pairs(), strict=True))
    rows1 = np.array([4, 0, 9, 7])
    rows2 = np.array([partner[9], *(partner[row] for row in (1, 2)), partner[0]])
    found = dataset.partners(rows1, rows2)
    for row, at in zip(rows1, found, strict=True):
        others = dataset.modality2.ids[rows2].tolist()
        own = dataset.modality1.ids[row]
        assert at == (others.index(own) if own in others else -1)
    assert (found >= 0).sum() == 2


def test_features_cannot_be_changed_behind_a_digest() -> None:
    with pytest.raises(ValueError, match="read-only"):
        load("digits").modality1.x[0, 0] = 1


def test_every_complaint_is_the_users_to_mend() -> None:
    assert issubclass(DataError, InputError)
    assert issubclass(ConfigError, InputError)
