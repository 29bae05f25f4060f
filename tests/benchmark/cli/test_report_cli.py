"""`bench report` of runs that have ended, are under way, share a name, or are named in a hurry."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from benchmark.cli import app
from benchmark.runs.material.page import gather
from benchmark.runs.reading import test_to_train as read_ratios
from benchmark.store.store import Store
from tables import load_results
from tests.benchmark.runs.test_report_page import run
from tests.tables.examples import mixed


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two learners; its store lies beside it."""
    return run(tmp_path_factory.mktemp("runs"), "small", ["lda", "pca"])


@pytest.fixture
def under_way(finished: Path, tmp_path: Path) -> Path:
    """The same run as it looks before it has ended: half of its scores are there."""
    folder = run(tmp_path, "half", ["lda"])
    wider = run(tmp_path / "other", "half", ["lda", "pca"])
    for name in ("grid.yaml", "provenance.json"):
        (folder / name).write_bytes((wider / name).read_bytes())
    facts = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    del facts["ended"]
    (folder / "provenance.json").write_text(json.dumps(facts), encoding="utf-8")
    for name in ("results.parquet", "gaps.parquet", "stages.parquet"):
        (folder / name).unlink()
    return folder


def bench(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False, env={"COLUMNS": "200"})
    assert result.exit_code == code, result.output
    return " ".join(result.output.split())


def write(folder: Path, **changes: str) -> Path:
    folder.mkdir(parents=True)
    mixed().assign(**changes).to_parquet(folder / "results.parquet")
    return folder


def test_a_run_under_way_says_how_far_it_is_and_offers_what_there_is(under_way: Path) -> None:
    store = ["--store", str(under_way.parent / "store")]
    said = bench("report", str(under_way), *store, code=2)
    # Two folds of two learners with one aligner, and of a control: 4 of 6 are there.
    assert "the run has not finished (4 of 6 points have scores)" in said
    assert f"bench report {under_way} --partial" in said
    part = bench("report", str(under_way), "--partial", *store)
    assert "4 of 6 points have scores by now" in part
    assert "lda + labeled-eot" in part
    assert "incomplete, not ranked" in part
    assert "(0/2)" in part


@pytest.mark.parametrize("form", ["html", "md"])
def test_what_there_is_can_be_a_page_and_a_figure(
    under_way: Path, tmp_path: Path, form: str
) -> None:
    store = ["--store", str(under_way.parent / "store")]
    out = tmp_path / f"part.{form}"
    bench("report", str(under_way), "--partial", *store, "--out", str(out))
    assert "lda + labeled-eot" in out.read_text(encoding="utf-8")
    figure = ["figure", "heatmap", str(under_way), "--out", str(tmp_path / "f.svg"), *store]
    assert "has not finished" in bench(*figure, code=2)
    assert "wrote" in bench(*figure, "--partial")


def test_without_a_single_score_there_is_nothing_to_report(under_way: Path, tmp_path: Path) -> None:
    store = ["--store", str(tmp_path / "empty")]
    said = bench("report", str(under_way), "--partial", *store, code=2)
    assert "0 of 6 points have scores by now; there is nothing to report yet" in said


def test_results_so_far_are_not_taken_for_all(under_way: Path) -> None:
    mixed().to_parquet(under_way / "results.parquet")
    said = bench("report", str(under_way), "--task", "matching", code=2)
    assert "has not finished" in said
    assert "--partial" in said


def test_a_run_is_found_by_its_grids_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "runs" / "demo")
    assert bench("report", "demo", code=2) == "error: demo does not exist; did you mean runs/demo?"
    assert "e.g. runs/demo" in bench("report", "dmeo", code=2)


