"""Laws of FOSCTTM of drawn partners: its formula, its chance, and whose latents it looks at."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from aligners.plan.plan import Plan
from benchmark.metrics.cases import SEED, MatchingCase, UndefinedScoreError
from benchmark.metrics.drawn import drawn_foscttm
from tests.benchmark.metrics.plans import dense, label_uniform
from tests.benchmark.written_grids import results_of

N, D = 60, 3
Matrix = NDArray[Any]
LABELS = [number % 3 for number in range(N)]


def case(plan: Plan, first: Matrix, second: Matrix) -> MatchingCase:
    pairs = np.arange(plan.shape[0]), np.arange(plan.shape[0])
    x = np.zeros((plan.shape[0], 1))
    return replace(MatchingCase.of(plan, x, x, pairs), learnt=(first, second))


def latents(seed: int, n: int = N) -> tuple[Matrix, Matrix]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, D)), rng.normal(size=(n, D))


def slow(plan: Plan, z: Matrix, labels: list[int]) -> float:
    """One direction, cell by cell: rows of the plan draw among the columns, whose latents are z."""
    drawn, means = plan.T.sampler(SEED).draw(), []
    for label in sorted(set(labels)):
        cells = [cell for cell, own in enumerate(labels) if own == label]
        shares = []
        for cell in cells:
            away = [float(np.linalg.norm(z[drawn[cell]] - z[other])) for other in cells]
            true = np.linalg.norm(z[drawn[cell]] - z[cell])
            nearer = sum(
                0.5 if np.isclose(gap, true, rtol=1e-9, atol=0) else float(gap < true)
                for other, gap in zip(cells, away, strict=True)
                if other != cell
            )
            shares.append(nearer / (len(cells) - 1))
        means.append(np.mean(shares))
    return float(np.mean(means))


def test_it_is_its_formula() -> None:
    first, second = latents(0)
    weights = np.random.default_rng(1).gamma(0.3, size=(N, N))
    for plan, labels in ((dense(weights), [0] * N), (label_uniform(LABELS, LABELS), LABELS)):
        expected = (slow(plan, second, labels) + slow(plan.T, first, labels)) / 2
        assert drawn_foscttm(case(plan, first, second)) == pytest.approx(expected)


def test_true_pairs_score_0_and_labels_alone_a_half() -> None:
    """Unlike the metric of mean partners: what spreads gains nothing."""
    assert drawn_foscttm(case(dense(np.eye(N)), *latents(0))) == 0
    labels = [number % 3 for number in range(900)]
    uniform = label_uniform(labels, labels)
    assert drawn_foscttm(case(uniform, *latents(0, 900))) == pytest.approx(0.5, abs=0.03)
    equal = np.zeros((900, D))
    assert drawn_foscttm(case(uniform, equal, equal)) == 0.5


def test_the_same_plan_scores_otherwise_in_other_latents() -> None:
    plan = dense(np.random.default_rng(1).gamma(0.1, size=(N, N)))
    one, other = (drawn_foscttm(case(plan, *latents(seed))) for seed in (0, 1))
    assert abs(one - other) > 1e-3


def test_where_there_are_no_latents_or_no_second_pair_it_is_undefined() -> None:
    plan = label_uniform(LABELS, LABELS)
    with pytest.raises(UndefinedScoreError, match="no learner's latents"):
        drawn_foscttm(replace(case(plan, *latents(0)), learnt=None))
    with pytest.raises(UndefinedScoreError, match="two true pairs"):
        drawn_foscttm(case(plan, *latents(0)).only(np.array([4])))


def test_a_grid_asks_for_it(tmp_path: Path) -> None:
    results = results_of(
        tmp_path,
        "datasets: [digits]\nsplits: [holdout]\nlearners: [lda, pca]\ntasks: [matching]\n"
        "aligners: [labeled-eot, label-uniform]\nmetrics: [trace, drawn-foscttm]\n",
    )
    rows = results.to_dict("records")
    found = {row["learner"]: row for row in rows if row["metric"] == "drawn-foscttm"}
    assert found["lda"]["value"] < 0.47
    assert "no learner's latents" in found["-"]["note"]
