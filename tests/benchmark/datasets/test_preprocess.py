"""Preprocessing steps against literal transcriptions, and statistics from training rows only."""

from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.preprocessing import StandardScaler, normalize

from benchmark.datasets import Pipeline, parse_step, parse_steps
from benchmark.datasets.base import Features
from benchmark.datasets.preprocessing.columnwise import normalised_dispersion
from benchmark.datasets.preprocessing.pipeline import STEPS
from benchmark.datasets.preprocessing.projection import leading_directions
from weakpair.errors import ConfigError, DataError

EVERY_PIPELINE = [
    "normalize-total,log1p",
    "arcsinh",
    "arcsinh(cofactor=150)",
    "tfidf",
    "zscore",
    "pca(n=3)",
    "svd(n=3)",
    "l2",
    "log1p,hvg(n=7)",
    "normalize-total,log1p,hvg(n=8),zscore,pca(n=4),l2",
]


def counts(n: int = 40, k: int = 12, seed: int = 0) -> Features:
    """Sparse counts with a row and a column of zeros."""
    rng = np.random.default_rng(seed)
    x = rng.poisson(rng.gamma(1.0, 3.0, k), (n, k)).astype(np.float32)
    x[3], x[:, 5] = 0, 0
    return x


def names(k: int) -> list[str]:
    return [f"g{j}" for j in range(k)]


def run(text: str, x: Features) -> Features:
    """Fit on and apply to the same rows."""
    fitted = Pipeline(parse_steps(text)).fit(x, names(x.shape[1]))
    return fitted.apply(x)


def state(fitted: Any) -> list[Any]:
    """Everything that a fitted pipeline knows."""
    return [getattr(step, item.name) for step in fitted.steps for item in fields(step)]


@pytest.mark.parametrize("text", EVERY_PIPELINE)
def test_statistics_come_from_training_rows_only(text: str) -> None:
    """Whatever stands in the test rows, the fitted state and the training output are the same."""
    x = counts()
    train, test = np.arange(0, 40, 2), np.arange(1, 40, 2)
    changed = x.copy()
    changed[test] = counts(seed=9)[test][:, ::-1] * 5
    one, two = (Pipeline(parse_steps(text)).fit(data[train], names(12)) for data in (x, changed))
    for left, right in zip(state(one), state(two), strict=True):
        np.testing.assert_array_equal(left, right)
    np.testing.assert_array_equal(one.apply(x[train]), two.apply(changed[train]))
    assert one.features == two.features


@pytest.mark.parametrize("text", EVERY_PIPELINE)
def test_a_row_is_transformed_without_looking_at_others(text: str) -> None:
    x = counts()
    fitted = Pipeline(parse_steps(text)).fit(x[:30], names(12))
    together = fitted.apply(x)
    alone = np.concatenate([fitted.apply(x[i : i + 1]) for i in range(len(x))])
    np.testing.assert_allclose(alone, together, rtol=1e-5, atol=1e-5)
    assert together.dtype == np.float32
    assert together.shape[1] == len(fitted.features)


@pytest.mark.parametrize("text", ["tfidf", "zscore", "pca(n=3)", "svd(n=3)", "log1p,hvg(n=4)"])
def test_statistics_do_come_from_the_training_rows(text: str) -> None:
    """The counterpart: other training rows, another state."""
    first = Pipeline(parse_steps(text)).fit(counts(seed=0), names(12))
    second = Pipeline(parse_steps(text)).fit(counts(seed=1)[:, ::-1], names(12))
    same = [np.array_equal(a, b) for a, b in zip(state(first), state(second), strict=True)]
    assert not all(same)


def test_no_steps_change_nothing() -> None:
    x = counts()
    fitted = Pipeline().fit(x, names(12))
    assert fitted.apply(x) is x
    assert fitted.features == tuple(names(12))


def test_normalize_total_and_log1p() -> None:
    x = counts()
    got = run("normalize-total(target_sum=100)", x)
    sums = got.sum(axis=1)
    np.testing.assert_allclose(np.delete(sums, 3), 100, rtol=1e-5)
    assert sums[3] == 0
    np.testing.assert_allclose(run("normalize-total(target_sum=100),log1p", x), np.log1p(got))


