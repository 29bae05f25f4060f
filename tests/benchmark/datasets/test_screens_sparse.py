"""Steps on sparse matrices give what they give on dense ones, and what scanpy gives."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse

from benchmark.datasets.preprocessing import columnwise
from benchmark.datasets.preprocessing.columnwise import Detected, HighlyVariable
from benchmark.datasets.preprocessing.pipeline import Pipeline, parse_steps
from benchmark.datasets.public.screens import sparse_steps
from benchmark.datasets.public.screens.report import Report
from benchmark.datasets.public.screens.screen import Assay, Screen
from benchmark.datasets.public.screens.sparse_steps import (
    apply_step,
    apply_steps,
    check_counts,
    column_means,
    hvg_columns,
    linear_moments,
)
from tests.benchmark.datasets.toys import tables
from weakpair.errors import ConfigError, DataError

SCANPY = json.loads(Path(__file__).with_name("test_screens_scanpy.json").read_text("utf-8"))


def counts(n: int = 200, k: int = 70, seed: int = 0) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    x = rng.poisson(np.exp(rng.normal(-1.0, 1.2, k)), (n, k)).astype(np.float32)
    x[:, 5] = 0
    x[3] = 0
    return x


def assay(x: NDArray[np.float32]) -> Assay:
    return Assay(sparse.csr_array(x), np.array([f"f{j}" for j in range(x.shape[1])]))


@pytest.mark.parametrize(
    "steps",
    [
        "normalize-total, log1p",
        "detected(share=0.3)",
        "normalize-total(target_sum=1e4), log1p, detected(share=0.05), hvg(n=12)",
        "tfidf, svd(n=4)",
        "tfidf(scale=100), svd(n=30)",
        "normalize-total, log1p, pca(n=4)",
        "log1p, pca(n=30)",
        "clr",
        "log1p, hvg(n=9), zscore",
    ],
)
def test_sparse_and_dense_agree(steps: str) -> None:
    x = counts()
    made = assay(x)
    for step in parse_steps(steps):
        made = apply_step(made, step)
    fitted = Pipeline(parse_steps(steps)).fit(x, [f"f{j}" for j in range(x.shape[1])])
    assert tuple(made.features) == fitted.features
    np.testing.assert_allclose(made.dense(), fitted.apply(x), rtol=2e-4, atol=2e-4)


def test_counts_and_steps_leave_their_input_alone() -> None:
    made = assay(counts())
    before = made.dense()
    for step in parse_steps("normalize-total, log1p, tfidf, pca(n=3)"):
        apply_step(made, step)
    np.testing.assert_array_equal(made.dense(), before)


def test_moments_in_row_chunks_are_the_direct_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sparse_steps, "_CHUNK", 7)
    x = np.log1p(counts())
    made = assay(x).sparse()
    mean, variance = linear_moments(made)
    linear = np.expm1(x, dtype=np.float64)
    np.testing.assert_allclose(column_means(made), x.mean(axis=0, dtype=np.float64))
    np.testing.assert_allclose(mean, linear.mean(axis=0), rtol=1e-6)
    varies = linear.var(axis=0) > 0
    np.testing.assert_allclose(variance[varies], linear.var(axis=0, ddof=1)[varies], rtol=1e-6)
    assert np.isnan(variance[~varies]).all()


def logged() -> Assay:
    made = assay(np.array(SCANPY["counts"], dtype=np.float32))
    for step in parse_steps("normalize-total(target_sum=1e4), log1p"):
        made = apply_step(made, step)
    return made


@pytest.mark.parametrize("values", ["log", "relative"])
def test_highly_variable_genes_are_scanpys(values: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its Seurat flavour, on log values and on values relative to the first 20 cells."""
    theirs = np.array(SCANPY[values]["dispersions_norm"], dtype=float)
    seen: list[NDArray[np.float64]] = []
    score = columnwise.dispersion_scores

    def spy(*arguments: Any) -> NDArray[np.float64]:
        seen.append(score(*arguments))
        return seen[-1]

    monkeypatch.setattr(sparse_steps, "dispersion_scores", spy)
    x = logged().sparse()
    baseline = column_means(x[:20]) if values == "relative" else None
    chosen = hvg_columns(x, HighlyVariable(n=14, bins=6), baseline)
    np.testing.assert_allclose(seen[0], theirs, rtol=2e-3, atol=2e-4)
    assert chosen.tolist() == SCANPY[values]["highly_variable"]


def test_relative_values_without_a_dense_matrix_are_those_of_the_dense_one() -> None:
    x = logged()
    baseline = column_means(x.sparse()[:20])
    dense = (x.dense() - baseline).astype(np.float32)
    with np.errstate(all="raise"):
        expected = HighlyVariable(n=10).fit(dense).columns
    np.testing.assert_array_equal(hvg_columns(x.sparse(), HighlyVariable(n=10), baseline), expected)


def test_detected_keeps_features_at_the_share_and_none_below() -> None:
    x = np.zeros((10, 3), np.float32)
    x[:2, 0] = x[:1, 1] = x[:3, 2] = 1
    assert Detected(share=0.2).fit(x).columns.tolist() == [0, 2]
    with pytest.raises(DataError, match=r"no feature is seen in 0\.9"):
        apply_step(assay(x), Detected(share=0.9))


@pytest.mark.parametrize("wrong", [-1.0, 0.5, np.nan, np.inf])
def test_what_is_no_count_is_refused(wrong: float) -> None:
    x = counts()
    check_counts(sparse.csr_array(x), "rna.h5ad")
    x[2, 2] = wrong
    with pytest.raises(DataError, match=r"rna\.h5ad: .* is no count; raw counts are needed"):
        check_counts(sparse.csr_array(x), "rna.h5ad")


def test_nothing_large_is_made_dense(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sparse_steps, "_DENSE_BYTES", 1000)
    with pytest.raises(ConfigError, match="zscore makes 200 cells x 70 features dense"):
        apply_step(assay(counts()), parse_steps("zscore")[0])


def test_every_step_has_its_row() -> None:
    first, _, obs = tables({"ctrl": 30, "drug": 20})
    x = counts(len(first))
    screen = Screen(assay(x), assay(x[:, :4]), obs)
    report = Report("toy")
    after = apply_steps(screen, "first", parse_steps("log1p, hvg(n=5)"), report)
    assert [(r.step, r.cells, r.features1, r.features2, r.perturbations) for r in report.rows] == [
        ("modality 1: log1p", 50, 70, 4, 2),
        ("modality 1: hvg(n=5, bins=20)", 50, 5, 4, 2),
    ]
    assert str(report).splitlines()[-1].split()[-4:] == ["50", "5", "4", "2"]
    assert len(after.first.features) == 5
    assert len(after.second.features) == 4
