"""The grids of the screens, and grids that include others."""

import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

import aligners
from benchmark.cli.app import app
from benchmark.engine.progress import Lines
from benchmark.grids.expand import expand_grid
from benchmark.grids.point import Point
from benchmark.grids.reading.files import read_grid
from benchmark.grids.reading.shipped import shipped_grids
from benchmark.grids.spec import GridSpec, validate_grid
from benchmark.runs.files import start_run
from benchmark.runs.run import RunOptions, run_grid
from benchmark.store.store import Store
from learners.calibrated import Tuning, calibrated
from tables.papers.published import load as published
from tests.benchmark.datasets.toys import write_folder
from weakpair.errors import ConfigError

SCREENS = ("perturb-cite-seq", "perturb-multiome")
TINY: dict[str, Any] = {
    "name": "tiny",
    "datasets": [{"name": "digits", "subsample": 8}],
    "splits": [{"kind": "kfold", "folds": 2}],
    "learners": ["pca"],
    "aligners": ["labeled-eot"],
    "tasks": ["matching"],
}


def including(*parts: dict[str, Any], **keys: Any) -> GridSpec:
    return validate_grid({"name": "both", "include": list(parts), **keys})


def cells(grid: GridSpec, tmp_path: Path) -> list[Point]:
    return expand_grid(grid, Store(tmp_path / "store")).points