def test_arcsinh_of_either_sign() -> None:
    x = np.array([[-5.0, 0.0, 10.0]], np.float32)
    expected = [[-np.log(1 + np.sqrt(2)), 0.0, np.log(2 + np.sqrt(5))]]
    np.testing.assert_allclose(run("arcsinh", x), expected, rtol=1e-6)


def test_zscore_agrees_with_scikit_learn_on_new_rows_and_constants() -> None:
    x = counts()
    x[:, 4] = 0.1
    fitted = Pipeline(parse_steps("zscore")).fit(x[:30], names(12))
    expected = StandardScaler().fit(x[:30].astype(np.float64)).transform(x.astype(np.float64))
    np.testing.assert_allclose(fitted.apply(x), expected, rtol=1e-5, atol=1e-6)
    assert (fitted.apply(x)[:30, 4] == 0).all()


def test_l2_agrees_with_scikit_learn() -> None:
    np.testing.assert_allclose(run("l2", counts()), normalize(counts()), rtol=1e-6)


def test_tfidf_is_the_formula() -> None:
    x = counts()
    n, k = x.shape
    expected = np.zeros((n, k))
    for i in range(n):
        for j in range(k):
            if x[i].sum() and x[:, j].sum():
                expected[i, j] = np.log1p(1e4 * x[i, j] / x[i].sum() * n / x[:, j].sum())
    np.testing.assert_allclose(run("tfidf", x), expected, rtol=1e-5)


def test_pca_and_svd_agree_with_scikit_learn_up_to_sign() -> None:
    x = counts(60, 30).astype(np.float64)
    for text, reference in (
        ("pca(n=6)", PCA(6, svd_solver="full")),
        ("svd(n=6)", TruncatedSVD(6, algorithm="arpack")),
    ):
        got = run(text, x.astype(np.float32))
        expected = reference.fit_transform(x)
        sign = np.sign((got * expected).sum(axis=0))
        np.testing.assert_allclose(got, expected * sign, rtol=1e-4, atol=1e-3)


def test_few_and_many_directions_agree() -> None:
    """The Lanczos branch and the full decomposition give the same leading directions."""
    x = np.random.default_rng(0).normal(size=(90, 80)) @ np.diag(0.9 ** np.arange(80))
    np.testing.assert_allclose(
        leading_directions(x, 3, "pca"), leading_directions(x, 60, "pca")[:, :3], atol=1e-8
    )
    assert np.array_equal(leading_directions(x, 3, "pca"), leading_directions(x, 3, "pca"))


def seurat(x: NDArray[np.float64], bins: int) -> NDArray[np.float64]:
    """Seurat's dispersions, transcribed with pandas one gene and one bin at a time."""
    table = pd.DataFrame({"mean": 0.0, "dispersion": np.nan}, index=range(x.shape[1]))
    for j in range(x.shape[1]):
        linear = np.exp(x[:, j]) - 1
        mean, variance = linear.mean(), linear.var(ddof=1)
        table.loc[j, "mean"] = np.log(mean + 1)
        if variance > 0:
            table.loc[j, "dispersion"] = np.log(variance / mean)
    # pandas cuts into bins of equal width that are closed on the right.
    table["bin"] = pd.cut(table["mean"], bins=bins).astype(str)
    score = pd.Series(np.nan, table.index)
    for _, members in table.groupby("bin"):
        values = members["dispersion"].dropna()
        if len(values) == 1:
            score[values.index] = 1.0
        elif len(values) > 1:
            score[values.index] = (values - values.mean()) / values.std(ddof=1)
    return np.array(score.tolist())


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10**6), bins=st.integers(1, 25))
def test_dispersions_agree_with_the_transcription(seed: int, bins: int) -> None:
    # Continuous values: ties and means on the border of a bin would be matters of rounding.
    rng = np.random.default_rng(seed)
    x = (rng.gamma(1.0, 1.0, (25, 60)) * rng.binomial(1, 0.6, (25, 60))).astype(np.float32)
    x[:, rng.integers(60, size=4)] = 0
    got = normalised_dispersion(x, bins)
    np.testing.assert_allclose(got, seurat(x.astype(np.float64), bins), rtol=1e-6, atol=1e-9)


