"""Sweeps: what is minimised, on which simulations, with which budget; no table's seed is used."""

from math import log
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import learners
from benchmark.cli import app
from benchmark.grids.reading.files import read_grid
from benchmark.grids.spec import GridSpec, validate_grid
from benchmark.sweep import (
    OPEN,
    Axis,
    Sweep,
    SweepSpec,
    Trial,
    axes,
    read_sweep,
    search,
    widened,
)
from benchmark.sweep.figure import draw
from benchmark.sweep.objective import RESOLUTION, loss, scores_of
from benchmark.sweep.search import trial_grid
from learners.calibrated import CALIBRATION, calibrated
from learners.linear.pca import PCA
from tests.tables.examples import row
from weakpair.errors import ConfigError, InputError, MethodError
from weakpair.specs import parse

SMALL = {"n_conditions": 3, "cells_per_condition": 15, "features1": 8, "features2": 6}
DIM = Axis(name="dim", low=1, high=128, log=True)


def spec(**changes: object) -> SweepSpec:
    content = {
        "learner": "pca",
        "axes": [DIM],
        "simulation": {"shared": [1.0, 0.5], **SMALL},
        "trials": 4,
    }
    return parse(SweepSpec, {**content, **changes}, "sweep")


def tried(store: Path, **changes: object) -> Sweep:
    return search(spec(**changes), store, report=lambda _: None)


def cell(variant: str, aligner: str, replicate: int, trace: float, foscttm: float) -> pd.DataFrame:
    """The two rows of a cell."""
    place = {"variant": variant, "replicate": replicate, "dataset": "simulation"}
    told = {"trace": trace, "foscttm": foscttm}
    return pd.DataFrame([row("ps", aligner, name, value, **place) for name, value in told.items()])


def test_the_loss_is_the_mean_log_ratio_of_errors_to_hits() -> None:
    cells = [("a", "eot", 0, 0.5, 0.1), ("a", "eot", 1, 0.25, 0.3), ("b", "eot", 0, 0.1, 0.4)]
    each = [(log(f + RESOLUTION) - log(t)) / 2 for *_, t, f in cells]
    frame = pd.concat([cell(*c) for c in cells], ignore_index=True)
    # Replicates are averaged first, so that a variant counts once however many it has.
    assert loss(frame) == pytest.approx(((each[0] + each[1]) / 2 + each[2]) / 2)


def test_a_doubled_trace_counts_the_same_everywhere() -> None:
    def total(easy: float, hard: float) -> float:
        return loss(pd.concat([cell("a", "eot", 0, easy, 0.1), cell("b", "eot", 0, hard, 0.3)]))

    assert total(0.8, 0.1) == pytest.approx(total(0.4, 0.2))
    assert total(0.8, 0.1) < total(0.4, 0.1)


def test_scores_are_means_over_replicates_by_variant_and_aligner() -> None:
    cells = [("a", "eot", 0, 0.5, 0.1), ("a", "eot", 1, 0.3, 0.3), ("a", "coot", 0, 0.1, 0.4)]
    scores = scores_of(pd.concat(cell(*c) for c in cells))
    found = {s.aligner: (s.means["trace"], s.means["foscttm"]) for s in scores}
    assert found["eot"] == pytest.approx((0.4, 0.2))
    assert found["coot"] == pytest.approx((0.1, 0.4))


def test_the_probe_is_judged_by_the_mean_of_both_accuracies() -> None:
    told = {"treatment-accuracy": 0.9, "task-accuracy": 0.5, "ilisi": 3.0}
    place = {"variant": "", "replicate": 0, "dataset": "simulation", "task": "probe"}
    frame = pd.DataFrame([row("ipic", "-", name, value, **place) for name, value in told.items()])
    assert loss(frame) == pytest.approx(0.3)
    assert scores_of(frame)[0].means == {"treatment-accuracy": 0.9, "task-accuracy": 0.5}


@pytest.mark.parametrize(
    ("changes", "splits", "tasks"),
    [
        ({"training_cells": "disjoint"}, "disjoint", ("matching",)),
        ({"task": "probe", "learner": "pca"}, "same", ("probe",)),
    ],
)
def test_a_search_is_judged_as_it_says(
    changes: dict[str, str], splits: str, tasks: tuple[str, ...]
) -> None:
    grid = trial_grid(spec(**changes), {})
    assert grid.splits[0].training_cells == splits
    assert grid.tasks == tasks


def test_a_sweep_keeps_the_best(tmp_path: Path) -> None:
    made = tried(tmp_path)
    assert [trial.number for trial in made.trials] == [0, 1, 2, 3]
    losses = [trial.loss for trial in made.trials if trial.loss is not None]
    assert made.best.loss == min(losses)
    assert len({score.variant for score in made.best.scores}) == 2


def test_a_search_does_not_depend_on_the_defaults_that_came_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = tried(tmp_path / "one", trials=2)
    monkeypatch.setattr(PCA.__init__, "__defaults__", (3, False))
    assert tried(tmp_path / "other", trials=2).trials == one.trials


