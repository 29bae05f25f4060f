"""The probe in a grid: cells without an aligner, labels the learner never sees, oracles apart."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import learners
import tables
from benchmark.cli import app
from benchmark.engine.progress import Lines
from benchmark.grids.expand import expand_grid
from benchmark.grids.reading.files import read_grid
from benchmark.grids.reading.shipped import shipped_grids
from benchmark.grids.spec import GridSpec, validate_grid
from benchmark.runs.run import RunOptions, run_grid
from benchmark.store.store import Store
from learners.base import Learner
from tests.benchmark import toys
from weakpair.errors import ConfigError
from weakpair.registry import Entry
from weakpair.vocabulary.metrics import METRICS

PROBED = [metric.name for metric in METRICS.of("probe")]
SIMULATION = {
    "simulation": {
        "shared": 1.0, "downstream": 2, "n_conditions": 3, "cells_per_condition": 60,
        "features1": 20, "features2": 12,
    },
    "downstream": "downstream",
}  # fmt: skip
ORACLE = Entry[Learner]("told", "learners.controls.features:Features", "", reads="oracle-latents")


def grid(**changes: object) -> GridSpec:
    content = {
        "name": "probe",
        "datasets": [SIMULATION],
        "splits": [{"kind": "holdout", "repeats": 2}],
        "learners": ["none", "pca"],
        "tasks": ["probe"],
    }
    return validate_grid({**content, **changes})


def results(spec: GridSpec, options: RunOptions) -> pd.DataFrame:
    summary = run_grid(spec, options, Lines(io.StringIO()))
    assert summary.exit_code == 0, [o for o in summary.outcomes.values() if o.error]
    return pd.read_parquet(options.out / "results.parquet")


def values(frame: pd.DataFrame, learner: str) -> dict[str, float]:
    mean = frame[frame["learner"] == learner].groupby("metric")["value"].mean()
    return {str(name): float(value) for name, value in mean.items()}


def test_every_learner_stands_once_without_an_aligner(options: RunOptions) -> None:
    frame = results(grid(), options)
    assert set(zip(frame["learner"], frame["aligner"], strict=True)) == {
        ("none", "-"),
        ("pca", "-"),
    }
    assert set(frame["metric"]) == set(PROBED)
    assert len(frame) == 2 * 2 * len(PROBED)
    assert (frame["align_key"] == "").all()
    assert (frame["fit_key"] != "").all()
    found = values(frame, "none")
    assert found["treatment-accuracy"] > 0.5
    assert found["task-accuracy"] > 0.65
    assert np.isnan(found["ilisi"]), "the simulation has no batch"


def test_a_constant_scores_the_share_of_the_most_frequent_label(
    tmp_path: Path, options: RunOptions
) -> None:
    x = np.random.default_rng(0).normal(size=(120, 3)).astype(np.float32)
    np.save(tmp_path / "modality1.npy", x)
    np.save(tmp_path / "modality2.npy", x)
    labels = ["rare"] * 30 + ["frequent"] * 90
    pd.DataFrame({"a": labels, "b": labels}).to_csv(tmp_path / "obs.csv", index=False)
    spec = {
        "name": "own", "path": str(tmp_path), "kind": "embeddings", "group": "a", "downstream": "b",
    }  # fmt: skip
    frame = results(grid(datasets=[spec], learners=["constant"]), options)
    assert set(frame["role"]) == {"control"}
    found = values(frame, "constant")
    assert {name: score for name, score in found.items() if "accuracy" in name} == dict.fromkeys(
        (name for name in PROBED if "accuracy" in name), 0.75
    )
    assert np.isnan(found["perturbation-consistency"])


def test_the_probe_shares_fits_and_leaves_other_tasks_alone(tmp_path: Path) -> None:
    both = {"aligners": ["eot"], "tasks": ["matching", "imputation"]}
    plans = expand_grid(grid(**both), Store(tmp_path))
    probe = expand_grid(grid(), Store(tmp_path))
    all_three = expand_grid(
        grid(aligners=["eot"], tasks=["matching", "imputation", "probe"]), Store(tmp_path)
    )
    assert set(all_three.graph.nodes) == set(plans.graph.nodes) | set(probe.graph.nodes)
    assert {c.fit_key for c in probe.points} == {c.fit_key for c in plans.points}
    assert [c for c in all_three.points if c.task != "probe"] == plans.points


def test_the_key_follows_the_probe_and_the_columns(tmp_path: Path) -> None:
    def keys(**changes: object) -> set[str]:
        return {cell.score_key for cell in expand_grid(grid(**changes), Store(tmp_path)).points}

    before = keys()
    assert keys(imputer={"epochs": 3}) == before
    assert not keys(probe={"training_pairs": "group"}) & before
    assert not keys(datasets=[{**SIMULATION, "downstream": None}]) & before


@pytest.mark.usefixtures("registered")
def test_no_learner_is_given_the_downstream_label(options: RunOptions) -> None:
    results(grid(learners=["spy"]), options)
    for seen in toys.Spy.seen:
        assert set(seen) == {"x1", "t1", "x2", "t2", "seed"}
        assert not any(str(label).startswith("level") for label in seen["t1"])


@pytest.mark.usefixtures("registered")
def test_latents_that_say_nothing_score_chance(options: RunOptions) -> None:
    """Row numbers in the secret order know neither the treatment nor the task nor the partner."""
    frame = results(grid(learners=["spy"], splits=[{"kind": "holdout", "repeats": 4}]), options)
    found = values(frame, "spy")
    # 36 test cells in each of 4 splits: 3 standard errors.
    assert found["treatment-accuracy"] == pytest.approx(1 / 3, abs=0.12)
    assert found["task-accuracy"] == pytest.approx(1 / 2, abs=0.125)


def test_pseudo_pairs_by_label_know_both_modalities_and_shuffled_ones_only_the_first(
    options: RunOptions,
) -> None:
    """Modality 1 is noise and modality 2 tells the task: a pair shuffled inside its treatment
    has modality 1's label, and its other half is of no use."""
    spec = {**SIMULATION, "modality1": {"preprocess": ["pca(n=1)"]}}
    by_pairs = {
        kind: values(
            results(grid(datasets=[spec], probe={"training_pairs": kind}), options), "none"
        )
        for kind in ("labels", "group", "pairs")
    }
    for kind in ("labels", "pairs"):
        assert by_pairs[kind]["task-accuracy"] > by_pairs[kind]["task-accuracy-1"] + 0.03
        assert by_pairs[kind]["task-accuracy"] > by_pairs["group"]["task-accuracy"] + 0.03
    # What one modality tells does not depend on the pairs.
    assert len({found["task-accuracy-2"] for found in by_pairs.values()}) == 1


