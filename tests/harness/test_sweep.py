"""Sweeps: what is minimised, on which simulations, with which budget; no table's seed is used."""

from math import log
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from benchmark.cli import app
from benchmark.grid import read_grid, validate_grid
from benchmark.specs import parse
from benchmark.sweep import CALIBRATION, Axis, Sweep, SweepSpec, Trial, axes, read_sweep, search
from benchmark.sweep.figure import draw
from benchmark.sweep.objective import RESOLUTION, loss, scores_of
from benchmark.sweep.search import trial_grid
from benchmark.sweep.space import OPEN
from tests.tables.examples import row
from weakpair.errors import ConfigError, InputError, MethodError

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
    found = {s.aligner: (s.trace, s.foscttm) for s in scores_of(pd.concat(cell(*c) for c in cells))}
    assert found["eot"] == pytest.approx((0.4, 0.2))
    assert found["coot"] == pytest.approx((0.1, 0.4))


def test_a_sweep_tries_the_defaults_first_and_keeps_the_best(tmp_path: Path) -> None:
    made = tried(tmp_path)
    assert [trial.number for trial in made.trials] == [0, 1, 2, 3]
    assert made.trials[0].params == {"dim": 128}
    losses = [trial.loss for trial in made.trials if trial.loss is not None]
    assert made.best.loss == min(losses)
    assert len({score.variant for score in made.best.scores}) == 2


def test_defaults_out_of_bounds_are_not_tried(tmp_path: Path) -> None:
    made = tried(tmp_path, axes=[Axis(name="dim", low=1, high=4)])
    assert all(trial.params["dim"] <= 4 for trial in made.trials)


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
                {"variant": "v", "aligner": "a", "trace": 0.1 * i, "foscttm": 0.5 - 0.05 * i}
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
    monkeypatch.setitem(OPEN, "pca", (DIM,))
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


@pytest.mark.parametrize("words", [["lda"], ["ps", "--vary", "betta"], ["ps", "--set", "epochs"]])
def test_a_mistake_is_one_line(words: list[str], tmp_path: Path) -> None:
    out = str(tmp_path / "x.json")
    said = CliRunner().invoke(app, ["sweep", *words, "--out", out], catch_exceptions=False)
    assert said.exit_code == 2
    assert len(said.output.strip().splitlines()) == 1


def shipped(grid: str) -> dict[str, dict[str, object]]:
    """What a shipped grid states of each learner."""
    return {m.name: dict(m.params) for m in validate_grid(read_grid(grid)).learners}


@pytest.mark.parametrize("learner", sorted(OPEN))
def test_the_simulation_grid_states_what_was_found(learner: str) -> None:
    """One setting per learner, equal budgets, chosen on other simulations than the table's."""
    found = read_sweep(CALIBRATION / f"{learner}.json")
    assert shipped("simulation")[learner] == found.setting
    assert found.best == min(found.trials, key=_loss)
    seeds = {entry.data.seed for entry in validate_grid(read_grid("simulation")).datasets}
    assert not seeds & {entry.data.seed for entry in trial_grid(found.spec, {}).datasets}
    others = [read_sweep(CALIBRATION / f"{name}.json") for name in OPEN]
    assert {(len(o.trials), o.spec.trials, o.spec.replicates) for o in others} == {
        (found.spec.trials, found.spec.trials, found.spec.replicates)
    }
    assert found.spec.axes == axes(learner)


def _loss(trial: Trial) -> float:
    return float("inf") if trial.loss is None else trial.loss


def test_ablations_share_the_full_models_setting() -> None:
    full = shipped("simulation")["groove-cosine"]
    assert list(shipped("ablation").values()) == [full] * 3


def test_a_file_that_is_no_sweep_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    for text in ("{", "[]", '{"spec": {}}'):
        path.write_text(text)
        with pytest.raises(InputError, match=r"x\.json") as caught:
            read_sweep(path)
        assert "\n" not in str(caught.value)
