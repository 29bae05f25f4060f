"""The figure of embeddings shows what the store holds: the same test cells by every learner."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from benchmark.cli import app
from benchmark.engine.progress import Lines
from benchmark.grids.spec import validate_grid
from benchmark.runs.material.latents import MOST_LEARNERS, Choice, embeddings
from benchmark.runs.run import RunOptions, run_grid
from benchmark.store.codecs import Vectors, table_to_vectors
from benchmark.store.store import Store
from tests.benchmark.stages.test_probe import SIMULATION
from weakpair.errors import ConfigError, DataError, StoreError, UnknownNameError

LEARNERS: list[object] = ["pca", "raw", {"name": "ipic", "params": {"epochs": 1}}, "lda"]


def run(folder: Path, **changes: object) -> Path:
    content = {
        "name": "run",
        "datasets": [SIMULATION],
        "splits": [{"kind": "holdout", "repeats": 2}],
        "learners": LEARNERS,
        "tasks": ["probe"],
    }
    options = RunOptions(out=folder / "run", store=folder / "store")
    summary = run_grid(validate_grid({**content, **changes}), options, Lines(io.StringIO()))
    assert summary.exit_code == 0, [o.error for o in summary.outcomes.values() if o.error]
    return folder / "run"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of four learners on two splits; its store lies beside it."""
    return run(tmp_path_factory.mktemp("embeddings"))


def read(folder: Path) -> tuple[pd.DataFrame, Store]:
    return pd.read_parquet(folder / "results.parquet"), Store(folder.parent / "store")


def stored(folder: Path, learner: str, fold: str) -> tuple[Vectors, Vectors]:
    """Latents of the test cells, by modality."""
    results, store = read(folder)
    key = results.query("learner == @learner and fold == @fold")["fit_key"].iloc[0]
    slots = table_to_vectors(store.read(key).table, "z")
    return slots[1, "test"], slots[2, "test"]


def bench(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False, env={"COLUMNS": "120"})
    assert result.exit_code == code, result.output
    return " ".join(result.output.split())


def test_pairs_are_the_true_ones_as_they_were_stored(finished: Path) -> None:
    found = embeddings(*read(finished), Choice())
    assert list(found.latents) == ["raw", "ipic"]
    assert set(found.labels) == {"treatment", "downstream (downstream)"}
    assert "true pair" in found.points
    for learner, shown in found.latents.items():
        one, two = stored(finished, learner, "holdout-0")
        partner = {cell: row for row, cell in enumerate(two.ids)}
        whole = np.hstack([one.values, two.values[[partner[cell] for cell in one.ids]]])
        assert len(shown) == found.of == len(one.ids)
        # Each modality is scaled as a whole, and the points stand in a drawn order.
        width = one.values.shape[1]
        known = np.hstack([_scaled(whole[:, :width]), _scaled(whole[:, width:])])
        one_order, same_order = (x[np.argsort(x[:, 0])] for x in (shown, known))
        np.testing.assert_allclose(one_order, same_order, rtol=1e-4, atol=1e-5)


def _scaled(side: np.ndarray) -> np.ndarray:
    scaled: np.ndarray = side / np.sqrt(side.var(axis=0).sum())
    return scaled


def test_cells_are_those_of_both_modalities_with_their_labels(finished: Path) -> None:
    found = embeddings(*read(finished), Choice(learners=["pca"], fold="holdout-1", of="cells"))
    sides = stored(finished, "pca", "holdout-1")
    for modality, side in zip("12", sides, strict=True):
        own = found.labels["modality"] == modality
        labelled = zip(found.labels["treatment"][own], found.latents["pca"][own], strict=True)
        shown = sorted((str(label), *row.tolist()) for label, row in labelled)
        known = zip(side.labels, side.values, strict=True)
        assert shown == sorted((str(label), *row.tolist()) for label, row in known)


def test_a_smaller_sample_is_the_same_for_all_learners_and_every_time(finished: Path) -> None:
    few, all_of_them = (embeddings(*read(finished), Choice(most=n)) for n in (10, 1000))
    assert few.of == all_of_them.of > 10
    for name in few.latents:
        np.testing.assert_array_equal(few.latents[name], all_of_them.latents[name][:10])
    other = embeddings(*read(finished), Choice(most=10, seed=1))
    assert not np.array_equal(other.latents["raw"], few.latents["raw"])