def test_a_bin_of_equal_dispersions_scores_zero_not_nan() -> None:
    x = np.log1p(np.tile([[0.0], [2.0], [7.0]], (1, 3))).astype(np.float32)
    assert normalised_dispersion(x, 20).tolist() == [0.0, 0.0, 0.0]


def test_hvg_keeps_the_n_highest_in_their_order() -> None:
    x = counts(50, 60)
    fitted = Pipeline(parse_steps("log1p,hvg(n=10)")).fit(x, names(60))
    score = np.nan_to_num(seurat(np.log1p(x.astype(np.float64)), 20), nan=-np.inf)
    kept = sorted(np.argsort(-score, kind="stable")[:10])
    assert fitted.features == tuple(f"g{j}" for j in kept)
    np.testing.assert_allclose(fitted.apply(x), np.log1p(x[:, kept]))


def test_hvg_puts_features_without_variance_last_and_keeps_at_most_all() -> None:
    x = np.log1p(counts())
    varying = [f"g{j}" for j in range(12) if x[:, j].std() > 0]
    assert len(varying) < 12
    fitted = Pipeline(parse_steps(f"hvg(n={len(varying)})")).fit(x, names(12))
    assert fitted.features == tuple(varying)
    assert len(Pipeline(parse_steps("hvg")).fit(x, names(12)).features) == 12


@pytest.mark.parametrize(
    ("text", "x", "error", "words"),
    [
        ("log1p", [[-1.0]], DataError, "log1p needs counts, but the smallest value is -1"),
        ("normalize-total", [[-1.0]], DataError, "normalize-total needs counts"),
        ("tfidf", [[-2.0]], DataError, "tfidf needs counts"),
        ("hvg(n=1)", [[1000.0], [2.0]], DataError, "put log1p before it"),
        (
            "pca(n=3)",
            [[1.0, 2.0], [0.0, 1.0]],
            ConfigError,
            "2 training rows of 2 features allow n ≤ 2",
        ),
    ],
)
def test_what_a_step_is_not_defined_on(
    text: str, x: list[list[float]], error: type[Exception], words: str
) -> None:
    data = np.array(x, np.float32)
    with pytest.raises(error, match=words):
        Pipeline(parse_steps(text)).fit(data, names(data.shape[1]))


def test_new_rows_that_overflow_are_refused() -> None:
    fitted = Pipeline(parse_steps("zscore")).fit(np.array([[0.0], [1e-30]], np.float32), ["g"])
    with np.errstate(over="ignore"), pytest.raises(DataError, match="NaN or infinity"):
        fitted.apply(np.array([[1e30]], np.float32))


def test_all_spellings_of_a_step_are_one() -> None:
    step = parse_step("hvg(n=500)")
    assert step == parse_step({"name": "hvg", "n": 500}) == parse_step(step)
    assert parse_steps("log1p, hvg(n=500, bins=20)") == parse_steps(
        ["log1p", {"name": "hvg", "n": 500}]
    )
    assert parse_steps("") == parse_steps([]) == ()
    assert hash(step) == hash(parse_step(" hvg( n = 500 ) "))


def test_a_recipe_names_every_parameter_and_the_version() -> None:
    recipe = Pipeline(parse_steps("log1p,hvg(n=9)")).recipe()
    assert recipe == [
        {"name": "log1p", "version": 1},
        {"name": "hvg", "n": 9, "bins": 20, "version": 1},
    ]


def test_the_name_of_a_step_is_its_key() -> None:
    assert {name: step.model_fields["name"].default for name, step in STEPS.items()} == {
        name: name for name in STEPS
    }


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("hgv", "unknown preprocessing step 'hgv'; did you mean 'hvg'?"),
        ("hvg(m=5)", "unknown key of a preprocessing step 'm'"),
        ("hvg(5)", "write hvg(parameter=value)"),
        ("hvg(n=0)", "preprocessing step 'hvg': n: Input should be greater than or equal to 1"),
        ("hvg(n=x)", "preprocessing step 'hvg': n: Input should be a valid integer"),
        ("hvg(n=5", "write 'log1p' or 'hvg(n=500)'"),
        ({"n": 5}, "write 'hvg(n=500)' or {name: hvg, n: 500}"),
        (5, "write 'hvg(n=500)'"),
    ],
)
def test_wrong_spellings_end_in_one_line(value: Any, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_steps(value)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
