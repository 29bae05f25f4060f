"""The learner that chooses by hidden labels: what it chooses, never sees and refuses."""

from typing import Any

import numpy as np
import pytest

import learners
from learners.base import Learner
from learners.conformance.toys import toy
from tests.learners.test_matched_components import mixed
from weakpair.errors import MethodError, ParameterError, UnknownNameError

QUICK: dict[str, Any] = {"candidates": ("lda-bounded", "matched-components"), "merges": 2}
DATA = toy()


def fitted(**params: Any) -> Learner:
    learner = learners.get("auto", **{**QUICK, **params})
    return learner.fit(DATA.x1, DATA.t1, DATA.x2, DATA.t2, seed=0)


def test_it_takes_the_candidate_that_finds_hidden_labels_and_fits_it_anew() -> None:
    train1, train2, test = mixed(1), mixed(2), mixed(3)
    auto = learners.get("auto", **QUICK).fit(train1.x1, train1.t, train2.x2, train2.t, seed=5)
    facts = auto.report_.facts
    assert facts["chosen"] == "matched-components"
    assert float(facts["skill_matched-components"]) > float(facts["skill_lda-bounded"])
    alone = learners.get("matched-components").fit(train1.x1, train1.t, train2.x2, train2.t, seed=5)
    assert np.array_equal(auto.transform(test.x1, 1), alone.transform(test.x1, 1))
    assert facts["matched"] == alone.report_.facts["matched"]


def test_labels_that_mean_nothing_leave_the_first_candidate() -> None:
    train = mixed(1, cells=40)
    rng = np.random.default_rng(0)
    t1, t2 = rng.permutation(train.t), rng.permutation(train.t)
    for order in (("lda-bounded", "pca"), ("pca", "lda-bounded")):
        auto = learners.get("auto", candidates=order, merges=3).fit(train.x1, t1, train.x2, t2)
        best = max(float(auto.report_.facts[f"skill_{name}"]) for name in order)
        if best <= 0:
            assert auto.report_.facts["chosen"] == order[0]
        assert best < 0.1


def test_candidates_see_groups_and_never_the_cells_that_judge(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[tuple[int, int]] = []
    plain = learners.get("lda-bounded")
    fit = type(plain).fit

    def watched(self: Any, x1: Any, t1: Any, x2: Any, t2: Any, **given: Any) -> Any:
        seen.append((len(x1), len(set(t1.tolist()))))
        return fit(self, x1, t1, x2, t2, **given)

    monkeypatch.setattr(type(plain), "fit", watched)
    data = mixed(1, cells=20)
    learners.get("auto", candidates=("lda-bounded",), merges=2, held_out=0.25).fit(
        data.x1, data.t, data.x2, data.t
    )
    labels = len(set(data.t.tolist()))
    assert labels == 6
    assert seen == [(90, labels // 2), (90, labels // 2), (len(data.x1), labels)]


def test_large_labels_are_thinned_for_the_choice_and_not_for_the_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[int] = []
    plain = learners.get("lda-bounded")
    fit = type(plain).fit

    def watched(self: Any, x1: Any, *given: Any, **named: Any) -> Any:
        seen.append(len(x1))
        return fit(self, x1, *given, **named)

    monkeypatch.setattr(type(plain), "fit", watched)
    data = mixed(1, cells=20)
    learners.get("auto", candidates=("lda-bounded",), merges=1, max_cells=8).fit(
        data.x1, data.t, data.x2, data.t
    )
    assert seen == [36, 120]


def test_three_labels_cannot_be_hidden() -> None:
    data = mixed(1, cells=30)
    few = np.isin(data.t, ["label-0", "label-1", "label-2"])
    auto = learners.get("auto", **QUICK)
    auto.fit(data.x1[few], data.t[few], data.x2[few], data.t[few])
    assert auto.report_.facts["chosen"] == "lda-bounded"
    assert not [name for name in auto.report_.facts if name.startswith("skill_")]


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"candidates": ("lda-bond",)}, UnknownNameError, "did you mean"),
        ({"candidates": ()}, ParameterError, "a list of learners' names"),
        ({"candidates": "lda"}, ParameterError, "a list of learners' names"),
        ({"candidates": ("paired-cca",)}, ParameterError, "paired-cca cannot be chosen"),
        ({"candidates": ("auto",)}, ParameterError, "auto cannot be chosen"),
        ({"merges": 0}, ParameterError, "merges"),
        ({"held_out": 1.0}, ParameterError, "held_out is 1.0"),
    ],
)
def test_wrong_parameters_are_named(
    params: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        fitted(**params)


def test_candidates_that_all_refuse_are_an_error_with_the_reason() -> None:
    data = mixed(1, cells=10)
    wide = np.repeat(data.x1[:, :1], 3, axis=1) * 0
    with pytest.raises(MethodError, match="no candidate can be fitted to merged labels; lda-bound"):
        learners.get("auto", candidates=("lda-bounded",)).fit(wide, data.t, data.x2, data.t)