def test_without_raw_and_ipic_the_first_learners_are_shown(finished: Path) -> None:
    results, store = read(finished)
    found = embeddings(results[results["learner"] != "raw"], store, Choice())
    assert list(found.latents) == ["pca", "ipic", "lda"]
    assert len(found.latents) <= MOST_LEARNERS


def test_the_first_fold_that_all_learners_have(finished: Path) -> None:
    results, store = read(finished)
    lost = results[(results["learner"] != "ipic") | (results["fold"] != "holdout-0")]
    assert "holdout-1" in embeddings(lost, store, Choice()).place
    assert "holdout-0" in embeddings(lost, store, Choice(learners=["raw"])).place
    with pytest.raises(ConfigError, match="no fold was finished by all of raw, ipic"):
        embeddings(lost, store, Choice(fold="holdout-0"))


def test_a_run_without_a_probe_knows_the_treatment_alone(tmp_path: Path) -> None:
    folder = run(tmp_path, tasks=["matching"], aligners=["labeled-eot"], learners=["pca"])
    assert set(embeddings(*read(folder), Choice()).labels) == {"treatment"}


def test_cells_without_partners_are_paired_by_their_labels(tmp_path: Path) -> None:
    spec = {"name": "digits", "subsample": 20, "pairing": "none"}
    folder = run(tmp_path, datasets=[spec], learners=["raw"])
    found = embeddings(*read(folder), Choice())
    assert "random pair of the same labels" in found.points
    assert len(found.labels["treatment"]) == found.of > 0


@pytest.mark.parametrize(
    ("choice", "kind", "hint"),
    [
        (Choice(learners=["pcaa"]), UnknownNameError, "did you mean 'pca'"),
        (Choice(fold="holdout-7"), UnknownNameError, "did you mean"),
        (Choice(replicate=3), UnknownNameError, "unknown replicate '3'"),
        (Choice(of="cells"), ConfigError, "raw: latents of 20 and 12 dimensions are in no common"),
        (Choice(learners=[]), ConfigError, "one to 4"),
    ],
)
def test_what_cannot_be_shown(
    choice: Choice, kind: type[Exception], hint: str, finished: Path
) -> None:
    with pytest.raises(kind, match=hint) as caught:
        embeddings(*read(finished), choice)
    assert "\n" not in str(caught.value)


def test_several_data_sets_are_not_chosen_from_silently(finished: Path) -> None:
    results, store = read(finished)
    both = pd.concat([results, results.assign(dataset="other")], ignore_index=True)
    with pytest.raises(
        ConfigError, match="more than one dataset: simulation, other; choose by --dataset"
    ):
        embeddings(both, store, Choice())
    with pytest.raises(DataError, match="no fits"):
        embeddings(results.assign(fit_key=""), store, Choice())


def test_fits_of_other_cells_do_not_stand_beside_each_other(finished: Path) -> None:
    results, store = read(finished)
    first = results[(results["learner"] == "raw") & (results["fold"] == "holdout-0")]
    second = results[(results["learner"] == "ipic") & (results["fold"] == "holdout-1")]
    mixed = pd.concat([first, second.assign(fold="holdout-0")], ignore_index=True)
    with pytest.raises(DataError, match="raw and ipic have other test cells"):
        embeddings(mixed, store, Choice())


def test_another_store_is_one_line(finished: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="name the run's store by --store"):
        embeddings(read(finished)[0], Store(tmp_path), Choice())


def test_the_command_computes_nothing_and_says_what_it_drew(finished: Path, tmp_path: Path) -> None:
    store = finished.parent / "store"
    before = sorted((path, path.stat().st_mtime_ns) for path in store.rglob("*"))
    outs = [tmp_path / "a.svg", tmp_path / "b.svg"]
    for out in outs:
        words = ["figure", "embedding", str(finished), "--store", str(store), "--points", "20"]
        said = bench(*words, "--out", str(out))
    assert "t-SNE of the latents of raw and ipic on simulation" in said
    assert "coloured by treatment and downstream (downstream)" in said
    assert "Shown: 20 of" in said
    assert sorted((path, path.stat().st_mtime_ns) for path in store.rglob("*")) == before
    assert outs[0].read_bytes() == outs[1].read_bytes()


def test_umap_that_is_missing_is_one_line(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "umap", None)
    store = str(finished.parent / "store")
    words = ["figure", "embedding", str(finished), "--store", store, "--method", "umap"]
    said = bench(*words, "--out", str(tmp_path / "f.png"), code=2)
    assert "pip install umap-learn" in said
    assert not (tmp_path / "f.png").exists()
