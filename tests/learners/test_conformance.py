"""Every registered learner keeps the promises of `learners.base.Learner`."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone

import learners
from learners.base import Latent, Learner, Modality
from learners.conformance.checks import PROMISES, NonConformity, Subject, check
from learners.conformance.toys import toy
from learners.linear.projection import RandomProjection
from weakpair.errors import MethodError, ParameterError, UnknownNameError
from weakpair.registry import Entry

# What a program promises is its author's to keep; tests/weakpair/test_programs.py has one.
OURS = [name for name in learners.names() if name != "command"]
QUICK = {
    **{"epochs": 2, "dim": 4, "hidden": 8, "batch_size": 12, "matching_epochs": 2},
    **{"steps": 40, "starts": 2, "trees": 20},
}


def quick(name: str) -> dict[str, Any]:
    known = learners.get(name).get_params()
    return {key: value for key, value in QUICK.items() if key in known}


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_every_learner_keeps_every_promise(name: str, promise: Any) -> None:
    promise(Subject(learners.REGISTRY.entry(name), quick(name)))


@pytest.mark.parametrize("name", OURS)
def test_scikit_learn_clones_every_learner(name: str) -> None:
    learner = learners.get(name, **quick(name))
    copy = clone(learner)
    assert copy is not learner
    assert repr(copy) == repr(learner)
    assert copy.get_params() == learner.get_params()


@pytest.mark.parametrize("name", ["groove-cosine", "ps", "davae", "random-projection"])
def test_another_seed_gives_another_map(name: str) -> None:
    subject = Subject(learners.REGISTRY.entry(name), quick(name))
    assert not np.allclose(subject.latents(0)[0], subject.latents(1)[0])


@pytest.mark.parametrize("name", ["lda", "none", "ps"])
def test_a_third_modality_and_a_negative_seed_are_errors(name: str) -> None:
    subject = Subject(learners.REGISTRY.entry(name), quick(name))
    fitted = subject.fit(subject.make(), toy())
    with pytest.raises(ParameterError, match="modality is 3; it must be 1 or 2"):
        fitted.transform(toy().x1, 3)  # type: ignore[arg-type]
    if name != "none":
        with pytest.raises(ParameterError, match="seed is -1"):
            subject.fit(subject.make(), toy(), seed=-1)


def test_importing_the_registry_imports_no_torch() -> None:
    code = "import sys, learners; learners.names(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_registered_names_and_roles() -> None:
    roles = {entry.name: entry.role for entry in learners.REGISTRY}
    assert [name for name, role in roles.items() if role == "baseline"] == [
        "pca",
        "lda",
        "lda-bounded",
        "em-cca",
        "coot-map",
        "qda",
        "forest",
        "matched-components",
        "auto",
        "group-cca",
        "random-projection",
        "none",
        "raw",
    ]
    untrained = ["constant", "untrained", "untrained-autoencoder"]
    controls = [*untrained, "lda-permuted", "groove-permuted"]
    assert [name for name, role in roles.items() if role == "control"] == controls
    assert {"groove-cosine", "groove-tdist", "groove-no-groupclip", "groove-autoencoder"} <= set(
        roles
    )
    assert all(entry.summary for entry in learners.REGISTRY)
    assert {entry.name for entry in learners.REGISTRY if not entry.paper} == {
        *("none", "auto", "command", "lda-permuted", "paired-cca", *untrained)
    }
    with pytest.raises(UnknownNameError, match="did you mean 'groove-cosine'"):
        learners.get("groove-cosin")
    with pytest.raises(ParameterError, match="did you mean 'epochs'"):
        learners.get("ps", epoch=3)


def test_check_names_all_promises() -> None:
    assert check(learners.REGISTRY.entry("lda")) == [
        promise.__name__.replace("_", " ") for promise in PROMISES
    ]


class Unseeded(RandomProjection):
    """Draws from numpy's global state."""

    def transform(self, x: ArrayLike, modality: Modality = 1) -> Latent:
        z = super().transform(x, modality)
        z += np.random.normal()  # noqa: NPY002
        return z


class Unchecked(RandomProjection):
    """Lets NaN pass."""

    def fit(self, x1: Any, t1: Any, x2: Any, t2: Any, **kwargs: Any) -> "Unchecked":
        return super().fit(np.nan_to_num(x1), t1, np.nan_to_num(x2), t2, **kwargs)


class Batchwise(RandomProjection):
    """Centres on the cells of the call."""

    def transform(self, x: ArrayLike, modality: Modality = 1) -> Latent:
        z = super().transform(x, modality)
        z -= z.mean(axis=0)
        return z


class Keeping(RandomProjection):
    """Maps modality 2 by what it saw of modality 1."""

    def transform(self, x: ArrayLike, modality: Modality = 1) -> Latent:
        z = super().transform(x, modality)
        seen: dict[int, Latent] = self.__dict__.setdefault("seen_", {})
        z += seen.get(1, np.zeros(1, np.float32)).mean() if modality == 2 else 0
        seen[modality] = z
        return z


class Double(RandomProjection):
    """Returns float64."""

    def transform(self, x: ArrayLike, modality: Modality = 1) -> NDArray[Any]:
        return super().transform(x, modality).astype(np.float64)


class Tuned(RandomProjection):
    """Overwrites an argument in fit."""

    def fit(self, x1: Any, t1: Any, x2: Any, t2: Any, **kwargs: Any) -> "Tuned":
        self.dim = 3
        return super().fit(x1, t1, x2, t2, **kwargs)


@pytest.mark.parametrize(
    ("broken", "finding"),
    [
        (Unseeded, "depend on the other cells|differs the second time"),
        (Unchecked, "fit with nan in x1 raises no ParameterError"),
        (Batchwise, "depend on the other cells"),
        (Keeping, "what was mapped before"),
        (Double, "float64"),
        (Tuned, "changed a constructor argument"),
    ],
)
def test_check_finds_what_is_broken(broken: type[Learner], finding: str) -> None:
    entry: Entry[Learner] = Entry("broken", f"{__name__}:{broken.__name__}", "", needs_labels=False)
    with pytest.raises(NonConformity, match=finding) as caught:
        check(entry)
    assert isinstance(caught.value, MethodError)
    assert "'broken'" in str(caught.value)


def test_toy_is_unbalanced_and_unpaired() -> None:
    data = toy()
    assert data.x1.shape[0] != data.x2.shape[0]
    assert data.x1.shape[1] != data.x2.shape[1]
    rows1, rows2 = data.pairs()
    assert (data.t1[rows1] == data.t2[rows2]).all()
