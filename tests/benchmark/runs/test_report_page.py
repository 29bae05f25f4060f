"""The HTML report of real runs: what it takes from the store, and what it says without it."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from benchmark.cli import app
from benchmark.engine.progress import Lines
from benchmark.grids.spec import validate_grid
from benchmark.runs.material.page import MOST_CELLS, MOST_MAPS, gather
from benchmark.runs.run import RunOptions, run_grid
from benchmark.store.store import Store
from tables import load_results
from tests.benchmark.cli.test_cli import screen
from tests.tables.browser import Browser, find

LEARNERS = ["ps", "lda", "pca"]


def run(folder: Path, name: str, learners: list[object], **changes: object) -> Path:
    content = {
        "name": name,
        "datasets": [{"name": "digits", "subsample": 20}],
        "splits": [{"kind": "kfold", "folds": 2}],
        "learners": learners,
        "aligners": ["labeled-eot", "uniform"],
        "tasks": ["matching"],
    }
    options = RunOptions(out=folder / name, store=folder / "store")
    run_grid(validate_grid({**content, **changes}), options, Lines(io.StringIO()))
    return folder / name


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of three learners; its store lies beside it."""
    ps = {"name": "ps", "params": {"epochs": 3}}
    return run(tmp_path_factory.mktemp("runs"), "small", [ps, "lda", "pca"])


def bench(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.output


def page(run_folder: Path, out: Path, *words: str) -> str:
    store = str(run_folder.parent / "store")
    bench(
        "report", str(run_folder), "--format", "html", "--store", store, "--out", str(out), *words
    )
    return out.read_text(encoding="utf-8")


def test_curves_are_those_the_fits_left(finished: Path) -> None:
    results = load_results([finished])
    found = gather(results, [finished], Store(finished.parent / "store"))
    assert {curve.learner for curve in found.curves} == {"ps"}
    assert [curve.unit for curve in found.curves] == ["fold-0", "fold-1"]
    assert all(len(values) == 3 for curve in found.curves for values in curve.series.values())
    assert found.absent == {"curves": [], "latents": []}


def test_maps_show_test_cells_of_both_modalities_of_every_learner(finished: Path) -> None:
    results = load_results([finished])
    found = gather(results, [finished], Store(finished.parent / "store"))
    assert sorted(drawn.learner for drawn in found.maps) == sorted(LEARNERS)
    assert len(found.maps) <= MOST_MAPS
    for drawn in found.maps:
        # 20 of each of ten digits in two folds: half of them are test cells.
        assert (drawn.modality == 1).sum() == (drawn.modality == 2).sum() == 100 <= MOST_CELLS
        assert np.isfinite(drawn.points).all()
        assert drawn.points.shape == (200, 2)
        assert set(drawn.labels) == {str(digit) for digit in range(10)}


def test_the_same_run_gives_the_same_bytes(finished: Path, tmp_path: Path) -> None:
    assert page(finished, tmp_path / "a.html") == page(finished, tmp_path / "b.html")


def test_without_the_store_it_says_what_it_lacks(finished: Path, tmp_path: Path) -> None:
    results = load_results([finished])
    found = gather(results, [finished], Store(tmp_path / "elsewhere"))
    assert found.curves == []
    assert found.maps == []
    assert "no readable artefact of 6 of 6 fits" in found.absent["curves"][0]
    assert found.absent["latents"]


def test_options_narrow_the_page(finished: Path, tmp_path: Path) -> None:
    html = page(finished, tmp_path / "top.html", "--task", "matching", "--top", "1")
    assert "Top 1 of 3 ranked combinations" in html
    store = str(finished.parent / "store")
    said = bench(
        "report", str(finished), "--format", "html", "--store", store, "--task", "probe", code=2
    )
    assert "no results for task 'probe'" in said


@pytest.mark.usefixtures("registered")
def test_a_failed_stage_shows_its_traceback(tmp_path: Path) -> None:
    broken = {"name": "broken", "params": {"note": "raises"}}
    html = page(run(tmp_path, "bad", [broken, "lda"]), tmp_path / "bad.html")
    assert "RuntimeError: no latents today" in html
    assert "Traceback (most recent call last)" in html
    assert "Failed stages: 2" in html


def test_markup_in_a_perturbation_stays_text(tmp_path: Path) -> None:
    evil = '<img src=x onerror="alert(1)">'
    folder = tmp_path / "screen"
    folder.mkdir()
    rng = np.random.default_rng(0)
    ids = pd.Index([f"c{i}" for i in range(40)], name="cell")
    for m in (1, 2):
        values = rng.normal(size=(40, 4)) + np.repeat([0, 3], 20)[:, None]
        frame = pd.DataFrame(values, index=ids, columns=list("abcd"))
        frame.to_parquet(folder / f"modality{m}.parquet")
    groups = pd.DataFrame({"group": np.repeat([evil, "control"], 20)}, index=ids)
    groups.to_parquet(folder / "obs.parquet")
    data = [{"name": "screen<b>", "path": str(folder), "group": "group"}]
    html = page(run(tmp_path, "own", ["lda"], datasets=data), tmp_path / "own.html")
    assert "<img" not in html
    assert "screen<b>" not in html
    assert "&lt;img src=x onerror=" in html


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    program = find()
    if program is None:
        pytest.skip("no Chromium on the PATH (Debian: apt-get install chromium)")
    with Browser(program, tmp_path / "profile") as opened:
        yield opened


def test_a_browser_opens_it_without_a_complaint(
    finished: Path, tmp_path: Path, browser: Browser
) -> None:
    page(finished, tmp_path / "report.html")
    browser.screen(390, 844, dark=True)
    browser.open(tmp_path / "report.html")
    assert browser.complaints() == []
    assert browser.requests() == []
    assert browser.run("document.querySelectorAll('.maps svg').length") == 3
    assert browser.run("document.documentElement.scrollWidth") <= 390


def test_a_public_page_holds_no_cell_and_no_name_of_a_perturbation(tmp_path: Path) -> None:
    screen(tmp_path / "own", groups=4)
    data = {"name": "own", "path": str(tmp_path / "own"), "group": "perturbation"}
    lopo = run(tmp_path, "lopo", ["lda", "pca"], datasets=[data], splits=[{"kind": "lopo"}])
    whole, public = (
        page(lopo, tmp_path / f"{name}.html", *words)
        for name, words in (("whole", ()), ("public", ("--public",)))
    )
    for name in ("gene0", "gene3"):
        assert name in whole
        assert name not in public
    assert "perturbation 3" in public
    drawn = "Test cells of both modalities in the latent space"
    assert drawn in whole
    assert drawn not in public
    assert public.count("Cells and names of perturbations are left out of this page") == 3
    said = bench("report", str(lopo), "--public", code=2)
    assert "--public goes with a page" in said