def test_other_bounds_are_numbers_of_an_axis() -> None:
    (dim,) = widened([DIM], ["dim=2:300"])
    assert (dim.low, dim.high, dim.log) == (2, 300, True)
    for told in ("dim", "dim=3", "dim=a:b", "tau=1:2"):
        with pytest.raises(ConfigError, match="use NAME=LOW:HIGH, for one of dim"):
            widened([DIM], [told])
    with pytest.raises(ConfigError, match="low < high"):
        widened([DIM], ["dim=5:5"])


def test_numbers_that_are_searched_have_two_digits(tmp_path: Path) -> None:
    made = tried(tmp_path, learner="ps", axes=axes("ps", ["lr"]), fixed={"steps": 1}, trials=3)
    assert all(
        len(f"{t.params['lr']:.15g}".strip("0.").replace(".", "").split("e")[0]) <= 2
        for t in made.trials
    )


def test_the_same_sweep_finds_the_same(tmp_path: Path) -> None:
    one, other = (tried(tmp_path / name) for name in ("one", "other"))
    assert one.trials == other.trials
    assert [t.params for t in tried(tmp_path / "one", seed=1).trials] != [
        t.params for t in one.trials
    ]


def test_seeds_of_the_tables_are_refused() -> None:
    with pytest.raises(ConfigError, match="100"):
        spec(first_seed=9)
    used = {entry.data.seed for entry in trial_grid(spec(), {}).datasets}
    assert used == {100, 101}


def test_a_setting_that_fails_is_a_trial_like_any_other(tmp_path: Path) -> None:
    ratio = Axis(name="dim", choices=(-1, 2))
    made = tried(tmp_path, axes=[ratio], trials=6, fixed={})
    failed = [trial for trial in made.trials if trial.loss is None]
    assert len(made.trials) == 6
    assert failed
    assert all(trial.error for trial in failed)
    assert made.setting == {"dim": 2}
    with pytest.raises(MethodError, match="none of 2 settings"):
        tried(tmp_path, axes=[Axis(name="dim", choices=(-1, -2))], trials=2)


