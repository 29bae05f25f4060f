"""Laws of the probe: consistency is its formula, accuracies read what is there and nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmark.metrics import Score, score_probe
from benchmark.metrics.cases import UndefinedScoreError
from benchmark.metrics.consistency import perturbation_consistency
from benchmark.metrics.probe_cases import Embedded, ProbeCase, View
from benchmark.probing import ProbeSpec, pair_within, strata
from weakpair.vocabulary.metrics import METRICS

Floats = NDArray[np.float64]
Strings = NDArray[np.str_]


def literal(x: Floats, labels: Strings) -> float:
    """Eq. 11-14 with all n x n cosines."""
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    cosines = unit @ unit.T
    groups = [labels == name for name in np.unique(labels)]
    average = np.array([[cosines[np.ix_(a, b)].mean() for b in groups] for a in groups])
    return float(np.trace(average) / (average.sum() - np.trace(average)))


@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(1, 8))
def test_consistency_is_the_formula(seed: int, groups: int, dim: int) -> None:
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(groups), rng.integers(0, groups, 30)]).astype(str)
    x = rng.normal(size=(len(labels), dim)) + 3
    expected = literal(x, labels)
    assert perturbation_consistency(x, labels) == pytest.approx(expected, rel=1e-9)
    assert perturbation_consistency(x, labels, block_bytes=1) == pytest.approx(expected, rel=1e-9)


def test_groups_that_are_alike_score_one_over_their_number_less_one() -> None:
    """The level of Table 9: .17 for 7 treatments, .33 for 4, .042 for 25."""
    for groups, printed in ((7, 0.17), (4, 0.33), (25, 0.042)):
        labels = np.tile(np.arange(groups).astype(str), 3)
        score = perturbation_consistency(np.ones((len(labels), 2)), labels)
        assert score == pytest.approx(1 / (groups - 1))
        assert score == pytest.approx(printed, abs=0.005)


@pytest.mark.parametrize(
    ("x", "labels"),
    [
        ([[1.0, 0.0], [0.0, 1.0]], ["a", "b"]),
        ([[1.0, 0.0], [-1.0, 0.0]], ["a", "b"]),
        ([[1.0, 0.0], [1.0, 0.0]], ["a", "a"]),
        ([[0.0, 0.0], [0.0, 0.0]], ["a", "b"]),
    ],
)
def test_consistency_without_a_meaning_is_not_defined(
    x: list[list[float]], labels: list[str]
) -> None:
    with pytest.raises(UndefinedScoreError, match="not defined"):
        perturbation_consistency(np.array(x), np.array(labels))


def embedded(
    n: int, seed: int, told: tuple[str, ...] = ("treatment", "downstream"), batch: bool = False
) -> Embedded:
    """Cells whose first coordinate tells the treatment and whose second the downstream label."""
    rng = np.random.default_rng(seed)
    labels = {"treatment": rng.choice(["a", "b", "c"], n), "downstream": rng.choice(["u", "v"], n)}
    x = rng.normal(size=(n, 4))
    for place, kind in enumerate(("treatment", "downstream")):
        if kind in told:
            x[:, place] += 20 * np.unique(labels[kind], return_inverse=True)[1]
    if batch:
        labels["batch"] = rng.choice(["p", "q"], n)
    return Embedded(x.astype(np.float32), labels)


def case(told: tuple[str, ...] = ("treatment", "downstream"), batch: bool = False) -> ProbeCase:
    views: tuple[View, ...] = ("both", "1", "2")
    train = {view: embedded(200, seed, told, batch) for seed, view in enumerate(views)}
    test = {view: embedded(100, seed + 10, told, batch) for seed, view in enumerate(views)}
    return ProbeCase(train, test, ProbeSpec())


def values(scored: tuple[Score, ...]) -> dict[str, float]:
    return {score.metric: score.value for score in scored}


def test_what_is_there_is_read_and_what_is_not_is_chance() -> None:
    both = values(score_probe(case()))
    assert list(both) == [metric.name for metric in METRICS.of("probe")]
    assert all(both[n] > 0.99 for n in both if "accuracy" in n)
    blind = values(score_probe(case(told=("treatment",))))
    assert blind["treatment-accuracy"] > 0.99
    assert blind["task-accuracy"] == pytest.approx(0.5, abs=0.15)
    assert blind["task-accuracy-2"] == pytest.approx(0.5, abs=0.15)


def test_the_probe_does_not_depend_on_the_scale_of_a_coordinate() -> None:
    plain = case(told=("treatment",))
    train, test = (
        {view: Embedded(e.x * np.float32(2**10), e.labels) for view, e in part.items()}
        for part in (plain.train, plain.test)
    )
    scaled = ProbeCase(train, test)
    assert (
        values(score_probe(plain))["task-accuracy"] == values(score_probe(scaled))["task-accuracy"]
    )


def test_what_is_not_known_is_not_defined_and_says_why() -> None:
    scored = {score.metric: score for score in score_probe(case())}
    assert "no batch" in scored["ilisi"].note
    mixed = {score.metric: score.value for score in score_probe(case(batch=True))}
    assert 1 <= mixed["ilisi-2"] <= 2
    whole = case()
    for part in (whole.train, whole.test):
        for cells in part.values():
            del cells.labels["downstream"]  # type: ignore[attr-defined]
    scored = {score.metric: score for score in score_probe(whole)}
    assert "no downstream label" in scored["task-accuracy"].note
    assert scored["treatment-accuracy"].value > 0.99


def test_one_training_label_or_an_unknown_test_label_is_not_defined() -> None:
    one = Embedded(np.ones((5, 2), np.float32), {"treatment": np.array(["a"] * 5)})
    other = Embedded(np.ones((5, 2), np.float32), {"treatment": np.array(["b"] * 5)})
    views: tuple[View, ...] = ("both", "1", "2")
    for test, why in ((one, "one treatment"), (other, "no test cell")):
        made = ProbeCase(dict.fromkeys(views, one), dict.fromkeys(views, test))
        (score,) = [s for s in score_probe(made) if s.metric == "treatment-accuracy"]
        assert why in score.note


def test_a_classifier_that_is_cut_short_is_recorded() -> None:
    assert case().converged
    short = case(told=())
    assert not ProbeCase(short.train, short.test, ProbeSpec(max_iter=1)).converged


@given(st.integers(0, 1000), st.integers(1, 30), st.integers(1, 30))
def test_pairs_share_their_labels_and_use_every_cell_evenly(seed: int, n1: int, n2: int) -> None:
    rng = np.random.default_rng(seed)
    columns = [(rng.choice(list("ab"), n1), rng.choice(list("ab"), n2)) for _ in range(2)]
    first, second = strata(columns)
    i, j = pair_within(first, second, seed)
    for one, two in columns:
        assert (one[i] == two[j]).all()
    for codes, rows in ((first, i), (second, j)):
        common = np.intersect1d(first, second)
        assert set(rows) == set(np.flatnonzero(np.isin(codes, common)))
        for stratum in common:
            uses = np.bincount(rows[codes[rows] == stratum])
            assert np.ptp(uses[uses > 0]) <= 1
    again = pair_within(first, second, seed)
    np.testing.assert_array_equal(np.stack([i, j]), np.stack(again))


def test_pairs_are_drawn_at_random() -> None:
    strata_of = np.zeros(200, np.int64)
    i, j = pair_within(strata_of, strata_of, 0)
    assert (i == j).mean() < 0.05
    assert (pair_within(strata_of, strata_of, 1)[1] != j).any()
