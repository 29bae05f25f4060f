"""Laws: each score is its formula, scikit-learn's and SciPy's; edge cases are as documented."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance
from sklearn.metrics import average_precision_score, mean_squared_error, r2_score, roc_auc_score
from sklearn.neighbors import kneighbors_graph

from benchmark.metrics import imputation_scores, score_imputation
from benchmark.metrics.cases import ImputationCase, UndefinedScoreError
from benchmark.metrics.imputation_scores import cosine, median_r_squared, r_squared, wasserstein
from weakpair.errors import DataError, MethodError, ParameterError, UnknownNameError
from weakpair.vocabulary.metrics import METRICS

Matrix = NDArray[np.float64]


def scores(
    truth: Matrix, prediction: Matrix, *, k: int = 10, paired: bool = True
) -> dict[str, float]:
    computed = score_imputation(truth, prediction, k=k, paired=paired)
    return {score.metric: score.value for score in computed}


def draw(n: int, d: int, seed: int = 0, noise: float = 0.7) -> tuple[Matrix, Matrix]:
    rng = np.random.default_rng(seed)
    truth = rng.normal(1.0, 1.0, size=(n, d))
    return truth, truth + noise * rng.normal(size=(n, d))


def slow_mse(truth: Matrix, prediction: Matrix) -> float:
    total = sum(
        (a - b) ** 2
        for x, y in zip(truth, prediction, strict=True)
        for a, b in zip(x, y, strict=True)
    )
    return float(total / truth.size)


def slow_cosine(truth: Matrix, prediction: Matrix) -> float:
    values = []
    for a, b in zip(truth.T, prediction.T, strict=True):
        if not a.any() and not b.any():
            values.append(1.0)
        elif not a.any() or not b.any():
            values.append(0.0)
        else:
            values.append(float(a @ b / np.sqrt((a @ a) * (b @ b))))
    return float(np.mean(values))


@pytest.mark.parametrize(("n", "d"), [(1, 1), (1, 5), (7, 1), (40, 13)])
def test_mse_and_cosine_are_their_formulas(n: int, d: int) -> None:
    truth, prediction = draw(n, d)
    values = scores(truth, prediction)
    assert values["mse"] == pytest.approx(slow_mse(truth, prediction), rel=1e-12)
    assert values["mse"] == pytest.approx(mean_squared_error(truth, prediction), rel=1e-12)
    assert values["cos-sim"] == pytest.approx(slow_cosine(truth, prediction), rel=1e-12)


@settings(deadline=None, max_examples=60)
@given(n=st.integers(1, 12), m=st.integers(1, 12), d=st.integers(1, 4), seed=st.integers(0, 999))
def test_wasserstein_is_scipys_also_with_ties_and_unequal_numbers(
    n: int, m: int, d: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 4, size=(n, d)).astype(np.float64)
    b = 0.7 * rng.integers(0, 4, size=(m, d)).astype(np.float64)
    expected = np.mean([wasserstein_distance(a[:, j], b[:, j]) for j in range(d)])
    assert scores(a, b, paired=False)["wd"] == pytest.approx(expected, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize(("n", "k"), [(11, 10), (12, 10), (40, 10), (40, 1), (200, 10)])
def test_knn_scores_are_scikit_learns_on_the_rows_of_the_graphs(n: int, k: int) -> None:
    truth, prediction = draw(n, 6, seed=n)
    graphs = [
        kneighbors_graph(x, k, metric="cosine", include_self=False).toarray()
        for x in (truth, prediction)
    ]
    rows = list(zip(*graphs, strict=True))
    values = scores(truth, prediction, k=k)
    recall = np.mean([(a * b).sum() / a.sum() for a, b in rows])
    precision = np.mean([average_precision_score(a, b) for a, b in rows])
    area = np.mean([roc_auc_score(a, b) for a, b in rows])
    assert recall > 0
    assert values["knn-recall"] == pytest.approx(recall, abs=1e-12)
    assert values["knn-pr"] == pytest.approx(precision, abs=1e-12)
    assert values["knn-roc"] == pytest.approx(area, abs=1e-12)


@settings(deadline=None, max_examples=40)
@given(n=st.integers(2, 14), d=st.integers(1, 3), k=st.integers(1, 13), seed=st.integers(0, 999))
def test_closed_forms_hold_on_tied_and_degenerate_graphs(n: int, d: int, k: int, seed: int) -> None:
    from tests.benchmark.metrics.test_neighbours import slow_graph

    rng = np.random.default_rng(seed)
    truth, prediction = rng.integers(-1, 2, size=(2, n, d)).astype(float)
    degree = min(k, n - 1)
    graphs = np.zeros((2, n, n))
    for graph, x in zip(graphs, (truth, prediction), strict=True):
        np.put_along_axis(graph, slow_graph(x, degree), 1.0, axis=1)
    values = scores(truth, prediction, k=k)
    rows = list(zip(*graphs, strict=True))
    precision = np.mean([average_precision_score(a, b) for a, b in rows])
    area = np.mean([roc_auc_score(a, b) for a, b in rows])
    assert values["knn-pr"] == pytest.approx(precision, abs=1e-12)
    assert values["knn-roc"] == pytest.approx(area, abs=1e-12)


@pytest.mark.parametrize("n", [1, 2, 11, 30])
def test_a_perfect_prediction_is_perfect(n: int) -> None:
    truth, _ = draw(n, 4)
    truth[:, 0], truth[:, 1] = 0.0, 3.0
    values = scores(truth, truth.copy())
    knn = () if n == 1 else ("knn-recall", "knn-pr", "knn-roc")
    for name in ("cos-sim", *knn):
        assert values[name] == pytest.approx(1.0, abs=1e-12)
    assert values["mse"] == values["wd"] == 0.0


def test_shuffled_predictions_score_chance() -> None:
    truth, _ = draw(600, 8)
    values = scores(truth, np.random.default_rng(5).permutation(truth))
    assert values["knn-recall"] == pytest.approx(10 / 599, abs=0.006)
    assert values["knn-roc"] == pytest.approx(0.5, abs=0.004)
    assert values["wd"] == pytest.approx(0.0, abs=1e-12)


def test_features_of_zeros_score_one_in_both_and_zero_in_one() -> None:
    truth = np.array([[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 2.0, 2.0]])
    prediction = np.array([[0.0, 1.0, 0.0, 2.0], [0.0, 1.0, 0.0, 4.0]])
    assert scores(truth, prediction)["cos-sim"] == pytest.approx((1 + 0 + 0 + 1) / 4, rel=1e-12)


@pytest.mark.parametrize("width", [1, 64, 130])
def test_features_some_at_a_time_score_as_all_together(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth, prediction = draw(90, width)
    case = ImputationCase.of(truth, prediction, 3, paired=True)
    together = wasserstein(case), cosine(case)
    monkeypatch.setattr(imputation_scores, "block_rows", lambda rows: 1)
    assert (wasserstein(case), cosine(case)) == together


def test_a_constant_prediction_has_scores() -> None:
    truth, _ = draw(50, 4)
    values = scores(truth, np.tile(truth.mean(axis=0), (50, 1)))
    assert all(np.isfinite(value) for value in values.values())
    assert values["mse"] == pytest.approx(truth.var(axis=0).mean(), rel=1e-12)


def test_one_cell_has_no_neighbours() -> None:
    by_name = {s.metric: s for s in score_imputation([[1.0, 2.0]], [[1.5, 2.0]])}
    for name in ("knn-recall", "knn-pr", "knn-roc"):
        assert np.isnan(by_name[name].value)
        assert by_name[name].note == "not defined: a single cell has no neighbours"
    assert by_name["wd"].value == by_name["mse"].value * 2 == 0.25


def test_without_pairs_only_distributions_are_compared() -> None:
    truth, prediction = draw(20, 3)
    computed = score_imputation(truth, prediction[:13], paired=False)
    assert [score.metric for score in computed] == [
        metric.name for metric in METRICS.of("imputation")
    ]
    for score in computed:
        assert np.isnan(score.value) == (score.metric != "wd")
        assert score.note == (
            "" if score.metric == "wd" else "not defined: the data set has no true pairs"
        )


def test_wrong_input_ends_in_one_line() -> None:
    truth, prediction = draw(5, 3)
    with pytest.raises(ParameterError, match="need the same features and cells"):
        score_imputation(truth, prediction[:4])
    with pytest.raises(ParameterError, match="need the same features, at least one each"):
        score_imputation(truth, prediction[:, :2], paired=False)
    with pytest.raises(ParameterError, match="k is 0"):
        score_imputation(truth, prediction, k=0)
    with pytest.raises(MethodError, match="the prediction holds NaN"):
        score_imputation(truth, prediction * np.nan)
    with pytest.raises(DataError, match="truth holds NaN"):
        score_imputation(truth * np.inf, prediction)


def test_r_squared_is_scikit_learns() -> None:
    truth, prediction = draw(50, 7)
    truth *= np.arange(1, 8)
    case = ImputationCase.of(truth, prediction, 10, paired=True)
    whole = r2_score(truth, prediction, multioutput="variance_weighted")
    assert r_squared(case) == pytest.approx(whole)
    each = r2_score(truth, prediction, multioutput="raw_values")
    assert median_r_squared(case) == pytest.approx(np.median(each))


def test_r_squared_of_the_truth_is_one_of_its_means_zero() -> None:
    truth, _ = draw(30, 4)
    means = np.broadcast_to(truth.mean(axis=0), truth.shape)
    for function in (r_squared, median_r_squared):
        assert function(ImputationCase.of(truth, truth, 10, paired=True)) == 1
        assert function(ImputationCase.of(truth, means, 10, paired=True)) == pytest.approx(0)


def test_a_constant_feature_has_no_r_squared_of_its_own() -> None:
    truth, prediction = draw(30, 3)
    truth[:, 0] = prediction[:, 0] = 0.1
    case = ImputationCase.of(truth, prediction, 10, paired=True)
    rest = ImputationCase.of(truth[:, 1:], prediction[:, 1:], 10, paired=True)
    assert median_r_squared(case) == pytest.approx(median_r_squared(rest))
    flat = ImputationCase.of(truth[:, :1], prediction[:, 1:2], 10, paired=True)
    for function in (r_squared, median_r_squared):
        with pytest.raises(UndefinedScoreError, match="no feature"):
            function(flat)


def test_what_must_be_asked_for_is_computed_where_it_is_named_alone() -> None:
    standard = METRICS.versions("imputation")
    assert {"r2", "r2-median"}.isdisjoint(standard)
    assert METRICS.versions("imputation", ["r2", "trace"]) == {"r2": 1}
    assert METRICS.versions("imputation", ["trace"]) == standard
    with pytest.raises(UnknownNameError, match="r2-medain"):
        METRICS.versions("imputation", ["r2-medain"])
