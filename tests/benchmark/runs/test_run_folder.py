"""A run's folder: never the results of two things, never two runs at once, no one's own files."""

import json
import multiprocessing
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from benchmark.grids.spec import GridSpec, validate_grid
from benchmark.runs.admission import check
from benchmark.runs.files import start_run
from benchmark.runs.folder import FOUND, PROVENANCE, RESULTS, RunFolder
from benchmark.store.locking import LOCK, locked, must_be_free
from tests.benchmark.cli.test_cli import SMALL, bench, inside, one_line, screen, smoke
from weakpair.errors import ConfigError

__all__ = ["inside"]

OWN = ["--group", "perturbation", "--workers", "0", "--split", "holdout", *SMALL]


def files(folder: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def grid(**changes: object) -> GridSpec:
    content = {"name": "g", "datasets": ["digits"], "aligners": ["uniform"], **changes}
    return validate_grid(content)


def held(folder: Path, **changes: object) -> Path:
    start_run(folder, grid(**changes), {"weakpair": "0"})
    return folder


@pytest.mark.parametrize("option", ["folder", "replace"])
def test_another_data_set_of_the_same_name_does_not_take_its_place(option: str) -> None:
    for folder in ("a", "b"):
        Path(folder).mkdir()
        screen(Path(folder) / "screen")
    bench("run", "--data", "a/screen", *OWN)
    before = files("runs/screen")
    said = one_line(bench("run", "--data", "b/screen", *OWN, code=2))
    for word in ("a/screen", "b/screen", "--name", "--replace"):
        assert word in said
    assert files("runs/screen") == before
    if option == "replace":
        bench("run", "--data", "b/screen", *OWN, "--replace")
        kept = yaml.safe_load(Path("runs/screen/grid.yaml").read_text())
        assert kept["datasets"][0]["data"]["path"] == str(Path("b/screen").absolute())
    else:
        bench("run", "--data", "b/screen", *OWN, "--name", "second")


def test_another_grid_is_refused_and_a_dry_run_says_so() -> None:
    smoke("--out", "out")
    said = one_line(bench("run", "--grid", "demo", "--out", "out", code=2))
    assert "'smoke', not of 'demo'" in said
    assert "would be refused" in bench("run", "--grid", "demo", "--out", "out", "--dry-run")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"seed": 3}),
        ({}, {"learners": ["lda"]}),
        ({}, {"datasets": ["digits", "scgem"]}),
        ({"datasets": ["digits", "scgem"]}, {}),
        ({}, {"datasets": [{"name": "digits", "modality1": {"preprocess": "zscore"}}]}),
        ({}, {"datasets": [{"name": "digits", "subsample": 5}]}),
    ],
)
def test_the_same_grid_may_be_narrowed_extended_and_changed(
    tmp_path: Path, before: dict[str, object], after: dict[str, object]
) -> None:
    check(held(tmp_path / "run", **before), grid(**after))


SIMULATION = {"simulation": {"shared": 0.5}}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"name": "h"}),
        ({}, {"datasets": ["scgem"]}),
        ({"datasets": ["digits", "scgem"]}, {"datasets": ["digits", "sachs"]}),
        ({}, {"datasets": [{"name": "digits", "group": "other"}]}),
        ({}, {"datasets": [{"name": "digits", "modality2": {"layer": "counts"}}]}),
        ({"datasets": [SIMULATION]}, {"datasets": [{**SIMULATION, "seed": 7}]}),
    ],
)
def test_results_of_other_data_are_refused(
    tmp_path: Path, before: dict[str, object], after: dict[str, object]
) -> None:
    folder = held(tmp_path / "run", **before)
    with pytest.raises(ConfigError, match="holds the results of"):
        check(folder, grid(**after))
    check(folder, grid(**after), replace=True)


def test_a_relative_path_means_the_folder_that_it_was_given_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = grid(datasets=[{"name": "mine", "path": "mine"}])
    for folder in ("a", "b"):
        (tmp_path / folder / "mine").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a")
    start_run(tmp_path / "run", here, {"weakpair": "0"})
    check(tmp_path / "run", here)
    monkeypatch.chdir(tmp_path / "b")
    with pytest.raises(ConfigError, match="a/mine"):
        check(tmp_path / "run", here)


@pytest.mark.parametrize("name", ["grid.yaml", "results.parquet", "provenance.json"])
@pytest.mark.parametrize("replace", [[], ["--replace"]])
def test_a_file_that_no_run_wrote_is_never_overwritten(name: str, replace: list[str]) -> None:
    Path("exp").mkdir()
    Path("exp", name).write_text("# mine\n{}\n")
    said = one_line(smoke("--out", "exp", *replace, code=2))
    assert f"exp/{name}" in said
    assert files("exp") == {name: b"# mine\n{}\n"}


def test_replacing_leaves_no_result_of_the_other_grid(tmp_path: Path) -> None:
    folder = held(tmp_path / "run")
    for name in FOUND:
        (folder / name).write_bytes(b"old")
    start_run(folder, grid(name="h"), {"weakpair": "0"})
    assert not [name for name in FOUND if (folder / name).exists()]


def test_tables_of_another_run_than_the_provenance_are_told() -> None:
    smoke("--out", "out")
    smoke("--out", "other", "--seed", "1")
    assert RunFolder(Path("out")).strangers() == ()
    Path("out", RESULTS).write_bytes(Path("other", RESULTS).read_bytes())
    assert RunFolder(Path("out")).strangers() == (RESULTS,)
    smoke("--out", "out")
    assert RunFolder(Path("out")).strangers() == ()


def test_a_grid_of_another_run_than_the_provenance_is_told() -> None:
    smoke("--out", "out")
    smoke("--out", "other", "--seed", "1")
    Path("out", "grid.yaml").write_bytes(Path("other", "grid.yaml").read_bytes())
    assert RunFolder(Path("out")).strangers() == ("grid.yaml",)
    assert "grid.yaml in out are not those that its run has written" in bench("report", "out")


def test_a_new_run_takes_the_tables_of_the_one_before_away(tmp_path: Path) -> None:
    smoke("--out", "out")
    facts = json.loads(Path("out", PROVENANCE).read_text())
    content = yaml.safe_load(Path("out", "grid.yaml").read_text())
    start_run(tmp_path / "out", validate_grid(content), facts)
    assert not [name for name in FOUND if Path("out", name).exists()]
    assert RunFolder(Path("out")).strangers() == ()


def _holds(folder: Path, ready: Callable[[], object], leave: Callable[[], object]) -> None:
    with locked(folder):
        ready()
        leave()


def test_a_second_run_into_a_folder_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready, leave = context.Event(), context.Event()
    holder = context.Process(target=_holds, args=(tmp_path / "out", ready.set, leave.wait))
    holder.start()
    assert ready.wait(60)
    said = one_line(smoke("--out", "out", code=2))
    assert f"process {holder.pid}" in said
    assert not Path("out", RESULTS).exists()
    holder.kill()  # no time to clean up: the lock goes with the process
    holder.join(60)
    assert (tmp_path / "out" / LOCK).exists()
    smoke("--out", "out")
    assert not (tmp_path / "out" / LOCK).exists()


def test_a_lock_ends_with_its_block_and_leaves_nothing(tmp_path: Path) -> None:
    with locked(tmp_path / "out"):
        with pytest.raises(ConfigError, match="another run"):
            must_be_free(tmp_path / "out")
        with pytest.raises(ConfigError, match="another run"), locked(tmp_path / "out"):
            pass
        assert (tmp_path / "out" / LOCK).exists()
    assert not (tmp_path / "out").exists()
