"""The mean of plans is their mean entry by entry, and stays inside labels where all are."""

import numpy as np
import pytest

import aligners
from aligners.plan.mean import mean_plan
from weakpair.errors import ParameterError

RNG = np.random.default_rng(3)
T1, T2 = np.array(list("abab" * 3)), np.array(list("bbaaba" * 2))
Z1, Z2 = RNG.normal(size=(12, 4)), RNG.normal(size=(12, 4))


def plan(name: str, **params: object) -> aligners.Plan:
    return aligners.get(name, **params).align(Z1, T1, Z2, T2)


@pytest.mark.parametrize(
    "names",
    [
        ["labeled-eot", "labeled-coot", "label-uniform"],
        ["eot", "egwot"],
        ["eot", "labeled-eot"],
        ["labeled-eot", "uniform", "exact-ot"],
    ],
)
def test_it_is_the_mean_of_the_entries(names: list[str]) -> None:
    plans = [plan(name) for name in names]
    mean = mean_plan(plans)
    np.testing.assert_allclose(
        mean.todense(), np.mean([one.todense() for one in plans], axis=0), atol=1e-12
    )
    assert mean.todense().sum() == pytest.approx(1)
    assert mean.converged == all(one.converged for one in plans)
    inside = all(len(one.blocks) > 1 for one in plans)
    assert len(mean.blocks) == (2 if inside else 1)


def test_an_open_plan_leaves_the_mean_open() -> None:
    still_open = plan("labeled-eot", max_iter=1, tol=1e-12)
    assert not still_open.converged
    assert not mean_plan([plan("labeled-eot"), still_open]).converged


def test_none_and_plans_of_other_cells_are_refused() -> None:
    with pytest.raises(ParameterError, match="at least one plan"):
        mean_plan([])
    other = aligners.get("eot").align(Z1[:5], T1[:5], Z2, T2)
    with pytest.raises(ParameterError, match="plans of 2 shapes"):
        mean_plan([plan("eot"), other])
