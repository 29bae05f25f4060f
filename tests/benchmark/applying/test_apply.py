"""Matched cells: what they are, in memory, in files, by the command and from a run."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import weakpair
from benchmark import datasets
from benchmark.applying import Match, Methods, match_dataset
from benchmark.applying.match import Modality
from benchmark.datasets import Dataset, Pipeline, make_dataset, make_samples, parse_steps
from benchmark.engine.progress import Lines
from benchmark.grids.expand import expand_grid
from benchmark.grids.spec import validate_grid
from benchmark.runs.run import RunOptions, run_grid
from benchmark.stages.graph.context import Context
from benchmark.store.codecs import table_to_vectors
from benchmark.store.store import Store
from tests.benchmark.cli.test_cli import bench, inside, one_line, screen
from weakpair.errors import ConfigError, DataError, ParameterError

__all__ = ["inside"]

GROUPS = np.repeat(["a", "b", "c"], 8)
RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 4)) + 6 * (GROUPS[:, None] == np.array(["a", "b", "c", "d"]))


def toy(more: int = 0) -> Dataset:
    """Both modalities are one matrix; the second may have more cells of label a."""
    second = np.concatenate([X, X[:more] + 0.01])
    labels = np.concatenate([GROUPS, GROUPS[:more]])
    one = make_samples(X, GROUPS, [f"x{i}" for i in range(24)], list("pqrs"), where="one")
    ids = [f"y{i}" for i in range(24 + more)]
    two = make_samples(second, labels, ids, list("PQRS"), where="two")
    return make_dataset("toy", one, two, pairing="none", names=("RNA", "protein"))


def matched(aligner: str, more: int = 0, **params: Any) -> Match:
    return match_dataset(toy(more), Methods("none", aligner, {}, params))


def test_equal_cells_are_each_others_best_partners() -> None:
    best = matched("exact-ot").partners(1, top=3)
    assert best["partner"].tolist() == [cell.replace("x", "y") for cell in best["cell"]]
    assert best["rank"].tolist() == [1] * 24
    assert best["weight"].tolist() == pytest.approx([1] * 24)
    back = matched("labeled-eot", epsilon=1e-3).partners(2, top=2)
    assert back.groupby("cell")["rank"].max().eq(2).all()
    assert (back.groupby("cell")["weight"].sum() <= 1 + 1e-9).all()
    assert back["weight"].gt(0).all()


def test_confidence_runs_from_any_partner_to_a_single_one() -> None:
    alike, sure = matched("label-uniform").confidence(1), matched("exact-ot").confidence(1)
    assert alike["confidence"].to_numpy() == pytest.approx(np.zeros(24), abs=1e-9)
    assert alike["partners"].to_numpy() == pytest.approx(np.full(24, 8))
    assert sure["confidence"].to_numpy() == pytest.approx(np.ones(24))
    assert alike["label"].tolist() == GROUPS.tolist()
    some = matched("hungarian", more=4)
    assert some.confidence(2)["confidence"].isna().sum() == 4, "more cells than partners"
    table = some.by_label()
    assert table.loc["a", "cells, protein"] == 12
    assert table.loc["b", "confidence, RNA"] == 1


def test_imputed_profiles_are_means_over_partners_and_spread_about_them() -> None:
    imputed = matched("label-uniform").impute(1)
    for label in "abc":
        cells = imputed.mean[label == GROUPS].to_numpy()
        np.testing.assert_allclose(cells, np.tile(X[label == GROUPS].mean(0), (8, 1)), rtol=1e-5)
        spread = imputed.spread[label == GROUPS].to_numpy()
        np.testing.assert_allclose(spread, np.tile(X[label == GROUPS].std(0), (8, 1)), rtol=1e-4)
    exact = matched("exact-ot").impute(2)
    np.testing.assert_allclose(exact.mean.to_numpy(), X, rtol=1e-5)
    np.testing.assert_allclose(exact.spread.to_numpy(), 0, atol=1e-3)
    assert exact.mean.columns.tolist() == list("PQRS")
    assert exact.mean.index.tolist() == [f"x{i}" for i in range(24)]


def test_true_pairs_are_shown_to_nobody_and_names_change_nothing() -> None:
    data = toy()
    renamed = make_dataset(
        "toy",
        replace(data.modality1, ids=data.modality2.ids),
        data.modality2,
        names=data.names,
    )
    assert renamed.paired
    methods = Methods("groove-cosine", "labeled-eot", {"steps": 3, "batch_size": 12})
    one, other = (match_dataset(each, methods).plan.todense() for each in (data, renamed))
    np.testing.assert_array_equal(one, other)


def test_preprocessing_is_fitted_and_named() -> None:
    steps = Pipeline(parse_steps("zscore,pca(n=2)"))
    match = match_dataset(toy(), Methods("pca", "labeled-egwot"), (steps, Pipeline()))
    assert match.one.x.shape == (24, 2)
    assert len(match.one.features) == 2
    assert match.two.features == tuple("PQRS")


@pytest.mark.parametrize(
    "methods", [Methods("paired-cca", "labeled-eot"), Methods("lda", "oracle")]
)
def test_oracles_are_refused(methods: Methods) -> None:
    with pytest.raises(ConfigError, match="is an oracle"):
        match_dataset(toy(), methods)


def test_a_folder_of_tables_holds_all_of_it(tmp_path: Path) -> None:
    match = matched("labeled-eot", more=3)
    out = match.write(tmp_path / "matched", top=2)
    assert pd.read_parquet(out / "latents2.parquet").shape == (27, 4)
    pd.testing.assert_frame_equal(pd.read_parquet(out / "partners1.parquet"), match.partners(1, 2))
    pd.testing.assert_frame_equal(pd.read_parquet(out / "imputed1.parquet"), match.impute(1).mean)
    settings = json.loads((out / "settings.json").read_text())
    assert settings["learner"]["name"] == "none"
    assert settings["aligner"]["params"]["epsilon"] == 0.005
    with pytest.raises(ParameterError, match="exists already"):
        match.write(out)
    assert [each.name for each in tmp_path.iterdir()] == ["matched"]


def test_mudata_holds_all_of_it_and_is_read_again(tmp_path: Path) -> None:
    mudata = pytest.importorskip("mudata")
    match = matched("labeled-eot", more=3)
    read = mudata.read(match.write(tmp_path / "matched.h5mu", top=4))
    rna, protein = read["RNA"], read["protein"]
    np.testing.assert_array_equal(protein.obsm["X_weakpair"], match.two.latents)
    assert rna.obsm["partners"].shape == (24, 4)
    first = match.partners(1, 1).set_index("cell")["partner"]
    assert protein.obs_names[rna.obsm["partners"][:, 0]].tolist() == first.tolist()
    assert list(rna.obsm["imputed"].columns) == list("PQRS")
    assert rna.obs["confidence"].between(0, 1).all()
    assert json.loads(read.uns["weakpair"])["learner"]["name"] == "none"


def test_names_with_slashes_are_no_folders_of_a_file(tmp_path: Path) -> None:
    mudata = pytest.importorskip("mudata")
    match = matched("labeled-eot")
    odd = replace(match, two=replace(match.two, features=("MEK/ERK", "b", "c", "d")))
    read = mudata.read(odd.write(tmp_path / "matched.h5mu"))
    assert list(read["RNA"].obsm["imputed"].columns) == ["MEK|ERK", "b", "c", "d"]
    assert read["protein"].var_names[0] == "MEK/ERK"


def test_one_modality_is_an_anndata_too() -> None:
    pytest.importorskip("mudata")
    protein = matched("labeled-eot", more=3).to_anndata(2)
    assert protein.n_obs == 27
    assert "X_weakpair" in protein.obsm


def test_the_picture_has_cells_of_both_modalities() -> None:
    match = matched("labeled-eot", more=3)
    drawn = match.plot(points=20)
    assert [panel.get_title() for panel in drawn.axes][:2] == [
        "perturbation",
        "modality",
    ]
    shown = drawn.axes[0].collections[0].get_offsets()
    assert len(np.asarray(shown)) in (19, 20, 21)
    apart = replace(match, two=replace(match.two, latents=match.two.latents[:, :2]))
    with pytest.raises(ParameterError, match="latents of 4 and of 2 dimensions have no plane"):
        apart.plot()


def test_two_anndata_become_a_match() -> None:
    anndata = pytest.importorskip("anndata")
    obs = pd.DataFrame({"drug": GROUPS}, index=[f"c{i}" for i in range(24)])
    one, two = (anndata.AnnData(X=X.astype(np.float32), obs=obs) for _ in range(2))
    match = weakpair.match(one, two[:20], group="drug", learner="lda", names=("RNA", "ATAC"))
    assert repr(match) == "Match(lda + labeled-eot, 24 RNA × 20 ATAC cells)"
    assert len(match.partners(2, 1)) == 20
    with pytest.raises(DataError, match=r"first: obs has no column 'dose'; it has drug"):
        weakpair.match(one, two, group="dose")
    with pytest.raises(AttributeError, match="no attribute 'mtach'"):
        weakpair.mtach  # noqa: B018


DATA = ["--data", "mine", "--group", "perturbation"]


def test_the_command_writes_what_the_function_gives() -> None:
    screen(Path("mine"))
    said = bench("apply", *DATA, "--learner", "lda", "--aligner", "labeled-eot", "--out", "matched")
    assert "Match(lda + labeled-eot, 36 modality 1 × 36 modality 2 cells)" in said
    assert "gene0" in said
    assert "wrote matched" in said
    data = datasets.load({"path": "mine", "group": "perturbation"})
    known = match_dataset(data, Methods("lda", "labeled-eot")).partners(1, 5)
    pd.testing.assert_frame_equal(pd.read_parquet("matched/partners1.parquet"), known)


@pytest.mark.parametrize("task", ["matching", "imputation", "surrogate"])
def test_a_run_says_what_is_applied(task: str) -> None:
    screen(Path("mine"), groups=4)
    methods = ["--learners", "pca,lda", "--aligners", "labeled-eot,label-uniform"]
    more = ["--split", "holdout", "--workers", "0", "--set", "imputer.kind=mean"]
    bench("run", *DATA, *methods, *more, "--tasks", task)
    said = bench("apply", "--from", "runs/mine", "--best", task, "--out", "matched")
    table = bench("report", "runs/mine", "--task", task, "--format", "csv")
    first = pd.read_csv(io.StringIO(table))["row"].dropna().iloc[0]
    assert said.startswith(f"{first} comes first in {task} of runs/mine")
    settings = json.loads(Path("matched/settings.json").read_text())
    name = f"{settings['learner']['name']} + {settings['aligner']['name']}"
    assert name == first
    assert settings["scores"]


def test_replicates_are_no_data_set_to_apply_to() -> None:
    grid = "name: drawn\ndatasets: [{simulation: {cells_per_condition: 6}, replicates: 2}]\n"
    Path("drawn.yaml").write_text(f"{grid}learners: [lda]\naligners: [labeled-eot]\n")
    bench("run", "--grid", "drawn.yaml", "--tasks", "matching", "--workers", "0")
    said = one_line(bench("apply", "--from", "runs/drawn", "--out", "x", code=2))
    assert "simulation stands for 2 data sets in this run" in said


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--out", "x"], "give --data with --learner and --aligner, or --from RUN"),
        ([*DATA, "--learner", "lda", "--aligner", "eot"], "give --out"),
        ([*DATA, "--learner", "lda", "--aligner", "eot", "--out", "mine"], "exists already"),
        ([*DATA, "--from", "runs/x", "--out", "x"], "--data does not go with --from"),
        ([*DATA, "--best", "matching", "--out", "x"], "--best goes with --from"),
        ([*DATA, "--learner", "lda", "--aligner", "oracle", "--out", "x"], "is an oracle"),
        ([*DATA, "--learner", "lsa", "--aligner", "eot", "--out", "x"], "did you mean 'lda'"),
    ],
)
def test_what_is_meant_is_said_in_one_line(words: list[str], hint: str) -> None:
    screen(Path("mine"))
    assert hint in one_line(bench("apply", *words, code=2))
    assert not Path("x").exists()


def grown(cells: slice, **obs: Any) -> Any:
    """AnnData of some cells of the toy, with labels."""
    anndata = pytest.importorskip("anndata")
    names = pd.DataFrame({"drug": GROUPS[cells], **obs}, index=[f"n{i}" for i in range(24)][cells])
    var = pd.DataFrame(index=list("pqrs"))
    return anndata.AnnData(X=X[cells].astype(np.float32), obs=names, var=var)


@pytest.mark.parametrize("modality", [1, 2])
def test_new_cells_are_mapped_as_the_known_ones_were(modality: Modality) -> None:
    whole = weakpair.match(
        grown(slice(None)), grown(slice(None)), group="drug", learner="lda", preprocess1="zscore"
    )
    new = grown(slice(3, 12))[:, list("srqp")]
    more = whole.more(new, "drug", modality)
    side, other = more.side(modality), more.side(3 - modality)
    np.testing.assert_array_equal(side.latents, whole.side(modality).latents[3:12])
    assert side.ids.tolist() == [f"n{i}" for i in range(3, 12)]
    assert set(other.labels) == {"a", "b"}
    np.testing.assert_array_equal(other.latents, whole.side(3 - modality).latents[:16])
    assert more.plan.shape == ((9, 16) if modality == 1 else (16, 9))
    assert len(more.partners(modality, 1)) == 9
    assert more.impute(2 if modality == 1 else 1).mean.shape == (9, 4)


def test_new_cells_that_do_not_fit_are_told() -> None:
    known = grown(slice(0, 16))
    whole = weakpair.match(known, known, group="drug", learner="lda")
    with pytest.raises(DataError, match="lack 2 of 4 features of modality 1, 'r' among them"):
        whole.more(grown(slice(0, 4))[:, list("pq")], "drug")
    with pytest.raises(DataError, match="'c' among them, have no cell in modality 2"):
        whole.more(grown(slice(None)), "drug")
    with pytest.raises(ParameterError, match="has no fit"):
        replace(whole, fit=None).more(grown(slice(0, 4)), "drug")


def test_the_network_imputes_what_the_benchmark_imputes(tmp_path: Path) -> None:
    content = {
        "name": "one",
        "datasets": ["digits"],
        "splits": ["holdout:0.3"],
        "learners": ["lda"],
        "aligners": ["labeled-eot"],
        "tasks": ["imputation"],
        "imputer": {"epochs": 3},
    }
    store = Store(tmp_path / "store")
    options = RunOptions(out=tmp_path / "run", store=store.root)
    run_grid(validate_grid(content), options, Lines(io.StringIO()))
    expansion = expand_grid(validate_grid(content), store)
    nodes = {node.kind: node for node in expansion.graph.nodes.values()}
    context = Context(nodes["impute"], store)
    fold = context.fold()
    sides = []
    for m, letter in ((1, "x"), (2, "y")):
        train = fold[m, "train"]
        ids = [f"{letter}{i}" for i in range(len(train.ids))]
        names = [f"{letter}{j}" for j in range(train.values.shape[1])]
        sides.append(make_samples(train.values, train.labels, ids, names, where=letter))
    match = match_dataset(
        make_dataset("fold", sides[0], sides[1], pairing="none"), Methods("lda", "labeled-eot")
    )
    imputer = match.imputer(1, seed=nodes["impute"].seed, epochs=3)
    known = context.store.read(nodes["impute"].key).table
    expected = next(iter(table_to_vectors(known, "x").values()))
    predicted = imputer.predict(fold[2, "test"].values)
    near = 2e-3 * float(np.ptp(expected.values))
    np.testing.assert_allclose(predicted, expected.values, atol=near)
    other = match.imputer(1, seed=1, epochs=3).predict(fold[2, "test"].values)
    assert np.abs(other - expected.values).max() > 10 * near
    found = match.impute(1, by="network", seed=3)
    trained = match.imputer(1, seed=3).predict(sides[1].x)
    np.testing.assert_array_equal(found.mean.to_numpy(), trained)
    pd.testing.assert_frame_equal(found.spread, match.impute(1).spread)
    with pytest.raises(ParameterError, match="partners, network"):
        match.impute(1, by="means")  # type: ignore[arg-type]


def test_the_command_writes_what_the_network_imputes() -> None:
    screen(Path("mine"))
    words = ["--learner", "lda", "--aligner", "labeled-eot", "--impute", "network"]
    bench("apply", *DATA, *words, "--out", "matched")
    read = pd.read_parquet("matched/imputed1.parquet")
    settings = json.loads(Path("matched/settings.json").read_text(encoding="utf-8"))
    assert settings["imputed_by"] == "network"
    assert np.isfinite(read.to_numpy()).all()
