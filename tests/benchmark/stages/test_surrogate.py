"""The task `surrogate`: methods see merged labels alone, and nothing of it knows a pair."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import learners
from aligners.hidden import merged
from benchmark.engine.progress import Lines
from benchmark.grids.expand import expand_grid
from benchmark.grids.spec import validate_grid
from benchmark.runs.run import RunOptions, run_grid
from benchmark.store.store import Store
from learners.base import Latent, Learner, Modality
from tests.benchmark.datasets.toys import write_folder
from weakpair.registry import Entry

pytestmark = pytest.mark.usefixtures("registered")

CONTENT: dict[str, Any] = {
    "name": "surrogates",
    "datasets": [{"name": "digits", "subsample": 15}],
    "splits": [{"kind": "kfold", "folds": 2}],
    "learners": ["lda"],
    "aligners": ["labeled-eot", "label-uniform"],
    "tasks": ["surrogate"],
    "surrogate": {"merges": 2},
}


def results(options: RunOptions, **changes: Any) -> pd.DataFrame:
    summary = run_grid(validate_grid({**CONTENT, **changes}), options, Lines(io.StringIO()))
    assert summary.exit_code == 0, [o for o in summary.outcomes.values() if o.error]
    return pd.read_parquet(options.out / "results.parquet")


class Watching(Learner):
    """Remembers the labels that it is shown."""

    seen: list[set[str]] = []  # noqa: RUF012

    def __init__(self) -> None:
        pass

    def fit(self, x1: Any, t1: Any, x2: Any, t2: Any, **given: Any) -> "Watching":
        Watching.seen.append({str(label) for label in np.concatenate([t1, t2])})
        return self

    def transform(self, x: Any, modality: Modality = 1) -> Latent:
        return np.ascontiguousarray(np.asarray(x, dtype=np.float32)[:, :1])


def test_fits_for_hidden_labels_see_groups_alone(
    options: RunOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Watching, "seen", [])
    learners.REGISTRY.add(Entry[Learner]("watching", f"{__name__}:Watching", "watches"))
    results(options, learners=["watching"], aligners=["labeled-eot"])
    digits = set("0123456789")
    plain = [seen for seen in Watching.seen if seen == digits]
    held_out = [seen for seen in Watching.seen if seen < digits]
    merged_ones = [seen for seen in Watching.seen if not seen <= digits]
    assert [len(seen) for seen in held_out] == [8, 8], "a quarter of ten labels, two, on each fold"
    assert len(plain) == 2 * (1 + 2), "folds, and each twice with cells that have no partners"
    assert len(merged_ones) == 2 * 2, "folds times merges"
    for seen in merged_ones:
        assert len(seen) == 5
        assert {part for group in seen for part in group.split("+")} == digits
        assert all(len(group.split("+")) == 2 for group in seen)
    assert len({frozenset(seen) for seen in merged_ones}) > 1, "other merges, other groups"


def test_scores_are_the_same_without_a_single_true_pair(
    options: RunOptions, tmp_path: Path
) -> None:
    """Ids of modality 2 are renamed: whatever knew a pair would change."""
    where = {"path": str(tmp_path / "toy"), "kind": "folder", "name": "toy"}
    write_folder(tmp_path / "toy", dict.fromkeys("abcd", 12))
    splits = [{"kind": "holdout", "test_size": 0.5}]
    frame = results(options, datasets=[{**where, "pairing": "none"}], splits=splits)
    assert frame["value"].notna().all()
    assert (frame["pairs"] == 0).all()


def test_chance_is_nought_and_every_metric_is_there(options: RunOptions) -> None:
    frame = results(options)
    assert set(frame["metric"]) == {
        *("hidden-label", "structure", "cycle", "stability"),
        *("held-out", "held-out-energy", "evidence"),
    }
    by_aligner = frame[frame["metric"] == "hidden-label"].groupby("aligner")["value"].mean()
    assert by_aligner["label-uniform"] == pytest.approx(0, abs=1e-9)
    assert by_aligner["labeled-eot"] > 0.05
    held_out = frame[frame["metric"] == "held-out"].groupby("aligner")["value"].mean()
    assert held_out["label-uniform"] == pytest.approx(0, abs=1e-9)
    assert held_out["labeled-eot"] > 0.05
    stable = frame[frame["metric"] == "stability"].groupby("aligner")["value"].mean()
    assert stable["label-uniform"] == 0
    assert stable["labeled-eot"] > 0.05


def test_leaving_one_perturbation_out_holds_no_further_ones_out(options: RunOptions) -> None:
    frame = results(options, splits=["lopo"])
    left = frame[frame["metric"].isin(["held-out", "held-out-energy"])]
    assert left["value"].isna().all()
    assert left["note"].str.startswith("not defined").all()


def test_fewer_than_four_labels_hide_nothing(options: RunOptions) -> None:
    data = {"name": "digits", "subsample": 15, "groups": ["0", "1", "2"]}
    frame = results(options, datasets=[data])
    hidden = frame[frame["metric"] == "hidden-label"]
    assert hidden["value"].isna().all()
    assert set(hidden["note"]) == {"not defined: hidden labels need at least four perturbations"}
    assert frame.loc[frame["metric"] == "structure", "value"].notna().all()


def test_oracles_are_no_part_of_it_and_other_keys_stay(tmp_path: Path) -> None:
    wide = {**CONTENT, "learners": ["lda", "paired-cca"], "aligners": ["labeled-eot", "oracle"]}
    store = Store(tmp_path)
    with_it = expand_grid(validate_grid({**wide, "tasks": ["matching", "surrogate"]}), store)
    without = expand_grid(validate_grid({**wide, "tasks": ["matching"]}), store)
    own = [point for point in with_it.points if point.task == "surrogate"]
    assert {(point.learner, point.aligner) for point in own} == {("lda", "labeled-eot")}
    assert [point for point in with_it.points if point.task == "matching"] == without.points


@pytest.mark.parametrize("count", [4, 5, 9, 10])
def test_groups_have_two_labels_or_three(count: int) -> None:
    labels = [f"t{number}" for number in range(count)]
    groups = merged(labels, 3)
    assert set(groups) == set(labels)
    sizes = pd.Series(list(groups.values())).value_counts()
    assert set(sizes) <= {2, 3}
    assert (sizes == 3).sum() == count % 2
    assert all(label in group.split("+") for label, group in groups.items())
    assert merged(labels, 3) == groups != merged(labels, 4)
