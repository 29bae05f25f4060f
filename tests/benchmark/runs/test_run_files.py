"""The files of a run while it goes on, and whatever ends it: all of one run, none of another."""

import json
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

from benchmark.engine.engine import Run
from benchmark.engine.progress import Lines
from benchmark.engine.worker import Outcome
from benchmark.runs import run as runs
from benchmark.runs.folder import COMPUTED, FOUND, RunFolder
from benchmark.runs.run import RunOptions, run_grid
from benchmark.store.makers import differences, makers
from benchmark.store.store import Store
from tests.benchmark.cli.test_cli import bench
from tests.benchmark.engine.test_restoring import grid
from weakpair.errors import StoreError


class Looking(Lines):
    """Does something whenever a stage has ended."""

    def __init__(self, look: Callable[[], None]) -> None:
        super().__init__(StringIO())
        self.look = look

    def ended(self, outcome: Outcome) -> None:
        super().ended(outcome)
        self.look()


def quiet() -> Lines:
    return Lines(StringIO())


def cells(out: Path) -> tuple[int, int]:
    """Numbers of cells with scores, and without any."""
    scored = pd.read_parquet(out / "results.parquet")["score_key"].nunique()
    return scored, len(pd.read_parquet(out / "gaps.parquet"))


def test_results_are_written_as_they_come(
    options: RunOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "_RECORD_EVERY", 0.0)
    monkeypatch.setattr("benchmark.runs.files._SHARE", 1e9)
    seen = []

    def look() -> None:
        seen.append(cells(options.out))
        assert RunFolder(options.out).strangers() == ()
        assert "ended" not in json.loads((options.out / "provenance.json").read_text())

    run_grid(grid(), options, Looking(look))
    assert all(sum(both) == 3 for both in seen)
    assert seen[0] == (0, 3)
    assert {scored for scored, _ in seen} == {0, 1, 2}
    assert cells(options.out) == (3, 0)


def test_a_run_that_fails_leaves_its_own_files_and_no_others(options: RunOptions) -> None:
    run_grid(grid(), options, quiet())

    def fails() -> None:
        raise StoreError("the disk is full")

    with pytest.raises(StoreError, match="the disk is full"):
        run_grid(grid(seed=1), options, Looking(fails))
    assert cells(options.out) == (0, 3)
    assert RunFolder(options.out).strangers() == ()
    said = bench("report", str(options.out), "--store", str(options.store), code=2)
    assert "the run has not finished (0 of 3 points have scores)" in said
    run_grid(grid(), options, quiet())
    assert cells(options.out) == (3, 0)


def test_a_run_that_fails_at_once_leaves_no_old_results(
    options: RunOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_grid(grid(), options, quiet())

    def fails(*_: object) -> None:
        raise StoreError("there is no store")

    monkeypatch.setattr(Run, "execute", fails)
    with pytest.raises(StoreError, match="there is no store"):
        run_grid(grid(seed=1), options, quiet())
    assert cells(options.out) == (0, 3)
    assert RunFolder(options.out).strangers() == ()


def test_a_store_that_is_moved_ends_the_run_and_is_not_begun_anew(
    options: RunOptions, tmp_path: Path
) -> None:
    moved = tmp_path / "moved"

    def move() -> None:
        if options.store.exists() and len(list(Store(options.store))) > 3:
            options.store.rename(moved)

    with pytest.raises(StoreError, match=r"store is gone: it was moved .* --store where it is now"):
        run_grid(grid(), options, Looking(move))
    assert not options.store.exists()
    assert sum(cells(options.out)) == 3
    kept = len(list(Store(moved)))
    summary = run_grid(grid(), replace(options, store=moved), quiet())
    assert summary.exit_code == 0
    assert kept == 4
    assert summary.count("done") == len(list(Store(moved))) - kept


def test_a_folder_that_cannot_be_written_keeps_what_it_has(
    options: RunOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_grid(grid(), options, quiet())
    before = {path.name: path.read_bytes() for path in options.out.iterdir()}

    def full(path: Path, text: str, encoding: str) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(StoreError, match="No space left"):
        run_grid(grid(seed=1), options, quiet())
    monkeypatch.undo()
    assert {name: (options.out / name).read_bytes() for name in (*FOUND, "grid.yaml")} == {
        name: before[name] for name in (*FOUND, "grid.yaml")
    }


def test_a_run_names_who_computed_its_stages(
    options: RunOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Yesterday's artefacts are of yesterday's versions, whatever runs today."""
    run_grid(grid(learners=["pca"]), options, quiet())
    yesterday = {"weakpair": "0.0.9", "torch": "2.4.0", "packages": {"numpy": "1.26.0"}}
    today = {"weakpair": "0.1.0", "torch": "2.4.0", "packages": {"numpy": "2.0.0"}}
    store = Store(options.store)
    kept = list(store)
    monkeypatch.setattr(Store, "provenance", lambda self, key: yesterday if key in kept else today)
    run_grid(grid(), options, quiet())
    (old, new) = sorted(
        json.loads((options.out / "provenance.json").read_text())[COMPUTED],
        key=lambda maker: str(maker["weakpair"]),
    )
    assert (old["stages"], old["packages"]) == (len(kept), {"numpy": "1.26.0"})
    assert new["stages"] == len(list(store)) - len(kept)
    said = bench("report", str(options.out))
    assert "were not computed alike" in said
    assert "stages by weakpair 0.0.9, numpy 1.26.0" in said
    assert "torch" not in said


def test_makers_that_are_alike_are_not_worth_a_word(options: RunOptions) -> None:
    summary = run_grid(grid(), options, quiet())
    found = makers(Store(options.store), summary.outcomes)
    assert [maker["stages"] for maker in found] == [len(list(Store(options.store)))]
    assert {"weakpair", "torch", "python", "packages"} <= set(found[0])
    assert differences(found) == []
