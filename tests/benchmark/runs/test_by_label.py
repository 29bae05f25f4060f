"""Scores by label beside a run's results: whole, the same for any workers, shown by the report."""

import shutil
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmark.runs.folder import BY_LABEL, RESULTS
from tests.benchmark.cli.test_cli import bench, inside, one_line

__all__ = ["inside"]

RUN = ("run", "--grid", "smoke", "--learners", "lda,paired-cca", "--aligners")
NAMES = "labeled-eot,label-uniform"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run and its store, which tests copy."""
    home = tmp_path_factory.mktemp("finished")
    folders = ("--store", str(home / ".weakpair"), "--out", str(home / "run"))
    bench(*RUN, NAMES, "--workers", "0", *folders)
    return home


@pytest.fixture
def run(tmp_path: Path, finished: Path) -> Path:
    """A copy of it, in the folder of the test."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    return Path("run")


def test_every_point_has_scores_of_every_label_that_add_up(run: Path) -> None:
    results, by_label = (pd.read_parquet(run / name) for name in (RESULTS, BY_LABEL))
    assert set(by_label["score_key"]) == set(results["score_key"])
    assert by_label["label"].nunique() == 10
    assert not (by_label["label"] == "").any()
    assert "label" not in results
    for metric in ("trace", "mse"):
        rows = by_label[by_label["metric"] == metric]
        sums = (rows["value"] * rows["cells"]).groupby(rows["score_key"]).sum()
        means = sums / rows.groupby("score_key")["cells"].sum()
        known = results[results["metric"] == metric].set_index("score_key")["value"]
        np.testing.assert_allclose(means[known.index], known, rtol=1e-9)


@pytest.mark.slow
def test_the_table_is_the_same_for_any_number_of_workers(run: Path) -> None:
    bench(*RUN, NAMES, "--workers", "2", "--store", "other", "--out", "again")
    assert (run / BY_LABEL).read_bytes() == (Path("again") / BY_LABEL).read_bytes()


def test_the_report_goes_perturbation_by_perturbation(run: Path) -> None:
    said = bench("report", str(run), "--by", "perturbation", "--format", "markdown")
    assert "By perturbation: Matching: digits" in said
    assert "By perturbation: Imputation of" in said
    told = bench(
        *("report", str(run), "--by", "perturbation", "--task", "matching"),
        *("--control", "3", "--format", "csv"),
    )
    frame = pd.read_csv(StringIO(told))
    shown = frame[frame["column"] == "effect-1"].set_index("row")["value"]
    effects = pd.to_numeric(shown)
    assert np.isnan(effects[3])
    assert (effects.drop(3) > 0).all()
    bench("report", str(run), "--out", "page.html")
    assert "Perturbation by perturbation" in Path("page.html").read_text()


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("--by", "label"), "unknown way to divide a table 'label'"),
        (("--control", "3"), "--control goes with --by perturbation"),
        (("--by", "perturbation", "--control", "none"), "unknown label 'none'"),
        (("--by", "perturbation", "--task", "probe"), "no result of task 'probe'"),
    ],
)
def test_a_mistake_is_one_line(run: Path, words: tuple[str, ...], hint: str) -> None:
    assert hint in one_line(bench("report", str(run), *words, code=2))


def test_a_run_from_before_is_told_to_run_again(run: Path) -> None:
    (run / BY_LABEL).unlink()
    said = bench("report", str(run), "--by", "perturbation", code=2)
    assert "run the grid again" in " ".join(said.split())
