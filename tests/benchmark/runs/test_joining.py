"""Joined runs: two halves of a grid are the whole, and what is not alike is refused."""

import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from benchmark.engine.progress import Lines
from benchmark.grids.spec import validate_grid
from benchmark.runs.folder import RunFolder
from benchmark.runs.run import RunOptions, run_grid
from tests.benchmark.cli.test_cli import bench, inside, one_line
from weakpair.vocabulary.columns import KEY

__all__ = ["inside"]

GRID: dict[str, Any] = {
    "datasets": [{"name": "digits", "groups": ["0", "1", "2"], "subsample": 20}],
    "splits": ["kfold:2"],
    "learners": ["pca", "lda", "lda-bounded"],
    "aligners": ["labeled-eot", "label-uniform"],
    "tasks": ["matching"],
}


def run(folder: str, **changes: Any) -> Path:
    """A run with a store of its own, as on another machine."""
    options = RunOptions(out=Path(folder), store=Path(f"{folder}-store"), workers=0)
    grid = validate_grid({"name": folder, **GRID, **changes})
    assert run_grid(grid, options, Lines(io.StringIO())).exit_code == 0
    return Path(folder)


def sorted_scores(folder: Path) -> pd.DataFrame:
    frame = pd.read_parquet(folder / "results.parquet")
    keys = [*KEY, "metric"]
    return frame.sort_values(keys).reset_index(drop=True)[[*keys, "value", "score_key", "settings"]]


def test_two_halves_are_the_whole() -> None:
    run("whole")
    run("one", learners=["pca", "lda"])
    run("two", learners=["lda", "lda-bounded"])
    said = bench("merge", "one", "two", "--out", "both")
    whole, both = sorted_scores(Path("whole")), sorted_scores(Path("both"))
    pd.testing.assert_frame_equal(whole, both)
    shared = 2 * 2  # folds of lda and of label-uniform
    assert f"8 points with scores, {shared} of them in several runs, 0 without" in " ".join(
        said.split()
    )
    by_label = [pd.read_parquet(Path(name) / "perturbations.parquet") for name in ("whole", "both")]
    assert len(by_label[0]) == len(by_label[1])
    stages = pd.read_parquet("both/stages.parquet")
    assert not stages["key"].duplicated().any()
    assert set(pd.read_parquet("whole/stages.parquet")["key"]) == set(stages["key"])


def test_a_joined_run_is_a_run_for_every_reader() -> None:
    run("one", learners=["pca"])
    run("two", learners=["lda"])
    bench("merge", "one", "two", "--out", "both")
    folder = RunFolder(Path("both"))
    assert not folder.unfinished
    assert not folder.strangers()
    assert [part.name for part in folder.grid.parts] == ["one", "two"]
    assert [one["from"] for one in folder.provenance["merged"]] == ["one", "two"]
    printed = bench("report", "both", "--format", "csv")
    assert all(f"{one} + labeled-eot" in printed for one in ("pca", "lda"))
    assert yaml.safe_load(folder.grid_text)["about"] == "Joined from one, two"
    bench("merge", "both", run("three", learners=["lda-bounded"]).name, "--out", "all")
    assert len(RunFolder(Path("all")).grid.parts) == 3


def test_what_one_run_lacks_and_another_has_is_no_gap() -> None:
    run("one", learners=["lda"])
    run("two", learners=["pca"])
    gaps = pd.read_parquet("one/results.parquet").drop_duplicates(list(KEY)).iloc[:3]
    known = pd.read_parquet("two/gaps.parquet")
    lacking = gaps.reindex(columns=known.columns).assign(status="failed")
    pd.concat([known, lacking]).astype(known.dtypes.to_dict()).to_parquet("two/gaps.parquet")
    assert "0 without" in bench("merge", "one", "two", "--out", "both")


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["one"], "name at least two runs"),
        (["one", "nowhere"], "nowhere: no run that has ended"),
        (["one", "other"], "under one name"),
        (["one", "broken"], "broken: no run that has ended"),
    ],
)
def test_what_cannot_be_joined_is_one_line(words: list[str], hint: str) -> None:
    run("one", learners=["lda"])
    run("other", learners=["lda"], seed=5)
    broken = run("broken", learners=["pca"])
    known = json.loads((broken / "provenance.json").read_text())
    del known["ended"]
    (broken / "provenance.json").write_text(json.dumps(known))
    assert hint in one_line(bench("merge", *words, "--out", "both", code=2))
    assert not Path("both").exists()
