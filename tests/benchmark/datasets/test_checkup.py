"""`bench check DATA`: each note is made where it should be, and only there."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from benchmark import datasets
from benchmark.cli.app import app
from benchmark.datasets import Dataset
from benchmark.datasets.checkup import Level, checkup
from tests.benchmark.datasets.toys import write_folder
from weakpair.errors import UnknownNameError

EACH = 30


def screen(
    where: Path, *, effect: float = 3.0, groups: dict[str, int] | None = None, **columns: Any
) -> Dataset:
    """A folder whose labels shift modality 1 by `effect`, and modality 2 not at all."""
    counts = groups or dict.fromkeys("abcd", EACH)
    labels = np.repeat(list(counts), list(counts.values()))
    rng = np.random.default_rng(0)
    shift = effect * np.unique(labels, return_inverse=True)[1][:, None]
    ids = pd.Index([f"c{row}" for row in range(len(labels))], name="id")
    where.mkdir(exist_ok=True)
    for name, values in (
        ("modality1", rng.normal(size=(len(labels), 6)) + shift),
        ("modality2", rng.normal(size=(len(labels), 4))),
    ):
        pd.DataFrame(values, ids, [f"f{k}" for k in range(values.shape[1])]).to_csv(
            where / f"{name}.csv"
        )
    made = {name: value(labels) for name, value in columns.items()}
    pd.DataFrame({"group": labels, **made}, ids).to_csv(where / "obs.csv")
    return datasets.load({"name": "screen", "path": str(where)})


def levels(data: Dataset, topic: str, control: str | None = None) -> list[tuple[Level, str]]:
    found = [(n.level, n.text) for n in checkup(data, control) if n.topic.startswith(topic)]
    assert found, f"nothing on {topic}"
    return found


def test_a_label_is_read_where_it_is_and_not_where_it_is_not(tmp_path: Path) -> None:
    (one, told), (two, lost) = levels(screen(tmp_path), "labels")
    assert (one, two) == ("ok", "mind")
    accuracy = float(told.split()[4])
    assert accuracy > 0.9
    assert "not beyond noise" in lost


def test_copies_of_the_label_and_confounded_batches_are_told(tmp_path: Path) -> None:
    data = screen(
        tmp_path,
        copy=lambda labels: [f"x{label}" for label in labels],
        plate=lambda labels: np.where(np.isin(labels, ["a", "b"]), "p1", "p2"),
        random=lambda labels: np.random.default_rng(1).integers(0, 3, len(labels)),
    )
    for level, text in levels(data, "metadata"):
        assert level == "mind"
        assert "copy (100%)" in text
        assert "random" not in text
        assert "plate" not in text, "half of the labels per plate is a gain of a third"


def test_a_free_batch_is_no_matter(tmp_path: Path) -> None:
    data = screen(tmp_path, random=lambda labels: np.arange(len(labels)) % 3)
    assert {level for level, _ in levels(data, "metadata")} == {"ok"}


def test_small_labels_missing_pairs_and_splits(tmp_path: Path) -> None:
    data = screen(tmp_path, groups={"a": 4, "b": 30, "c": 30})
    ((level, text),) = levels(data, "perturbations")
    assert level == "mind"
    assert "1 of 3 have fewer than 10 cells (a)" in text
    ((level, text),) = levels(data, "splits")
    assert level == "mind"
    assert "too few cells or labels for kfold:5" in text
    assert "hidden labels" in text.partition("too few")[2]


def test_a_lone_cell_is_wrong(tmp_path: Path) -> None:
    data = screen(tmp_path, groups={"a": 1, "b": 30, "c": 30})
    ((level, text),) = levels(data, "perturbations")
    assert level == "wrong"
    assert "'a' has one cell" in text


def test_duplicates_are_counted(tmp_path: Path) -> None:
    data = screen(tmp_path)
    rows = [*range(len(data.modality1))][:-10]
    again = Dataset(
        data.name, data.modality1.take([*rows, *rows[:10]]), data.modality2, paired=False
    )
    (one, text), (two, _) = levels(again, "duplicates")
    assert (one, two) == ("mind", "ok")
    assert text.startswith("10 of 120")


def test_the_control_is_one_of_the_labels(tmp_path: Path) -> None:
    data = screen(tmp_path, groups={"a": 60, "b": 30, "c": 30})
    assert levels(data, "control", "a")[0][0] == "ok"
    with pytest.raises(UnknownNameError, match="unknown label 'aa'; did you mean 'a'"):
        list(checkup(data, "aa"))


def test_the_command_prints_lines_or_json_and_its_exit_code(tmp_path: Path) -> None:
    screen(tmp_path / "fine")
    screen(tmp_path / "lone", groups={"a": 1, "b": 30, "c": 30})
    fine = CliRunner().invoke(app, ["check", str(tmp_path / "fine"), "--control", "a"])
    assert fine.exit_code == 0, fine.output
    assert all(line.split()[0] in ("ok", "mind") for line in fine.output.strip().splitlines())
    lone = CliRunner().invoke(app, ["check", str(tmp_path / "lone"), "--json"])
    assert lone.exit_code == 1
    assert {"level", "topic", "text"} == set(json.loads(lone.output)[0])
    wrong = CliRunner().invoke(app, ["check", str(tmp_path / "fine"), "--group", "grup"])
    assert wrong.exit_code == 2
    assert len(wrong.output.strip().splitlines()) == 1
    method = CliRunner().invoke(app, ["check", "lda", "--group", "x"])
    assert method.exit_code == 2
    assert "--group goes with data" in method.output


def test_counts_are_called_counts(tmp_path: Path) -> None:
    write_folder(tmp_path / "toy", dict.fromkeys("abcd", 20))
    data = datasets.load({"name": "toy", "path": str(tmp_path / "toy")})
    assert [level for level, _ in levels(data, "values")]