@pytest.mark.parametrize("name", SCREENS)
def test_screens_have_a_cell_for_every_number_of_the_paper(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEAKPAIR_DATA", str(tmp_path))
    write_folder(tmp_path / name, {"control": 12, "a": 12, "b": 12})
    made = cells(validate_grid(read_grid(name)), tmp_path)
    here = {(c.split, c.task, c.learner, c.aligner) for c in made}
    numbers = published("groove")
    mine = numbers[numbers["dataset"] == name]
    assert len(mine) > 100
    for place in mine.to_dict("records"):
        known = {c for c in here if c[:3] == (place["split"], place["protocol"], place["learner"])}
        assert {aligner for *_, aligner in known} & {place["aligner"] or "labeled-egwot"}, place
    assert {c.fold for c in made if c.split == "lopo"} == {"control", "a", "b"}
    assert len({c.fold for c in made if c.split == "kfold"}) == 5


@pytest.mark.parametrize("name", SCREENS)
def test_what_the_paper_states_of_screens_is_in_their_grids(name: str) -> None:
    grid = validate_grid(read_grid(name))
    groove = [m for m in grid.learners if m.name.startswith("groove")]
    assert len(groove) == 4
    for method in groove:
        assert method.params == calibrated(method.name, "screen"), method.shown
        assert method.params["beta"] == 0.1
    assert grid.tasks == ("matching", "imputation")
    controls = {"uniform", "label-uniform", "oracle"}
    assert controls < {m.name for m in grid.aligners}


PUBLISHED = {"groove-cosine", "groove-tdist", "ps", "davae", "ipic"}


@pytest.mark.parametrize("name", ["simulation", "ablation", "sensitivity", "overlap", "real"])
def test_no_grid_states_what_a_search_found(name: str) -> None:
    """It stands in one place, from which the learners' defaults are taken."""
    for method in validate_grid(read_grid(name)).learners:
        assert method.params == {}, method.shown


@pytest.mark.parametrize(
    ("name", "tuning"),
    [
        *[(f"{name}-disjoint", "disjoint") for name in ("simulation", "ablation", "real")],
        *[(name, "screen") for name in SCREENS],
        ("ipic", "probe"),
    ],
)
def test_a_grid_of_another_purpose_has_settings_searched_for_it(name: str, tuning: Tuning) -> None:
    grid = validate_grid(read_grid(name))
    assert grid.tuning == tuning
    # Rows that train for longer on purpose say so in their names.
    usual = [m for m in grid.learners if not m.shown.endswith("-20-epochs")]
    searched = [m for m in usual if calibrated(m.name, tuning)]
    assert searched
    for method in searched:
        assert method.params.items() >= calibrated(method.name, tuning).items(), method.shown


@pytest.mark.parametrize("name", ["simulation", "real"])
def test_all_published_learners_stand_beside_an_untrained_network(name: str) -> None:
    names = {m.name for m in validate_grid(read_grid(name)).learners}
    assert names > PUBLISHED
    assert "untrained-autoencoder" in names


def test_every_aligner_stands_in_a_shipped_grid() -> None:
    """So that each has been computed, scored and shown, and not only written."""
    complete = [name for name in shipped_grids() if name not in ("own", "choose")]
    grids = [validate_grid(read_grid(name)) for name in complete]
    used = {m.name for grid in grids for part in grid.parts for m in part.aligners}
    # A program is somebody's own.
    assert {entry.name for entry in aligners.REGISTRY} - {"command"} <= used


@pytest.mark.parametrize("name", ["ipic", "ipic-birfl", "ipic-comp", "ipic-gko", "ipic-st"])
def test_ipics_grids_have_its_settings_alike_and_both_readings_of_the_embedding(name: str) -> None:
    learners = {m.shown: m for m in validate_grid(read_grid(name)).learners}
    trained = learners["ipic"].params
    papers = "head" if name == "ipic" else "encoder"
    other = "encoder" if name == "ipic" else "head"
    assert trained["output"] == papers
    for method in ("ipic", "infonce-paired"):
        assert learners[f"{method}-{other}"].params == {
            **learners[method].params,
            "output": other,
        }
    for method in ("ipic", "ipic-intra"):
        assert learners[f"{method}-rematch"].params == {**trained, "rematch": 1}
        assert learners[f"{method}-rematch"].name == method
    assert learners["untrained"].params == trained
    assert learners["ipic-2T"].params == {**trained, "clusters": 2.0}


def test_full_is_all_of_them() -> None:
    full = validate_grid(read_grid("full"))
    assert [part.name for part in full.parts] == ["simulation", *SCREENS, "ablation", "ipic"]
    assert full.parts[0] == validate_grid(read_grid("simulation"))


def test_an_including_grid_has_the_cells_of_its_parts_once(tmp_path: Path) -> None:
    other = {
        **TINY,
        "name": "other",
        "learners": ["pca", "lda"],
        "aligners": ["eot", "labeled-eot"],
    }
    made = cells(including(TINY, other), tmp_path)
    alone = cells(validate_grid(other), tmp_path)
    assert set(made) == set(alone)
    assert len(made) == len(alone) == 8


def test_one_cell_with_two_settings_is_refused(tmp_path: Path) -> None:
    other = {**TINY, "learners": [{"name": "pca", "params": {"dim": 3}}]}
    with pytest.raises(ConfigError, match=r"pca \+ labeled-eot on digits.*'label'"):
        cells(including(TINY, other), tmp_path)
    labelled = {**TINY, "learners": [{"name": "pca", "label": "pca-3", "params": {"dim": 3}}]}
    assert len(cells(including(TINY, labelled), tmp_path)) == 4


def test_shared_keys_go_down_and_tasks_narrow() -> None:
    probe = {**TINY, "name": "probe", "aligners": [], "tasks": ["probe"]}
    imputing = {**TINY, "tasks": ["matching", "imputation"], "imputer": {"hidden": 7, "epochs": 9}}
    grid = including(imputing, probe, seed=5, imputer={"epochs": 2}, tasks=["imputation"])
    (part,) = grid.parts
    assert (part.seed, part.tasks) == (5, ("imputation",))
    assert (part.imputer.hidden, part.imputer.epochs) == (7, 2)
    assert validate_grid(TINY).parts == (validate_grid(TINY),)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"include": []}, "name at least one grid"),
        ({"include": "simulation"}, "a list of grids is needed"),
        ({"include": [TINY], "learners": ["lda"]}, r"learners: a grid that includes others.*tiny"),
        ({"include": [TINY], "splits": ["lopo"]}, "splits: a grid that includes others"),
        ({"include": [TINY], "tasks": ["probe"]}, r"none of the included grids has \['probe'\]"),
        ({"include": [{**TINY, "learnes": []}]}, "did you mean 'learners'"),
        ({}, "datasets: at least one is needed"),
    ],
)
def test_a_wrong_inclusion_is_one_line(content: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        validate_grid({"name": "both", **content})
    assert "\n" not in str(caught.value)


def test_files_include_shipped_grids_and_files_beside_them(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(TINY))
    (tmp_path / "two.yaml").write_text("include: [tiny.yaml, smoke]\nseed: 4\n")
    (tmp_path / "outer.yaml").write_text("include: [two.yaml, demo]\n")
    grid = validate_grid(read_grid(str(tmp_path / "outer.yaml")))
    assert [(part.name, part.seed) for part in grid.parts] == [
        ("tiny", 4),
        ("smoke", 4),
        ("demo", 0),
    ]
    start_run(tmp_path / "run", grid, {})
    assert validate_grid(read_grid(str(tmp_path / "run" / "grid.yaml"))) == grid
    (tmp_path / "tiny.yaml").write_text("include: [outer.yaml]\n")
    with pytest.raises(ConfigError, match="includes itself"):
        read_grid(str(tmp_path / "outer.yaml"))


def test_a_screen_that_is_not_there_is_one_line_and_the_rest_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEAKPAIR_DATA", str(tmp_path / "data"))
    screen = {**read_grid("perturb-cite-seq"), "learners": ["pca"]}
    grid = including(screen, TINY)
    options = RunOptions(out=tmp_path / "run", store=tmp_path / "store")
    summary = run_grid(grid, options, Lines(io.StringIO()))
    (problem,) = summary.problems
    assert "get it with: bench data fetch perturb-cite-seq" in str(problem.error)
    assert summary.exit_code == 1
    assert summary.finished == summary.points == 2
    results = pd.read_parquet(options.out / "results.parquet")
    assert set(results["dataset"]) == {"digits"}


def test_the_command_says_how_to_get_a_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEAKPAIR_DATA", str(tmp_path / "data"))
    arguments = ["--store", str(tmp_path / "s"), "--dry-run"]
    done = CliRunner().invoke(app, ["run", "--grid", "perturb-multiome", *arguments])
    assert "bench data fetch perturb-multiome" in done.output
    (tmp_path / "both.yaml").write_text("include: [smoke, perturb-multiome]\n")
    both = ["run", "--grid", str(tmp_path / "both.yaml"), "--learners", "lda", *arguments]
    narrowed = CliRunner().invoke(app, both)
    assert "bench data fetch perturb-multiome" in narrowed.output
    assert "digits: 200 cells" in narrowed.output
    refused = CliRunner().invoke(app, [*both, "--set", "learners.lda.dim=3"])
    assert "learners: a grid that includes others has none" in refused.output
