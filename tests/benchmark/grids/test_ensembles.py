"""Ensembles: rows of their own, means of plans that the grid has, chosen without the fold."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from benchmark.cli.app import app
from benchmark.grids.expand import Expansion, expand_grid
from benchmark.grids.spec import validate_grid
from benchmark.runs.folder import RunFolder
from benchmark.store.plans import table_to_plan
from benchmark.store.store import Store
from weakpair.errors import ConfigError

CONTENT: dict[str, Any] = {
    "name": "ens",
    "datasets": [{"name": "digits", "subsample": 12}],
    "splits": [{"kind": "kfold", "folds": 3}],
    "learners": ["pca", "lda"],
    "aligners": ["eot", "labeled-eot", "label-uniform"],
    "tasks": ["matching"],
    "ensembles": [{"label": "mix", "of": ["pca + eot", "lda + labeled-eot"]}],
}


def expanded(where: Path, **changes: Any) -> Expansion:
    return expand_grid(validate_grid({**CONTENT, **changes}), Store(where))


def test_an_ensemble_is_a_row_and_changes_no_other(tmp_path: Path) -> None:
    with_it, without = expanded(tmp_path), expanded(tmp_path, ensembles=[])
    own = [point for point in with_it.points if point.learner == "ensemble"]
    assert [(point.aligner, point.role, point.task) for point in own] == [
        ("mix", "method", "matching")
    ] * 3
    assert [point for point in with_it.points if point.learner != "ensemble"] == without.points


def test_every_seed_has_an_ensemble_of_its_own(tmp_path: Path) -> None:
    own = [p for p in expanded(tmp_path, seeds=2).points if p.learner == "ensemble"]
    assert sorted(point.seed for point in own) == [0] * 3 + [1] * 3
    assert len({point.score_key for point in own}) == 6


@pytest.mark.parametrize(
    ("ensemble", "message"),
    [
        ({"label": "x", "of": ["pca + eto"]}, "ensemble 'x': unknown combination 'pca"),
        ({"label": "x", "of": ["- + oracle"]}, "ensemble 'x': - \\+ oracle is an oracle"),
        ({"label": "x"}, "give either 'of' or 'by_fold'"),
    ],
)
def test_a_wrong_member_is_one_line(tmp_path: Path, ensemble: dict[str, Any], message: str) -> None:
    aligners = [*CONTENT["aligners"], "oracle"]
    with pytest.raises(ConfigError, match=message):
        expanded(tmp_path, ensembles=[ensemble], aligners=aligners)


def test_the_command_adds_the_mean_of_the_best_and_fits_nothing(tmp_path: Path) -> None:
    run, store = tmp_path / "run", tmp_path / "store"
    common = ["--store", str(store)]
    smoke = ["run", "--grid", "smoke", "--learners", "pca,lda", "--aligners", "eot,labeled-eot"]
    wide = ["--split", "kfold:3", "--tasks", "matching", "--workers", "0"]
    done = CliRunner().invoke(app, [*smoke, *wide, "--out", str(run), *common])
    assert done.exit_code == 0, done.output
    before = pd.read_parquet(run / "results.parquet")
    for _ in range(2):  # Another time changes nothing.
        added = CliRunner().invoke(app, ["ensemble", str(run), "--best", "2", *common])
        assert added.exit_code == 0, added.output
    after = pd.read_parquet(run / "results.parquet")
    rows = after[after["learner"] == "ensemble"]
    assert set(rows["aligner"]) == {"best-2"}
    assert len(rows) == 3 * before["metric"].nunique()
    others = after[after["learner"] != "ensemble"].reset_index(drop=True)
    pd.testing.assert_frame_equal(others, before)

    artefacts, grid = Store(store), RunFolder(run).grid
    (ensemble,) = grid.ensembles
    for members in ensemble.by_fold:
        own = after[after["fold"] == members.fold].drop_duplicates("align_key")
        plans = {
            f"{row['learner']} + {row['aligner']}": artefacts.read(row["align_key"])
            for row in own.to_dict("records")
        }
        dense = {name: table_to_plan(a.table, a.facts).todense() for name, a in plans.items()}
        mean = np.mean([dense[name] for name in members.of], axis=0)
        np.testing.assert_allclose(dense["ensemble + best-2"], mean, atol=1e-9)


def test_a_run_that_is_none_is_one_line(tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["ensemble", str(tmp_path)])
    assert said.exit_code == 2
    assert len(said.output.strip().splitlines()) == 1