def test_batches_and_unpaired_data(tmp_path: Path, options: RunOptions) -> None:
    rng = np.random.default_rng(0)
    n = 120
    treatment, batch = rng.integers(0, 2, n), rng.integers(0, 2, n)
    for m in (1, 2):
        x = rng.normal(size=(n, 4)) + 4 * treatment[:, None] * [1, 0, 0, 0]
        x[:, 1] += 50 * batch * (m == 1)
        np.save(tmp_path / f"modality{m}.npy", x)
    obs = pd.DataFrame({"treatment": treatment, "label": rng.integers(0, 2, n), "batch": batch})
    obs.to_csv(tmp_path / "obs.csv", index=False)
    spec = {
        "name": "brought", "path": str(tmp_path), "kind": "embeddings", "pairing": "none",
        "group": "treatment", "downstream": "label", "batch": "batch",
    }  # fmt: skip
    frame = results(
        grid(datasets=[spec], learners=[{"name": "none", "params": {"standardise": False}}]),
        options,
    )
    found = values(frame, "none")
    assert found["treatment-accuracy"] > 0.95
    assert found["task-accuracy"] == pytest.approx(0.5, abs=0.2)
    assert found["ilisi-1"] == pytest.approx(1, abs=1e-6), "batches lie apart in modality 1"
    assert found["ilisi-2"] > 1.5


