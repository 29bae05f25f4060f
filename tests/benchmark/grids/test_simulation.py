"""Simulated data sets in a grid: what they are, who is told their truth, what is refused."""

import io
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

import learners
import simulate
from benchmark import datasets
from benchmark.cli import app
from benchmark.cli.reading import first_lines
from benchmark.engine.progress import Lines
from benchmark.grids.expand import expand_grid
from benchmark.grids.reading.files import read_grid
from benchmark.grids.spec import GridSpec, validate_grid
from benchmark.metrics import score_imputation
from benchmark.runs.run import RunOptions, run_grid
from benchmark.stages.graph.context import true_pairs
from benchmark.store.codecs import table_to_vectors
from benchmark.store.store import Store
from learners.base import Learner
from tables.papers.published import load
from tests.benchmark import toys
from weakpair.errors import ConfigError, InputError, UnknownNameError
from weakpair.registry import Entry

SMALL = {"n_conditions": 3, "cells_per_condition": 15, "features1": 12, "features2": 8}


def grid(**changes: object) -> GridSpec:
    content = {
        "name": "sim",
        "datasets": [{"simulation": {"shared": 0.8, **SMALL}, "seed": 3}],
        "splits": ["holdout"],
        "learners": ["pca"],
        "aligners": ["labeled-eot"],
        "tasks": ["matching"],
        "imputer": {"kind": "ridge"},
    }
    return validate_grid({**content, **changes})


def results(spec: GridSpec, options: RunOptions) -> pd.DataFrame:
    summary = run_grid(spec, options, Lines(io.StringIO()))
    assert summary.exit_code == 0, [o for o in summary.outcomes.values() if o.error]
    return pd.read_parquet(options.out / "results.parquet")


def spec(seed: int = 0, **parameters: object) -> datasets.DatasetSpec:
    return datasets.resolve(
        {"name": "s", "simulation": {**SMALL, **parameters}, "seed": seed},
    )


def test_a_simulated_data_set_is_what_the_simulator_draws() -> None:
    loaded = datasets.load(spec(seed=5, shared=0.5))
    drawn = simulate.simulate(simulate.Parameters(shared=0.5, **SMALL), 5)  # type: ignore[arg-type]
    np.testing.assert_array_equal(loaded.modality1.x, drawn.x1)
    np.testing.assert_array_equal(loaded.modality2.x, drawn.x2)
    np.testing.assert_array_equal(loaded.modality2.labels, drawn.labels)
    i, j = loaded.pairs()
    np.testing.assert_array_equal(i, j)
    assert len(i) == 45
    for name in simulate.ORACLES:
        first, second = simulate.oracle_latents(drawn, name)
        np.testing.assert_array_equal(loaded.modality1.truth[name], first)
        np.testing.assert_array_equal(loaded.modality2.truth[name], second)


def test_the_name_alone_is_the_papers_simulation() -> None:
    assert datasets.source_digest("simulation") == datasets.source_digest(
        {"simulation": {"shared": 1}, "name": "another name"}
    )


def test_the_digest_follows_parameters_seed_and_version(monkeypatch: pytest.MonkeyPatch) -> None:
    same = {datasets.source_digest(spec(shared=s)) for s in (1, 1.0)}
    assert len(same) == 1
    differing = [spec(), spec(seed=1), spec(shared=0.5), spec(snr=0.3)]
    assert len({datasets.source_digest(s) for s in differing}) == 4
    before = datasets.source_digest(spec())
    monkeypatch.setattr(simulate, "VERSION", simulate.VERSION + 1)
    assert datasets.source_digest(spec()) != before


def test_rows_that_are_taken_take_their_truth_along() -> None:
    samples = datasets.load(spec()).modality1
    few = samples.take([4, 2])
    for name, latents in samples.truth.items():
        np.testing.assert_array_equal(few.truth[name], latents[[4, 2]])


def test_one_entry_stands_for_variants_and_replicates(tmp_path: Path) -> None:
    entry = {"simulation": {"shared": [1, 0.5], **SMALL}, "replicates": 3, "seed": 20}
    made = grid(datasets=[entry])
    told = [(e.data.simulation or {}, e.replicate, e.data.seed) for e in made.datasets]
    assert [(s["shared"], r, seed) for s, r, seed in told] == [
        (1, 0, 20), (1, 1, 21), (1, 2, 22), (0.5, 0, 20), (0.5, 1, 21), (0.5, 2, 22),
    ]  # fmt: skip
    variants = {e.variant for e in made.datasets}
    assert {v.split(",")[0] for v in variants} == {"shared=1.0", "shared=0.5"}
    path = tmp_path / "grid.yaml"
    path.write_text(yaml.safe_dump(made.model_dump(mode="json", exclude_unset=True)))
    assert validate_grid(yaml.safe_load(path.read_text())) == made