def test_an_axis_must_be_a_parameter_and_not_fixed(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no parameter 'dom'"):
        tried(tmp_path, axes=[Axis(name="dom", low=1, high=2)])
    with pytest.raises(ConfigError, match="both fixed and searched"):
        tried(tmp_path, fixed={"dim": 3})
    with pytest.raises(ConfigError, match="did you mean 'beta'"):
        axes("groove-cosine", ["betta"])
    with pytest.raises(ConfigError, match="search space"):
        axes("lda")
    with pytest.raises(ConfigError, match="low < high"):
        parse(Axis, {"name": "x", "low": 2, "high": 1}, "axis")


def test_without_optuna_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    with pytest.raises(ConfigError, match=r"pip install weakpair\[sweep\]"):
        tried(tmp_path)


def landscape(names: tuple[str, str] = ("beta", "tau"), trials: int = 6) -> Sweep:
    """A sweep over two ranges, made up."""
    made = [
        {
            "number": i,
            "params": {names[0]: 10.0 ** (i % 3), names[1]: 0.1 + 0.2 * (i // 3) + 0.01 * i},
            "loss": -float(i),
            "scores": [
                {
                    "variant": "v",
                    "aligner": "a",
                    "means": {"trace": 0.1 * i, "foscttm": 0.5 - 0.05 * i},
                }
            ],
        }
        for i in range(trials)
    ]
    content = {
        "spec": {
            "learner": "groove-cosine",
            "axes": [a.model_dump() for a in axes("groove-cosine", list(names))],
        },
        "objective": "",
        "best": made[-1],
        "seconds": 1.0,
        "versions": {},
        "trials": made,
    }
    return parse(Sweep, content, "made up")


def test_the_landscape_is_drawn(tmp_path: Path) -> None:
    path = draw(landscape()).save(tmp_path / "figure.png")
    assert path.read_bytes().startswith(b"\x89PNG")


def test_brighter_is_better_in_every_panel() -> None:
    drawing = draw(landscape())
    assert "Brighter is better in every panel" in drawing.caption
    panels = [axes for axes in drawing.figure.axes if axes.get_title()]
    assert [p.get_title() for p in panels] == [
        "Trace (higher is better)",
        "Bary. FOSCTTM (lower is better)",
    ]
    for panel, (worst, best) in zip(panels, ((0.0, 0.5), (0.5, 0.25)), strict=True):
        dark, bright = (
            panel.collections[0].to_rgba(np.array([value]))[0] for value in (worst, best)
        )
        assert bright[:3].sum() > dark[:3].sum() + 0.5


def test_a_landscape_needs_two_ranges_and_some_trials() -> None:
    with pytest.raises(ConfigError, match="two ranges"):
        draw(landscape(("standardise", "beta")))
    with pytest.raises(ConfigError, match="finished trials"):
        draw(landscape(trials=3))


def test_the_command_reads_what_is_there_and_overwrites_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(OPEN["matching"], "pca", (DIM,))
    words = ["sweep", "pca", "--replicates", "1", "--out", "pca.json", "--store", "store"]
    first = CliRunner().invoke(app, [*words, "--trials", "2"], catch_exceptions=False)
    assert first.exit_code == 0, first.output
    assert len(read_sweep(Path("pca.json")).trials) == 2
    assert len([line for line in first.output.splitlines() if line.startswith("trial")]) == 2
    again = CliRunner().invoke(app, [*words, "--trials", "2"], catch_exceptions=False)
    assert [line.split(":")[0] for line in again.output.splitlines()] == ["best of 2"]
    other = CliRunner().invoke(app, [*words, "--trials", "3"], catch_exceptions=False)
    assert other.exit_code == 2
    assert "holds another sweep" in other.output


@pytest.mark.parametrize(
    "words",
    [
        ["lda"],
        ["ps", "--vary", "betta"],
        ["ps", "--set", "epochs"],
        ["ps", "--task", "probing"],
        ["ps", "--within", "lr"],
    ],
)
def test_a_mistake_is_one_line(words: list[str], tmp_path: Path) -> None:
    out = str(tmp_path / "x.json")
    said = CliRunner().invoke(app, ["sweep", *words, "--out", out], catch_exceptions=False)
    assert said.exit_code == 2
    assert len(said.output.strip().splitlines()) == 1


SEARCHES = sorted(
    path.relative_to(CALIBRATION).with_suffix("").as_posix()
    for path in CALIBRATION.glob("*/*.json")
    if path.parent.name != "landscape"
)


LEFT = {
    "probe/match-once-ot": ["steps"],
    "probe/wcl": ["steps"],
    "probe/factorcl-sup": ["steps"],
    "probe/infonce-unpaired": ["lr"],
    "probe/infocore": ["steps"],
    "same/dama": ["topology", "ridge"],
    "disjoint/dama": ["topology", "ridge"],
    "same/ddm": ["cycle"],
    "disjoint/ddm": ["steps"],
    "disjoint/isca": ["lr"],
    "disjoint/mmd-ma": ["collapse"],
}
"""Bounds that bests were left at: next to nothing of a term or of training, or more steps than
early stopping allows."""


@pytest.mark.parametrize("search", SEARCHES)
def test_a_shipped_search_is_fair(search: str) -> None:
    """As many trials for every learner and setting, on simulations of no table."""
    found = read_sweep(CALIBRATION / f"{search}.json")
    assert found.best == min(found.trials, key=_loss)
    assert len(found.trials) == found.spec.trials == 5 * len(found.spec.axes)
    assert list(found.edges) == LEFT.get(search, [])
    grid = validate_grid(read_grid("simulation"))
    assert not _seeds(grid) & _seeds(trial_grid(found.spec, {}))


@pytest.mark.parametrize("learner", sorted(OPEN["matching"]))
def test_what_a_search_found_is_the_default_of_class_and_grids(learner: str) -> None:
    search = read_sweep(CALIBRATION / "same" / f"{learner}.json")
    found = calibrated(learner)
    assert found == search.setting
    defaults = learners.get(learner).get_params()
    assert {name: defaults[name] for name in found} == found


def test_ablations_and_controls_share_the_full_models_setting() -> None:
    for other in ("groove-no-groupclip", "groove-autoencoder", "untrained-autoencoder"):
        assert calibrated(other) == calibrated("groove-cosine")
        params = learners.get(other).get_params()
        assert {k: params[k] for k in calibrated(other)} == calibrated(other)


def test_a_grid_takes_the_settings_of_the_tuning_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"lr": 0.5, "steps": 7}
    monkeypatch.setattr("benchmark.grids.elaborate.calibrated", lambda name, _: found)
    content = {"name": "x", "datasets": ["digits"], "aligners": ["eot"], "tuning": "disjoint"}
    entry = {"name": "ps", "params": {"steps": 9}}
    grid = validate_grid({**content, "learners": [entry, "davae"]})
    assert [m.params for m in grid.learners] == [{"lr": 0.5, "steps": 9}, {"lr": 0.5, "steps": 7}]
    again = validate_grid(grid.model_dump(mode="json", exclude_defaults=True))
    assert again.learners == grid.learners


def test_a_tuning_that_nobody_searched_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    content = {"name": "x", "datasets": ["digits"], "aligners": ["eot"], "learners": ["lda"]}
    with monkeypatch.context() as nothing:
        nothing.setattr("learners.calibrated.CALIBRATION", tmp_path)
        with pytest.raises(ConfigError, match="tuning 'probe': no learner was searched for that"):
            validate_grid({**content, "tuning": "probe"})
    (only,) = validate_grid({**content, "tuning": "disjoint"}).learners
    assert only.params == {}, "there is nothing to search in it"
    with pytest.raises(ConfigError, match="tuning"):
        validate_grid({**content, "tuning": "tuned"})


def _loss(trial: Trial) -> float:
    return float("inf") if trial.loss is None else trial.loss


def _seeds(grid: GridSpec) -> set[int]:
    return {entry.data.seed for entry in grid.datasets}


def test_a_file_that_is_no_sweep_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    for text in ("{", "[]", '{"spec": {}}'):
        path.write_text(text)
        with pytest.raises(InputError, match=r"x\.json") as caught:
            read_sweep(path)
        assert "\n" not in str(caught.value)
