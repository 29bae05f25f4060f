"""Runs are read as they are, merged cell by cell, and refused in one line where they are odd."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import tables
from tests.tables.examples import mixed, row
from weakpair.errors import DataError


def write(folder: Path, frame: pd.DataFrame) -> Path:
    folder.mkdir()
    frame.to_parquet(folder / "results.parquet")
    return folder


def test_a_folder_and_its_file_are_the_same_run(tmp_path: Path) -> None:
    run = write(tmp_path / "a", mixed())
    by_folder = tables.load_results([run])
    by_file = tables.load_results([run / "results.parquet"])
    pd.testing.assert_frame_equal(by_folder, by_file)
    assert tables.build(by_folder, "matching") == tables.build(mixed(), "matching")


def test_the_later_run_wins_on_a_cell_with_all_its_metrics(tmp_path: Path) -> None:
    old = pd.DataFrame([row("a", "eot", "trace", 0.1), row("a", "eot", "foscttm", 0.2)])
    new = pd.DataFrame([row("a", "eot", "trace", 0.9), row("b", "eot", "trace", 0.5)])
    merged = tables.load_results([write(tmp_path / "old", old), write(tmp_path / "new", new)])
    found = {(r.learner, r.metric): r.value for r in merged.itertuples()}
    assert found == {("a", "trace"): 0.9, ("b", "trace"): 0.5}


def test_runs_add_up(tmp_path: Path) -> None:
    frame = mixed()
    first = write(tmp_path / "1", frame[frame["fold"] == "0"])
    second = write(tmp_path / "2", frame[frame["fold"] == "1"])
    merged = tables.load_results([second, first])
    assert tables.build(merged, "matching") == tables.build(frame, "matching")


def test_a_missing_variant_is_no_variant(tmp_path: Path) -> None:
    run = write(tmp_path / "a", mixed().assign(variant=None))
    assert set(tables.load_results([run])["variant"]) == {""}


def test_results_without_ratios_do_not_know_them(tmp_path: Path) -> None:
    old = tables.load_results([write(tmp_path / "old", mixed())])
    assert old["test_to_train"].isna().all()
    new = mixed().assign(test_to_train=0.25)
    both = tables.load_results([tmp_path / "old", write(tmp_path / "new", new[new["fold"] == "0"])])
    assert set(both.loc[both["fold"] == "0", "test_to_train"]) == {0.25}
    assert both.loc[both["fold"] == "1", "test_to_train"].isna().all()


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"results\.parquet does not exist"):
        tables.load_results([tmp_path])


def test_no_run() -> None:
    with pytest.raises(DataError, match="no run was named"):
        tables.load_results([])


@pytest.mark.parametrize("content", [b"", b"PAR1 torn", b"dataset,metric\n"])
def test_what_is_not_parquet(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "results.parquet").write_bytes(content)
    with pytest.raises(DataError, match="not a readable Parquet file") as caught:
        tables.load_results([tmp_path])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (mixed().drop(columns="aligner"), "no column 'aligner'"),
        (mixed().assign(value="high"), "column 'value' must hold numbers"),
        (mixed().assign(test_to_train="a"), "column 'test_to_train' must hold numbers"),
        (mixed().assign(fold=None), "column 'fold' has empty entries"),
        (mixed().assign(role="king"), "holds 'king'; known: method"),
        (pd.concat([mixed(), mixed()]), "a score stands twice"),
    ],
)
def test_odd_tables_name_the_column(tmp_path: Path, frame: pd.DataFrame, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        tables.load_results([write(tmp_path / "run", frame)])
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [("higher_is_better", False, "trace"), ("role", "control", "pca [+] eot")],
)
def test_one_name_has_one_meaning(column: str, value: Any, words: str) -> None:
    frame = pd.DataFrame(
        [row("pca", "eot", "trace", 0.1), row("pca", "eot", "trace", 0.1, fold="1")]
    )
    frame.loc[1, column] = value
    with pytest.raises(DataError, match=words):
        tables.build(frame, "matching")
