"""Runs are merged by name, and a name stands for one data set, one protocol, one setting."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import tables
from tables.merging import Source
from tests.tables.examples import mixed
from weakpair.errors import DataError


def write(folder: Path, frame: pd.DataFrame) -> Path:
    folder.mkdir()
    frame.to_parquet(folder / "results.parquet")
    return folder


def known(**changes: Any) -> pd.DataFrame:
    plain = {"data": "d1", "settings": "s1", "protocol": "p1"}
    return mixed().assign(**{**plain, **changes})


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("data", "other cells or values under one name (digits)"),
        ("protocol", "another split, seed, imputer or probe under one name (digits, kfold"),
        ("settings", "other parameters, versions, preprocessing or seeds under one name (digits"),
    ],
)
def test_two_things_of_one_name_are_refused_with_the_remedy(
    column: str, words: str, tmp_path: Path
) -> None:
    one = write(tmp_path / "expA", known())
    two = write(tmp_path / "expB", known(**{column: "other"}))
    with pytest.raises(DataError) as caught:
        tables.load_results([one, two])
    said = str(caught.value)
    assert said.startswith(f"{one} and {two} have {words}")
    assert f"A={one}" in said
    assert "--name" in said
    assert "\n" not in said


@pytest.mark.parametrize("column", ["data", "protocol", "settings"])
def test_the_remedy_works(column: str, tmp_path: Path) -> None:
    one = write(tmp_path / "expA", known())
    two = write(tmp_path / "expB", known(**{column: "other"}))
    merged = tables.load_results([f"A={one}", f"B={two}"])
    assert [table.title.split(" (")[0] for table in tables.build(merged, "matching")] == [
        "Matching: A",
        "Matching: B",
    ]
    (alone,) = tables.build(known(), "matching")
    assert all(table.groups == alone.groups for table in tables.build(merged, "matching"))


def test_folds_of_two_data_sets_are_never_averaged_in_one_row(tmp_path: Path) -> None:
    first = known()[known()["fold"] == "0"]
    second = known(data="d2")[known()["fold"] == "1"]
    runs = [write(tmp_path / "a", first), write(tmp_path / "b", second)]
    with pytest.raises(DataError, match="other cells or values"):
        tables.load_results(runs)
    # Whoever merges frames without us is told as well.
    with pytest.raises(DataError, match="two kinds of 'data' under one name"):
        tables.build(pd.concat([first, second]), "matching")


def test_the_same_data_and_settings_merge_and_the_later_run_wins(tmp_path: Path) -> None:
    old, new = known(), known(value=0.5)
    merged = tables.load_results([write(tmp_path / "old", old), write(tmp_path / "new", new)])
    assert set(merged["value"]) == {0.5}
    assert len(merged) == len(old)


def test_what_a_run_does_not_know_clashes_with_nothing(tmp_path: Path) -> None:
    runs = [write(tmp_path / "old", mixed()), write(tmp_path / "new", known())]
    assert len(tables.load_results(runs)) == len(mixed())
    runs.append(write(tmp_path / "other", known(data="d2")))
    with pytest.raises(DataError, match=f"{tmp_path}/new and {tmp_path}/other"):
        tables.load_results(runs)


def test_replicates_and_methods_may_differ(tmp_path: Path) -> None:
    frame = known()
    other = frame.assign(replicate=1, data="d2")
    assert len(tables.load_results([write(tmp_path / "a", pd.concat([frame, other]))]))
    frame["settings"] = frame["learner"] + frame["aligner"]
    assert len(tables.load_results([write(tmp_path / "b", frame)]))


def test_both_directions_of_imputation_are_kept(tmp_path: Path) -> None:
    frame = mixed().assign(task="imputation", target=1)
    both = pd.concat([frame, frame.assign(target=2)])
    assert len(tables.load_results([write(tmp_path / "a", both)])) == len(both)


def test_a_run_of_several_data_sets_keeps_them_apart(tmp_path: Path) -> None:
    frame = pd.concat([mixed(), mixed().assign(dataset="other")])
    merged = tables.load_results([f"A={write(tmp_path / 'run', frame)}"])
    assert list(merged["dataset"].unique()) == ["A:digits", "A:other"]


def test_a_folder_with_a_sign_in_its_name_is_a_folder(tmp_path: Path) -> None:
    run = write(tmp_path / "shared=0.8", mixed())
    assert Source.parse(str(run)) == Source(run)
    assert Source.parse("A=runs/x=1") == Source(Path("runs/x=1"), "A")
    with pytest.raises(DataError, match="NAME=FOLDER"):
        Source.parse("A=")