def test_a_parameter_that_takes_several_numbers_makes_no_variants() -> None:
    unequal = {"n_conditions": 2, "cells_per_condition": [5, 7], "penetrance": [1, 10]}
    (entry,) = grid(datasets=[{"simulation": unequal}]).datasets
    assert datasets.load(entry.data).counts() == {"control": (5, 5), "perturbation-1": (7, 7)}


@pytest.mark.parametrize(
    ("entry", "hint"),
    [
        ({"simulation": {"shared": 1.2}}, "shared=1.2"),
        ({"simulation": {"shared": [1.0, -0.1]}}, "shared=-0.1"),
        ({"simulation": {"n_conditions": 0}}, "n_conditions=0"),
        ({"simulation": {"scale": -1}}, "scale=-1"),
        ({"simulation": {"shard": 0.8}}, "did you mean 'shared'"),
        ({"simulation": 0.8}, "shared: 0.8"),
        ({"simulation": {}, "replicates": 0}, "replicates=0"),
        ({"simulation": {}, "seed": -1}, "seed=-1"),
        ({"simulation": {}, "replicate": 3}, "did you mean 'replicates'"),
        ({"simulation": {}, "path": "x"}, "no path"),
        ({"name": "digits", "seed": 3}, "seed"),
    ],
)
def test_what_makes_no_sense_is_one_line(entry: dict[str, object], hint: str) -> None:
    with pytest.raises(InputError, match=hint) as caught:
        grid(datasets=[entry])
    assert "\n" not in str(caught.value)


def test_an_oracle_is_given_the_truth_of_its_rows(options: RunOptions) -> None:
    names = list(simulate.ORACLES)
    frame = results(grid(learners=names), options)
    assert set(frame["role"]) == {"oracle"}
    drawn = simulate.simulate(simulate.Parameters(shared=0.8, **SMALL), 3)  # type: ignore[arg-type]
    place = {name: row for row, name in enumerate(drawn.ids)}
    for name in names:
        (key,) = set(frame[frame["learner"] == name]["fit_key"])
        slots = table_to_vectors(Store(options.store).read(key).table, "z")
        assert len(slots) == 4
        for (modality, _), vectors in slots.items():
            truth = simulate.oracle_latents(drawn, name)[modality - 1]
            rows = [place[str(cell)] for cell in vectors.ids]
            np.testing.assert_array_equal(vectors.values, truth[rows])


@pytest.mark.usefixtures("registered")
def test_whoever_reads_the_truth_is_an_oracle_whatever_it_says() -> None:
    claims = Entry[Learner](
        "claims", "learners.controls.features:Features", "", reads="oracle-shared"
    )
    learners.REGISTRY.add(claims)
    (cell,) = expand_grid(grid(learners=["claims"]), Store(Path("nowhere"))).points
    assert claims.role == "method"
    assert cell.role == "oracle"


@pytest.mark.usefixtures("registered")
def test_no_other_method_is_given_the_truth(options: RunOptions) -> None:
    results(grid(learners=["spy"]), options)
    (seen,) = toys.Spy.seen
    assert set(seen) == {"x1", "t1", "x2", "t2", "seed"}
    assert seen["x1"].shape[1] == SMALL["features1"]
    assert seen["x2"].shape[1] == SMALL["features2"]


def test_oracles_have_no_cells_where_nothing_is_known(tmp_path: Path) -> None:
    real = grid(datasets=[{"name": "digits", "subsample": 10}], learners=["pca", "oracle-latents"])
    assert {cell.learner for cell in expand_grid(real, Store(tmp_path)).points} == {"pca"}
    # Nothing is shared: the latents are known, but shared ones do not exist.
    alone = grid(
        datasets=[{"simulation": {"shared": 0.0, **SMALL}}], learners=list(simulate.ORACLES)
    )
    assert {cell.learner for cell in expand_grid(alone, Store(tmp_path)).points} == {
        "oracle-latents"
    }


def test_the_store_knows_the_same_cells_as_the_data(options: RunOptions) -> None:
    made = grid(learners=["pca", "oracle-shared"], aligners=["labeled-eot", "oracle"])
    before = expand_grid(made, Store(options.store)).points
    results(made, options)
    assert expand_grid(made, Store(options.store)).points == before


def test_a_learner_goes_with_the_aligners_it_names() -> None:
    made = grid(
        learners=["pca", {"name": "none", "aligners": ["labeled-coot"]}],
        aligners=["labeled-eot", "labeled-coot", "uniform"],
    )
    cells = expand_grid(made, Store(Path("nowhere"))).points
    assert {(c.learner, c.aligner) for c in cells} == {
        ("pca", "labeled-eot"), ("pca", "labeled-coot"), ("none", "labeled-coot"), ("-", "uniform"),
    }  # fmt: skip


def test_a_partner_that_nobody_knows_is_refused_and_one_left_out_is_not() -> None:
    def cells(partner: str, aligner: str) -> int:
        learner = {"name": "pca", "aligners": [partner]}
        made = grid(learners=[learner], aligners=[aligner])
        return len(expand_grid(made, Store(Path("nowhere"))).points)

    assert cells("labeled-eot", "labeled-eot") == 1
    with pytest.raises(InputError, match="did you mean 'labeled-eot'"):
        cells("labelled-eot", "labeled-eot")
    with pytest.raises(ConfigError, match="no learner goes with an aligner"):
        cells("labeled-eot", "eot")


