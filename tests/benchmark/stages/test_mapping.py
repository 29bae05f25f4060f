"""The protocol does not give the pairing away: who maps a modality has not seen the other one."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike

from benchmark.engine.worker import threads_pinned
from benchmark.stages.mapping.fold import TRANSDUCTIVE, map_fold
from benchmark.stages.mapping.server import prepare
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


ANYWHERE: dict[int, Any] = {}
"""What no copy of a learner is free of."""


class Remembering(Keeping):
    """Keeps what it maps where all learners of its module find it."""

    def transform(self, x: ArrayLike, modality: Modality = 1) -> Latent:
        self.kept = ANYWHERE
        return super().transform(x, modality)


class Printing(Plain):
    """Prints, and then fails."""

    def transform(self, x: ArrayLike, modality: Modality = 1) -> Latent:
        print("what I print")
        raise ValueError("no such cell")


class Ending(Plain):
    """Ends its process."""

    def transform(self, x: ArrayLike, modality: Modality = 1) -> Latent:
        os._exit(3)


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


def cells() -> dict[Slot, Vectors]:
    """Cells of a fold."""
    rng = np.random.default_rng(0)
    rows: dict[Slot, Vectors] = {}
    for modality in (1, 2):
        for part in PARTS:
            n = 20 if part == "train" else 9
            ids = np.array([f"{part}{i}" for i in rng.permutation(n)])
            values = rng.normal(size=(n, 4)).astype(np.float32)
            rows[modality, part] = Vectors(ids, np.full(n, "drug"), values)
    return rows


@pytest.fixture
def fold() -> dict[Slot, Vectors]:
    return cells()


LEARNERS = (Plain, Keeping, Remembering, Writing, Centring, Locked, Printing, Ending)


def told(learner: type[Learner], rows: dict[Slot, Vectors]) -> dict[str, Any]:
    """Outcome of mapping by a learner; `same`: latents are the features, and cells as before."""
    before = {slot: one.values.copy() for slot, one in rows.items()}
    try:
        latents, said = map_fold(entry_of(learner), learner(), rows)
    except MethodError as error:
        return {"error": str(error), "notes": "".join(getattr(error, "__notes__", ()))}
    same = all(
        np.array_equal(latents[slot].values, values)
        and np.array_equal(rows[slot].values, values)
        and latents[slot].ids.tolist() == rows[slot].ids.tolist()
        for slot, values in before.items()
    )
    return {"said": said, "same": same, "kept": len(ANYWHERE)}


def tell_apart() -> None:
    """Print what mapping by each learner gives where processes of their own map modalities."""
    import torch  # noqa: F401 - so that not every process imports it

    prepare(threads_pinned)
    found = {one.__name__: told(one, cells()) for one in LEARNERS}
    print(json.dumps({**found, "copy": told_by_a_copy()}))


def told_by_a_copy() -> dict[str, Any]:
    """Outcome of mapping in a copy of this process, as a method may fork one."""
    here, there = os.pipe()
    if not os.fork():
        os.write(there, json.dumps(told(Plain, cells())).encode())
        os._exit(0)
    os.wait()
    found: dict[str, Any] = json.loads(os.read(here, 1 << 16))
    return found


@pytest.fixture(scope="module")
def apart() -> dict[str, dict[str, Any]]:
    """Outcomes of mapping in a process that forked its server before anything else."""
    code = f"from {__name__} import tell_apart; tell_apart()"
    command = [sys.executable, "-c", code]
    printed = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    found: dict[str, dict[str, Any]] = json.loads(printed.splitlines()[-1])
    return found


@pytest.mark.parametrize("learner", [Plain, Keeping, Remembering, Writing])
def test_no_process_maps_a_modality_that_saw_the_other(
    apart: dict[str, dict[str, Any]], learner: type[Learner]
) -> None:
    """Nor does the one that fits, which goes on to other folds of the same cells, map any."""
    assert apart[learner.__name__] == {"said": "", "same": True, "kept": 0}


def test_processes_tell_of_latents_that_depend_on_the_call(
    apart: dict[str, dict[str, Any]],
) -> None:
    assert apart["Centring"] == {"said": TRANSDUCTIVE, "same": False, "kept": 0}


@pytest.mark.parametrize(
    ("learner", "why"),
    [
        (Locked, "'mine' cannot be copied (TypeError: cannot pickle 'generator' object); each"),
        (Printing, "'mine' cannot map modality 1: ValueError: no such cell"),
        (Ending, "'mine' ended the process that maps modality 1 (exit code 3)"),
    ],
)
def test_a_learner_whose_process_cannot_map_is_told_why(
    apart: dict[str, dict[str, Any]], learner: type[Learner], why: str
) -> None:
    failure = apart[learner.__name__]
    assert why in failure["error"]
    assert ("raise ValueError" in failure["notes"]) == (learner is Printing)


def test_a_forked_copy_takes_no_answers(apart: dict[str, dict[str, Any]]) -> None:
    assert "forked by a method, maps no cells" in apart["copy"]["error"]


@pytest.mark.parametrize("learner", [Plain, Keeping, Writing])
def test_no_copy_maps_a_modality_that_saw_the_other(
    fold: dict[Slot, Vectors], learner: type[Learner]
) -> None:
    assert told(learner, fold) == {"said": "", "same": True, "kept": 0}


def test_canary_one_learner_for_both_modalities_would_tell(fold: dict[Slot, Vectors]) -> None:
    seen = Keeping()
    seen.transform(fold[1, "test"].values, 1)
    assert not np.allclose(seen.transform(fold[2, "test"].values, 2), fold[2, "test"].values)


def test_copies_tell_of_latents_that_depend_on_the_call(fold: dict[Slot, Vectors]) -> None:
    assert told(Centring, fold)["said"] == TRANSDUCTIVE


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
