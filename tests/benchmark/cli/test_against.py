"""A new method beside frozen results: ranked among them, computed alone, and only if alike."""

from pathlib import Path

import pandas as pd
import pytest

from tests.benchmark.cli.test_cli import bench, inside, one_line

__all__ = ["inside"]

GRID = """
datasets: [{name: digits, groups: ["0", "1", "2"], subsample: 20}]
splits: ["kfold:2"]
learners: [pca, lda, lda-bounded]
aligners: [labeled-eot]
tasks: [matching]
"""


@pytest.fixture(autouse=True)
def frozen(inside: Path) -> None:
    Path("grid.yaml").write_text(GRID, encoding="utf-8")
    bench("run", "--grid", "grid.yaml", "--learners", "pca,lda", "--workers", "0", "--out", "old")


def test_a_new_method_is_ranked_among_frozen_results_that_are_not_computed_again() -> None:
    Path("old").rename("frozen")
    given = ["run", "--grid", "grid.yaml", "--learners", "lda-bounded", "--workers", "0"]
    said = bench(*given, "--against", "frozen/results.parquet", "--out", "new", "--store", "other")
    assert "lda-bounded + labeled-eot is" in said
    assert "of 3" in said
    assert "next: bench report frozen/results.parquet new" in said
    assert set(pd.read_parquet("new/results.parquet")["learner"]) == {"lda-bounded"}
    table = bench("report", "frozen", "new", "--format", "csv")
    assert all(f"{one} + labeled-eot" in table for one in ("pca", "lda", "lda-bounded"))


def test_what_is_not_alike_is_refused_before_anything_is_computed() -> None:
    given = ["run", "--grid", "grid.yaml", "--learners", "lda-bounded", "--workers", "0"]
    said = one_line(bench(*given, "--seed", "3", "--against", "old", "--out", "new", code=2))
    assert "under one name" in said
    assert not Path("new/results.parquet").exists()
    missing = one_line(bench(*given, "--against", "nowhere", "--out", "new", code=2))
    assert (
        "nowhere/results.parquet does not exist" in missing or "nowhere does not exist" in missing
    )
