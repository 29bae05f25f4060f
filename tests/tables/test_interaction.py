"""The split of variance against statsmodels, a fit of nested models, and made-up effects."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tables.inference.interaction import (
    Interaction,
    interaction,
    interaction_table,
    variance_shares,
)
from tables.inference.statistics import NotIdentifiable
from tables.ranked.boards import boards
from tests.tables.examples import results

EFFECTS = ("learner", "aligner", "interaction", "unit", "residual")

# Sums of squares over their total by statsmodels 0.15: anova_lm of "y ~ C(l) * C(a) + C(u)".
VALUES = np.array(
    [
        [[-0.98, -0.81, 1.06, -0.81], [0.97, 1.88, 0.42, 0.89]],
        [[1.11, 1.06, -0.23, 1.08], [1.36, -1.55, 0.86, 0.12]],
        [[2.36, 5.0, 3.76, 1.8], [2.07, 2.58, 1.81, 2.68]],
    ]
)
STATSMODELS = [0.5606057756404995, 7.562437522343864e-05, 0.12209897696195085,
               0.010380212760247969, 0.3068394102620783]  # fmt: skip


def grid(values: NDArray[np.float64], metric: str = "trace") -> pd.DataFrame:
    return results(
        {
            (f"l{i}", f"a{j}"): {metric: values[i, j].tolist()}
            for i in range(values.shape[0])
            for j in range(values.shape[1])
        }
    )


def one(frame: pd.DataFrame, metric: str = "trace", **options: Any) -> Interaction:
    (board,) = boards(frame, "matching", **options)
    found = interaction(board, board.standings[0], metric)
    assert isinstance(found, Interaction)
    return found


def test_shares_are_those_of_statsmodels() -> None:
    shares = variance_shares(VALUES)
    assert [shares[name] for name in EFFECTS] == pytest.approx(STATSMODELS, rel=1e-9)
    # mean square of the residual 1.083104, total 52.948096: two degrees of freedom by chance
    assert shares["by_chance"] == pytest.approx(2 * 1.083104 / 52.948096, rel=1e-5)


@given(
    st.tuples(*[st.integers(2, 5)] * 3).flatmap(
        lambda shape: st.integers(0, 10_000).map(
            lambda seed: np.random.default_rng(seed).normal(size=shape)
        )
    )
)
def test_shares_are_what_nested_models_explain(values: NDArray[np.float64]) -> None:
    shares = variance_shares(values)
    assert sum(shares[name] for name in EFFECTS) == pytest.approx(1)
    learner, aligner, unit = (axis.ravel() for axis in np.indices(values.shape))
    models: list[list[NDArray[Any]]] = [
        [],
        [learner],
        [learner, aligner],
        [learner, aligner, learner * 10 + aligner],
        [learner, aligner, learner * 10 + aligner, unit],
    ]
    left = [_unexplained(values.ravel(), model) for model in models]
    drops = -np.diff(left) / left[0]
    assert [shares[name] for name in EFFECTS[:4]] == pytest.approx(drops, abs=1e-9)


def _unexplained(values: NDArray[np.float64], factors: list[NDArray[Any]]) -> float:
    dummies = [factor[:, None] == np.unique(factor) for factor in factors]
    design = np.hstack([np.ones((len(values), 1)), *dummies]).astype(float)
    fitted = design @ np.linalg.lstsq(design, values, rcond=None)[0]
    return float(((values - fitted) ** 2).sum())


@pytest.mark.parametrize(
    ("effect", "values"),
    [
        ("learner", np.arange(3.0)[:, None, None]),
        ("aligner", np.arange(2.0)[None, :, None]),
        ("unit", np.arange(4.0)[None, None, :]),
        ("interaction", np.array([[1.0, -1], [-1, 1], [0, 0]])[:, :, None]),
    ],
)
def test_a_pure_effect_takes_everything(effect: str, values: NDArray[np.float64]) -> None:
    shares = variance_shares(np.broadcast_to(values, (3, 2, 4)).astype(float))
    assert shares[effect] == pytest.approx(1)


def test_noise_alone_has_its_share_by_chance() -> None:
    rng = np.random.default_rng(2)
    shares = [variance_shares(rng.normal(size=(5, 4, 10))) for _ in range(300)]
    found = np.mean([share["interaction"] for share in shares])
    assert found == pytest.approx(np.mean([share["by_chance"] for share in shares]), rel=0.05)
    assert found == pytest.approx(12 / 199, rel=0.05)


def test_nothing_varies() -> None:
    assert set(variance_shares(np.ones((2, 2, 2))).values()) == {0.0}


def test_who_dominates() -> None:
    means = np.array([[0.9, 0.1], [0.8, 0.7], [0.2, 0.3]])
    found = one(grid(means[:, :, None] + np.array([0.0, 0.01, -0.01])))
    assert (found.best_aligner, found.best_for, len(found.learners)) == ("a0", 2, 3)
    lower = one(grid(means[:, :, None] + np.array([0.0, 0.01]), "foscttm"), "foscttm")
    assert (lower.best_aligner, lower.best_for) == ("a1", 2)


def test_an_unbalanced_grid_leaves_out_who_lacks_most() -> None:
    frame = grid(VALUES)
    hole = frame[~((frame["learner"] == "l0") & (frame["aligner"] == "a1"))]
    found = one(hole)
    assert found.left_out == ("l0",)
    assert found.learners == ("l1", "l2")
    whole = variance_shares(VALUES[1:])
    assert found.interaction == pytest.approx(whole["interaction"])
    (board,) = boards(hole, "matching")
    assert "Left out, since they lack a combination: 'l0'." in interaction_table(board).caption


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (grid(VALUES[:1]), "two learners"),
        (grid(VALUES[:, :1]), "two aligners"),
        (grid(VALUES[:, :, :1]), "single fold"),
    ],
)
def test_what_cannot_be_split_is_said(frame: pd.DataFrame, words: str) -> None:
    (board,) = boards(frame, "matching")
    found = interaction(board, board.standings[0], "trace")
    assert isinstance(found, NotIdentifiable)
    assert words in found.reason
    table = interaction_table(board)
    assert table.rows[0].cells[-2].display == "not identifiable"
    assert found.reason in table.caption


def test_controls_are_no_aligners() -> None:
    extra = results({("-", "uniform"): {"trace": [0.0] * 4}}, roles={"-+uniform": "control"})
    assert one(pd.concat([grid(VALUES), extra])).aligners == ("a0", "a1")