def test_one_method_stands_twice_under_two_labels(options: RunOptions) -> None:
    twice = [{"name": "pca", "params": {"dim": d}, "label": f"pca-{d}"} for d in (2, 3)]
    frame = results(grid(learners=twice), options)
    assert set(frame["learner"]) == {"pca-2", "pca-3"}


def test_knn_sets_the_neighbours_of_the_imputation_scores(options: RunOptions) -> None:
    values = {}
    keys: dict[str, set[str]] = {"matching": set(), "imputation": set()}
    for knn in (2, 3):
        frame = results(grid(tasks=["matching", "imputation"], knn=knn), options)
        for task, found in keys.items():
            found |= set(frame[frame["task"] == task]["score_key"])
        row = frame[frame["metric"] == "knn-recall"].iloc[0]
        values[knn] = row["value"]
        store = Store(options.store)
        scored = store.recipe(row["score_key"])["inputs"]
        fold = table_to_vectors(store.read(scored["fold"]).table, "x")
        (predicted,) = table_to_vectors(store.read(scored["prediction"]).table, "x").values()
        i, j = true_pairs(fold[1, "test"], predicted)
        truth = fold[1, "test"].values[i]
        expected = {s.metric: s.value for s in score_imputation(truth, predicted.values[j], k=knn)}
        assert row["value"] == expected["knn-recall"]
    assert values[2] != values[3]
    assert (len(keys["matching"]), len(keys["imputation"])) == (1, 2)


def cells_of(name: str) -> set[tuple[str, str, str]]:
    """Variant, learner and aligner of a shipped grid's cells, without drawing any data."""
    made = validate_grid(read_grid(name))
    return {
        (entry.variant, learner.shown, aligner.shown)
        for entry, learner, aligner in product(made.datasets, made.learners, made.aligners)
        if learner.aligners is None or aligner.shown in learner.aligners
    }


@pytest.mark.parametrize(("name", "printed"), [("simulation", (1, 2)), ("ablation", (5,))])
def test_the_shipped_grids_have_every_published_number(name: str, printed: tuple[int]) -> None:
    numbers = load("groove")
    wanted = numbers[(numbers["dataset"] == "simulation") & numbers["table"].isin(printed)]
    assert len(wanted) > 0
    assert set(wanted["split"]) == {"holdout"}
    assert set(wanted[["variant", "learner", "aligner"]].itertuples(index=False, name=None)) <= (
        cells_of(name)
    )


@pytest.mark.parametrize("name", ["simulation", "ablation"])
def test_the_shipped_grids_are_the_papers_protocol(name: str) -> None:
    made = validate_grid(read_grid(name))
    assert {entry.data.seed for entry in made.datasets} == set(range(10))
    (split,) = made.splits
    assert (split.kind, split.test_size, split.training_cells) == ("holdout", 0.2, "same")
    assert made.knn == 11


def test_a_report_sets_the_paper_beside_a_run(options: RunOptions) -> None:
    results(grid(), options)
    words = ["report", str(options.out), "--against"]
    said = CliRunner().invoke(app, [*words, "groove", "--format", "markdown"]).output
    assert "| GROOVE 1 | 30 | 0 | – | 0 | – | 0 | 30 |" in said
    wrong = CliRunner().invoke(app, [*words, "grove"])
    assert wrong.exit_code == 2
    assert "did you mean 'groove'" in wrong.output
    odd = CliRunner().invoke(app, [*words, "groove", "--task", "match"])
    assert "did you mean 'matching'" in odd.output


def test_an_aligner_goes_with_the_learners_it_names(tmp_path: Path) -> None:
    content = {
        "name": "g",
        "datasets": ["digits"],
        "learners": ["pca", "lda", {"name": "none", "aligners": ["labeled-egwot"]}],
        "aligners": ["labeled-eot", {"name": "labeled-coot", "learners": ["lda"]}],
        "tasks": ["matching"],
    }
    found = expand_grid(validate_grid(content), Store(tmp_path / "store"))
    pairs = {(point.learner, point.aligner) for point in found.points}
    assert pairs == {("pca", "labeled-eot"), ("lda", "labeled-eot"), ("lda", "labeled-coot")}
    *_, said = first_lines(found)
    assert said == "none has no row: it goes with labeled-egwot alone, which this grid lacks"
    wrong = {**content, "learners": [{"name": "lda", "learners": ["pca"]}]}
    with pytest.raises(ConfigError, match="learner 'lda' names learners to go with"):
        validate_grid(wrong)
    content["aligners"] = [{"name": "labeled-coot", "learners": ["ldaa"]}]
    with pytest.raises(UnknownNameError, match="did you mean 'lda'"):
        expand_grid(validate_grid(content), Store(tmp_path / "store"))