def test_true_training_pairs_need_pairs(options: RunOptions) -> None:
    split = [{"kind": "holdout", "training_cells": "disjoint"}]
    spec = grid(splits=split, learners=["none"], probe={"training_pairs": "pairs"})
    summary = run_grid(spec, options, Lines(io.StringIO()))
    assert summary.exit_code == 2
    (failed,) = [o for o in summary.outcomes.values() if o.status == "failed"]
    assert "training_pairs 'pairs'" in failed.error
    assert results(grid(splits=split, learners=["none"]), options)["value"].notna().any()


@pytest.mark.usefixtures("registered")
def test_tables_rank_by_accuracy_print_sd_and_set_oracles_apart(options: RunOptions) -> None:
    learners.REGISTRY.add(ORACLE)
    frame = results(grid(learners=["none", "pca", "told"]), options)
    (table,) = tables.build(frame, "probe")
    text = tables.render([table], "text")
    assert "oracles, not ranked" in table.groups[-1].label
    assert [row.cells[0].display for row in table.groups[-1].rows] == ["told"]
    assert "± SD across 2 folds" in " ".join(text.split())
    shown = [column.name for column in table.columns]
    assert shown[2:4] == ["treatment-accuracy", "task-accuracy"]
    assert "ilisi" not in shown, "no batch, no column"
    (row,) = [row for row in table.rows if row.cells[0].display == "pca"]
    own = frame[(frame["learner"] == "pca") & (frame["metric"] == "task-accuracy")]["value"]
    assert row.cells[3].display == f"{own.mean():.3f} ± {own.std(ddof=1):.3f}"


def test_the_command_line_runs_and_reports_it(tmp_path: Path) -> None:
    grid_file = tmp_path / "mine.yaml"
    grid_file.write_text(
        "datasets: [{name: digits, subsample: 20}]\nsplits: [holdout]\nlearners: [pca]\n"
        "tasks: [probe]\n"
    )
    out, store = tmp_path / "run", tmp_path / "store"
    runner = CliRunner()
    run = ["run", "--grid", str(grid_file), "--out", str(out), "--store", str(store)]
    done = runner.invoke(app, [*run, "--workers", "0", "--device", "cpu"])
    assert done.exit_code == 0, done.output
    report = runner.invoke(app, ["report", str(out), "--task", "probe"])
    assert "Treatment acc." in report.output
    beside = runner.invoke(app, ["report", str(out), "--against", "ipic"])
    assert beside.exit_code == 0, beside.output
    assert "IPIC 7" in beside.output


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        ({"learners": []}, "learner"),
        ({"tasks": ["probe", "matching"]}, "aligner"),
        ({"probe": {"training_pair": "group"}}, "did you mean 'training_pairs'"),
        ({"probe": {"neighbours": 0}}, "neighbours"),
    ],
)
def test_what_makes_no_sense_is_one_line(change: dict[str, object], hint: str) -> None:
    with pytest.raises(ConfigError, match=hint) as caught:
        grid(**change)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["birfl", "st", "comp", "gko"])
def test_sets_that_people_bring_are_one_clear_line(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEAKPAIR_DATA", str(tmp_path))
    content = read_grid(f"ipic-{name}")
    spec = validate_grid({**content, "learners": ["pca"]})
    assert spec.splits[0].repeats == 8
    with pytest.raises(Exception, match=f"{name}: no folder") as caught:
        expand_grid(spec, Store(tmp_path / "store"))
    assert "\n" not in str(caught.value)


def test_table_6_stands_in_the_grids() -> None:
    settings = {}
    for name in ("birfl", "st", "comp", "gko"):
        spec = validate_grid(read_grid(f"ipic-{name}"))
        given = {
            tuple(learner.params.get(key) for key in ("lr", "batch_size", "epochs"))
            for learner in spec.learners
            if learner.name not in ("raw", "constant")
        }
        (settings[name],) = given
    assert settings == {
        "birfl": (5e-7, 512, 50),
        "st": (1e-4, 4096, 200),
        "comp": (1e-6, 4096, 100),
        "gko": (1e-5, 4096, 100),
    }
    assert "ipic" in shipped_grids()