@pytest.mark.parametrize(
    ("suffix", "start"),
    [
        (".txt", "Matching: digits"),
        (".md", "### Matching"),
        (".tex", "% \\usepackage"),
        (".csv", "table,group,row"),
        (".html", "<!DOCTYPE html>"),
        (".HTML", "<!DOCTYPE html>"),
        ("", "Matching: digits"),
    ],
)
def test_the_files_name_decides_the_form(suffix: str, start: str, tmp_path: Path) -> None:
    out = tmp_path / f"report{suffix}"
    bench("report", str(write(tmp_path / "run")), "--out", str(out))
    assert out.read_text(encoding="utf-8").startswith(start)


def test_a_form_that_contradicts_the_name_is_one_line(tmp_path: Path) -> None:
    words = ["report", str(write(tmp_path / "run")), "--out", str(tmp_path / "x.html")]
    said = bench(*words, "--format", "latex", code=2)
    assert "x.html is a file of html, --format says latex: give one" in said
    assert "did you mean 'latex'" in bench(*words, "--format", "latx", code=2)
    assert not (tmp_path / "x.html").exists()
    bench(*words, "--format", "html")


def test_two_data_sets_of_one_name_are_refused_and_can_be_renamed(tmp_path: Path) -> None:
    one, two = write(tmp_path / "A", data="d1"), write(tmp_path / "B", data="d2")
    gaps = mixed().head(1).assign(fold="9", status="failed", error="boom")
    gaps.to_parquet(two / "gaps.parquet")
    for command in (["report"], ["figure", "heatmap", "--out", str(tmp_path / "f.svg")]):
        assert "other cells or values" in bench(*command, str(one), str(two), code=2)
    said = bench("report", f"mine={one}", f"yours={two}")
    assert "Matching: mine (" in said
    assert "Matching: yours (" in said
    assert said.split("Matching: yours")[0].count("(2/3)") == 0
    assert said.split("Matching: yours")[1].count("(2/3)") > 0
    named = bench("report", f"mine={one}", str(two), "--out", str(tmp_path / "page.html"))
    assert "wrote" in named


@pytest.mark.parametrize("name", ["mse", "MSE"])
def test_a_metric_finds_its_task(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    imputed = mixed().query("metric == 'foscttm'").assign(task="imputation", metric="mse")
    pd.concat([mixed(), imputed]).to_parquet(folder / "results.parquet")
    words = ["figure", "heatmap", str(folder), "--metric", name, "--out", str(tmp_path / "f.svg")]
    assert "Caption: MSE by learner and aligner" in bench(*words)
    said = bench(*words, "--task", "matching", code=2)
    assert "--metric mse is one of imputation: leave out --task matching" in said


def test_stages_from_the_store_take_what_they_took(finished: Path) -> None:
    """Run again, everything is cached: the page still knows the seconds of the first run."""
    again = run(finished.parent, "again", ["lda", "pca"])
    stages = pd.read_parquet(again / "stages.parquet")
    assert (stages["status"] == "cached").all()
    results, store = load_results([again]), Store(finished.parent / "store")
    (record,) = gather(results, [again], store).runs
    taken = pd.Series({key: store.provenance(key)["seconds"] for key in stages["key"]})
    assert (taken > 0).all()
    assert record.stages["seconds"].tolist() == pytest.approx(taken.tolist())
    (lost,) = gather(results, [again], Store(finished.parent / "elsewhere")).runs
    assert lost.stages["seconds"].isna().all()


def test_the_size_of_a_holdout_is_its_grids_own_also_of_grids_that_include_others(
    tmp_path: Path,
) -> None:
    text = """
        include:
        - {name: a, splits: ["holdout:0.3"], learners: [lda]}
        - {name: b, splits: [{kind: kfold, folds: 10}]}
    """
    (tmp_path / "grid.yaml").write_text(text, encoding="utf-8")
    assert read_ratios([tmp_path]) == pytest.approx({"holdout": 3 / 7, "kfold": 1 / 9})


def test_tables_of_another_run_are_noticed(finished: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    shutil.copytree(finished, folder)
    assert "note:" not in bench("report", str(folder))
    other = run(tmp_path / "other", "small", ["lda"])
    shutil.copy(other / "results.parquet", folder)
    assert "results.parquet in" in bench("report", str(folder))
