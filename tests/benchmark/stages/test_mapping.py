"""The protocol does not give the pairing away: who maps a modality has not seen the other one."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike

from benchmark.stages.mapping.fold import TRANSDUCTIVE, map_fold
from benchmark.store.codecs import PARTS, Slot, Vectors
from benchmark.store.store import Store
from learners.base import Latent, Learner, Modality
from tests.benchmark.cli.test_cli import bench, inside
from weakpair.errors import MethodError
from weakpair.registry import Entry

__all__ = ["inside"]


class Plain(Learner):
    """Gives the features back."""

    def fit(self, x1: Any, t1: Any, x2: Any, t2: Any, **kwargs: Any) -> "Plain":
        return self

    def transform(self, x: ArrayLike, modality: Modality = 1) -> Latent:
        return np.array(x, dtype=np.float32)


class Keeping(Plain):
    """Keeps what it maps, and adds to each latent the mean of the other modality's cells."""

    def transform(self, x: ArrayLike, modality: Modality = 1) -> Latent:
        kept = self.__dict__.setdefault("kept", {})
        kept[modality] = np.asarray(x)
        other = kept.get(3 - modality)
        z = super().transform(x, modality)
        z += 0 if other is None else other.mean(axis=0)
        return z


class Writing(Plain):
    """Overwrites what it is given."""

    def transform(self, x: ArrayLike, modality: Modality = 1) -> Latent:
        z = super().transform(x, modality)
        np.asarray(x)[:] = 0
        return z


class Centring(Plain):
    """Subtracts the mean of the call."""

    def transform(self, x: ArrayLike, modality: Modality = 1) -> Latent:
        z = super().transform(x, modality)
        z -= z.mean(axis=0)
        return z


class Locked(Plain):
    """Cannot be copied."""

    def __init__(self) -> None:
        self.kept = (row for row in range(3))


def entry_of(learner: type[Learner]) -> Entry[Any]:
    return Entry("mine", f"{__name__}:{learner.__name__}", "")


@pytest.fixture
def fold() -> dict[Slot, Vectors]:
    rng = np.random.default_rng(0)
    rows: dict[Slot, Vectors] = {}
    for modality in (1, 2):
        for part in PARTS:
            n = 20 if part == "train" else 9
            ids = np.array([f"{part}{i}" for i in rng.permutation(n)])
            values = rng.normal(size=(n, 4)).astype(np.float32)
            rows[modality, part] = Vectors(ids, np.full(n, "drug"), values)
    return rows


def test_no_modality_is_mapped_by_who_saw_the_other(fold: dict[Slot, Vectors]) -> None:
    latents, said = map_fold(entry_of(Keeping), Keeping(), fold)
    for slot, rows in fold.items():
        np.testing.assert_array_equal(latents[slot].values, rows.values)
        assert latents[slot].ids.tolist() == rows.ids.tolist()
    assert said == ""
    seen = Keeping()
    seen.transform(fold[1, "test"].values, 1)
    assert not np.allclose(seen.transform(fold[2, "test"].values, 2), fold[2, "test"].values)


@pytest.mark.parametrize(
    ("learner", "said"), [(Plain, ""), (Writing, ""), (Centring, TRANSDUCTIVE)]
)
def test_latents_that_depend_on_the_call_are_told(
    fold: dict[Slot, Vectors], learner: type[Learner], said: str
) -> None:
    before = {slot: rows.values.copy() for slot, rows in fold.items()}
    assert map_fold(entry_of(learner), learner(), fold)[1] == said
    for slot, rows in fold.items():
        np.testing.assert_array_equal(rows.values, before[slot])


def test_a_learner_that_cannot_be_copied_is_told_so(fold: dict[Slot, Vectors]) -> None:
    with pytest.raises(MethodError, match=r"'mine' cannot be copied .*each modality is mapped by"):
        map_fold(entry_of(Locked), Locked(), fold)


CENTRING = """
from learners.base import Learner


class Centring(Learner):
    def fit(self, x1, t1, x2, t2, *, seed=0, device="cpu"):
        return self

    def transform(self, x, modality=1):
        return (x - x.mean(axis=0))[:, :2]
"""


def test_a_table_marks_who_learns_from_the_test_cells() -> None:
    Path("centring_cells.py").write_text(CENTRING)
    run = [
        "run",
        "--grid",
        "smoke",
        "--learners",
        "centring_cells:Centring,pca",
        "--aligners",
        "labeled-eot",
    ]
    bench(*run, "--tasks", "matching", "--workers", "0", "--isolate", "never")
    store = Store(Path(".weakpair"))
    recipes = {key: store.recipe(key) for key in store}
    suspects = {
        recipe["params"]["learner"]: store.facts(key)["facts"]["suspect"]
        for key, recipe in recipes.items()
        if recipe["kind"] == "fit"
    }
    assert suspects == {"centring_cells:Centring": TRANSDUCTIVE, "pca": ""}
    said = bench("report", "runs/smoke", "--task", "matching", "--format", "markdown")
    assert TRANSDUCTIVE in said
