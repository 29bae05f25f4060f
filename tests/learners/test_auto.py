"""The learner that chooses by hidden labels: what it chooses, never sees and refuses."""

from typing import Any

import numpy as np
import pytest

import learners
from learners.auto import Auto, _better
from learners.base import FitReport, Learner
from learners.conformance.toys import toy
from learners.linear.lda import BoundedLDA
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


def test_nobody_takes_the_first_place_by_noise() -> None:
    train = mixed(1, cells=40)
    rng = np.random.default_rng(0)
    t1, t2 = rng.permutation(train.t), rng.permutation(train.t)
    for order in (("lda-bounded", "pca"), ("pca", "lda-bounded")):
        auto = learners.get("auto", candidates=order, merges=3).fit(train.x1, t1, train.x2, t2)
        assert auto.report_.facts["chosen"] == order[0]


@pytest.mark.parametrize(
    ("first", "second", "chosen"),
    [
        ([0.1, 0.2, 0.3], [0.2, 0.3, 0.4], "b"),
        ([0.1, 0.2, 0.3], [0.9, 0.1, 0.3], "a"),
        ([0.1, 0.2, 0.3], [0.1, 0.2, 0.3], "a"),
    ],
)
def test_better_means_by_more_than_two_standard_errors(
    first: list[float], second: list[float], chosen: str
) -> None:
    assert _better(["a", "b"], {"a": first, "b": second}) == chosen


class Falling(BoundedLDA):
    """Claims to be better than it is: on all labels it falls back."""

    def fit(self, x1: Any, t1: Any, x2: Any, t2: Any, **given: Any) -> Any:
        super().fit(x1, t1, x2, t2, **given)
        self.report_ = FitReport(facts={"branch": "lda-bounded"})
        return self


def test_who_falls_back_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    make = Auto._make
    monkeypatch.setattr(
        Auto, "_make", staticmethod(lambda name: Falling() if name == "falling" else make(name))
    )
    train1, train2 = mixed(1), mixed(2)
    for others in (("pca", "lda-bounded"), ("pca",)):
        auto = learners.get("auto", candidates=("falling", *others), merges=2)
        auto.fit(train1.x1, train1.t, train2.x2, train2.t)
        assert auto.report_.facts["chosen"] in others
        assert "skill_falling" in auto.report_.facts


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
        ({"candidates": ("oracle-latents",)}, ParameterError, "oracle-latents cannot be chosen"),
        ({"merges": 0}, ParameterError, "merges"),
        ({"held_out": 1.0}, ParameterError, "held_out is 1.0"),
    ],
)
def test_wrong_parameters_are_named(
    params: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        fitted(**params)


def test_labels_of_one_cell_leave_the_first_candidate() -> None:
    data = mixed(1, cells=1)
    auto = learners.get("auto", candidates=("random-projection", "pca"), merges=1)
    auto.fit(data.x1, data.t, data.x2, data.t)
    assert auto.report_.facts == {"chosen": "random-projection"}


def test_candidates_that_all_refuse_are_an_error_with_the_reason() -> None:
    data = mixed(1, cells=10)
    wide = np.repeat(data.x1[:, :1], 3, axis=1) * 0
    with pytest.raises(MethodError, match="no candidate can be fitted to merged labels; lda-bound"):
        learners.get("auto", candidates=("lda-bounded",)).fit(wide, data.t, data.x2, data.t)
