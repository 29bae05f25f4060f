"""`seeds: n` fits learners n times to a fold; splits, imputers and what is no learner stay one."""

from pathlib import Path
from typing import Any

import pandas as pd
from typer.testing import CliRunner

from benchmark.cli.app import app
from benchmark.grids.expand import Expansion, expand_grid
from benchmark.grids.spec import validate_grid
from benchmark.store.store import Store

CONTENT: dict[str, Any] = {
    "name": "seeds",
    "datasets": [{"name": "digits", "subsample": 8}],
    "splits": [{"kind": "kfold", "folds": 2}],
    "learners": ["random-projection"],
    "aligners": ["egwot", "label-uniform"],
    "tasks": ["matching", "imputation"],
    "imputer": {"epochs": 1},
}


def expanded(store: Path, **changes: Any) -> Expansion:
    return expand_grid(validate_grid({**CONTENT, **changes}), Store(store))


def test_each_seed_is_a_fit_of_its_own_on_the_same_fold(tmp_path: Path) -> None:
    once, thrice = expanded(tmp_path, seed=5), expanded(tmp_path, seed=5, seeds=3)
    fitted = [point for point in thrice.points if point.learner != "-"]
    assert {point.seed for point in fitted} == {5, 6, 7}
    assert len({point.fit_key for point in fitted}) == 3 * 2
    assert len({point.protocol for point in thrice.points}) == 2, "one per task"
    assert {point.seed for point in thrice.points if point.learner == "-"} == {5}
    assert set(once.points) <= set(thrice.points), "what was computed from one seed is taken over"


def test_another_seed_draws_other_folds_but_seeds_do_not(tmp_path: Path) -> None:
    folds = {
        seed: {p.score_key for p in expanded(tmp_path, seed=seed).points if p.learner == "-"}
        for seed in (0, 1)
    }
    many = {p.score_key for p in expanded(tmp_path, seeds=2).points if p.learner == "-"}
    assert many == folds[0]
    assert not many & folds[1]


def test_the_command_fits_from_several_seeds_and_the_report_says_so(tmp_path: Path) -> None:
    place = ["--store", str(tmp_path / "store"), "--out", str(tmp_path / "run")]
    run = ["run", "--grid", "smoke", "--learners", "random-projection", "--aligners", "egwot"]
    done = CliRunner().invoke(app, [*run, "--seeds", "2", "--workers", "0", *place])
    assert done.exit_code == 0, done.output
    results = pd.read_parquet(tmp_path / "run" / "results.parquet")
    assert set(results["seed"]) == {0, 1}
    told = CliRunner().invoke(app, ["report", str(tmp_path / "run"), "--format", "markdown"])
    assert told.exit_code == 0, told.output
    assert "every fold was fitted from 2 seeds" in told.output.lower()
