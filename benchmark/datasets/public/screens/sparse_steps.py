"""The preprocessing steps on sparse matrices: same results as on dense ones, nothing made dense.

Statistics come from all rows that are given: a preparation follows the papers, which fit these
steps before they split.
"""

from collections.abc import Callable, Iterator
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import LinearOperator

from benchmark.datasets.base import Features, Rows
from benchmark.datasets.preprocessing.columnwise import (
    Detected,
    HighlyVariable,
    TfIdf,
    dispersion_scores,
    highest,
)
from benchmark.datasets.preprocessing.projection import Matrix, Pca, Svd, leading_directions
from benchmark.datasets.preprocessing.rowwise import Log1p, NormalizeTotal, ratio
from benchmark.datasets.preprocessing.steps import Step
from benchmark.datasets.public.screens.report import Report
from benchmark.datasets.public.screens.screen import Assay, Screen, Sparse, Which
from weakpair.errors import ConfigError, DataError

Vector = NDArray[np.float64]
_CHUNK = 4096
_DENSE_BYTES = 4 * 2**30


def apply_steps(screen: Screen, which: Which, steps: tuple[Step, ...], report: Report) -> Screen:
    """Apply steps to `first` or `second`, one after the other, each with a row in the report.

    Raises:
        ConfigError: a step that needs a dense matrix comes while the matrix is too large for it.
        DataError: values that a step is not defined on.
    """
    for step in steps:
        screen = screen.change(which, lambda assay, step=step: apply_step(assay, step))  # type: ignore[misc]
        report.add(f"modality {1 if which == 'first' else 2}: {spelt(step)}", screen)
    return screen


def spelt(step: Step) -> str:
    """A step as grids spell it.

    >>> spelt(HighlyVariable(n=500))
    'hvg(n=500, bins=20)'
    """
    params = ", ".join(f"{k}={v}" for k, v in step.model_dump().items() if k != "name")
    return f"{step.name}({params})" if params else step.name


def apply_step(assay: Assay, step: Step) -> Assay:
    """One step, fitted on all cells and applied to them."""
    x = assay.x
    if isinstance(x, sparse.csr_array):
        if type(step) in _SPARSE:
            return _SPARSE[type(step)](assay, x, step)
        if 4 * x.shape[0] * x.shape[1] > _DENSE_BYTES:
            raise ConfigError(
                f"{step.name} makes {x.shape[0]} cells x {x.shape[1]} features dense; "
                "put a step before it that leaves fewer features (hvg, svd, pca)"
            )
        x = assay.dense()
    fitted = step.fit(x)
    names = fitted.rename([str(name) for name in assay.features])
    return Assay(fitted.apply(x), np.array(names, dtype=str))


def check_counts(x: Sparse, where: str) -> None:
    """Refuse what is no count.

    Raises:
        DataError: a value is negative, not finite or no whole number.
    """
    data = x.data
    for start in range(0, len(data), 2**24):
        part = data[start : start + 2**24]
        if not (np.isfinite(part).all() and (part >= 0).all() and (part == np.rint(part)).all()):
            wrong = part[~(np.isfinite(part) & (part >= 0) & (part == np.rint(part)))][0]
            raise DataError(f"{where}: {wrong:g} is no count; raw counts are needed")


def undo_log1p(x: Sparse) -> Sparse:
    """expm1(x).

    Raises:
        DataError: values too large to be logarithms.
    """
    with np.errstate(over="ignore"):
        linear = np.expm1(x.data)
    if not np.isfinite(linear).all():
        raise DataError("values are too large to be logarithms; these are counts already")
    return _with_data(x, linear)


def column_means(x: Sparse) -> Vector:
    """Means of the columns, shape (k,)."""
    total = np.zeros(x.shape[1])
    for part in _row_chunks(x):
        total += np.bincount(part.indices, part.data, x.shape[1])
    return total / x.shape[0]


def linear_moments(x: Sparse) -> tuple[Vector, Vector]:
    """Means and variances (n - 1) of expm1(x), of shape (k,) each, in two passes.

    Raises:
        DataError: values too large to be logarithms.
    """
    rows, columns = x.shape
    mean, square, there = np.zeros(columns), np.zeros(columns), np.zeros(columns)
    with np.errstate(over="ignore"):
        for part in _row_chunks(x):
            mean += np.bincount(part.indices, np.expm1(part.data, dtype=np.float64), columns)
    mean /= rows
    if not np.isfinite(mean).all() or rows < 2:
        raise DataError("hvg needs at least two rows of log1p data; put log1p before it")
    for part in _row_chunks(x):
        gap = np.expm1(part.data, dtype=np.float64) - mean[part.indices]
        square += np.bincount(part.indices, gap * gap, columns)
        there += np.bincount(part.indices, minlength=columns)
    variance = (square + (rows - there) * mean**2) / (rows - 1)
    # Differences of rounding size are not variance.
    return mean, np.where(variance <= (1e-10 * mean) ** 2, np.nan, variance)


def hvg_columns(x: Sparse, step: HighlyVariable, baseline: Vector | None = None) -> Rows:
    """The features that `step` selects, ascending.

    Args:
        x: log1p data, shape (n, k).
        step: number of features and bins.
        baseline: subtract these log values, shape (k,), from every cell first. expm1(x - b) is
            exp(-b) · (expm1(x) + 1) - 1, so that moments follow without a dense matrix.
    """
    mean, variance = linear_moments(x)
    if baseline is not None:
        mean = np.exp(-baseline) * (mean + 1) - 1
        variance = np.exp(-2 * baseline) * variance
    return highest(dispersion_scores(mean, variance, step.bins), step.n)


def _row_chunks(x: Sparse) -> Iterator[Sparse]:
    for start in range(0, x.shape[0], _CHUNK):
        yield x[start : start + _CHUNK]


def _with_data(x: Sparse, data: NDArray[Any]) -> Sparse:
    """The same pattern with other values; indices are shared."""
    return sparse.csr_array((data, x.indices, x.indptr), shape=x.shape)


def _per_entry(x: Sparse, per_row: Vector) -> NDArray[np.float32]:
    return np.repeat(per_row.astype(np.float32), np.diff(x.indptr))


def _row_sums(x: Sparse) -> Vector:
    return np.asarray(x.sum(axis=1, dtype=np.float64)).ravel()


def _positive(x: Sparse, step: Step) -> None:
    if x.data.size and x.data.min() < 0:
        raise DataError(f"{step.name} needs counts, but the smallest value is {x.data.min():g}")


def _normalise(assay: Assay, x: Sparse, step: NormalizeTotal) -> Assay:
    _positive(x, step)
    scale = ratio(step.target_sum, _row_sums(x))
    return Assay(_with_data(x, x.data * _per_entry(x, scale)), assay.features)


def _log1p(assay: Assay, x: Sparse, step: Log1p) -> Assay:
    _positive(x, step)
    return Assay(_with_data(x, np.log1p(x.data)), assay.features)


def _tfidf(assay: Assay, x: Sparse, step: TfIdf) -> Assay:
    _positive(x, step)
    weights = step.scale * ratio(1.0, column_means(x))
    data = x.data * _per_entry(x, ratio(1.0, _row_sums(x))) * weights.astype(np.float32)[x.indices]
    return Assay(_with_data(x, np.log1p(data)), assay.features)


def detected_share(x: Sparse) -> Vector:
    """Share of cells with another value than 0, per feature, shape (k,)."""
    return np.bincount(x.indices[x.data != 0], minlength=x.shape[1]) / x.shape[0]


def _detected(assay: Assay, x: Sparse, step: Detected) -> Assay:
    return assay.columns(step.chosen(detected_share(x)))


def _hvg(assay: Assay, x: Sparse, step: HighlyVariable) -> Assay:
    return assay.columns(hvg_columns(x, step))


def _svd(_: Assay, x: Sparse, step: Svd) -> Assay:
    return _projected(x, np.zeros(x.shape[1]), step.n, "svd", step)


def _pca(_: Assay, x: Sparse, step: Pca) -> Assay:
    return _projected(x, column_means(x), step.n, "pc", step)


def _projected(x: Sparse, mean: Vector, n: int, prefix: str, step: Step) -> Assay:
    """(x - mean) times the leading right singular vectors of x - mean."""
    directions = _directions(_with_data(x, x.data.astype(np.float64)), mean, n, step.name)
    # float32 directions keep the product with the float32 matrix from copying it.
    scores: Features = np.asarray(x @ directions.astype(np.float32), dtype=np.float32)
    scores -= (mean @ directions).astype(np.float32)
    return Assay(scores, np.array([f"{prefix}{j + 1}" for j in range(n)], dtype=str))


def _directions(x: Sparse, mean: Vector, n: int, name: str) -> Matrix:
    if 8 * n > min(x.shape):
        # So small a matrix is decomposed exactly, and can be dense.
        return leading_directions(x.toarray() - mean, n, name)
    turned = x.T
    # SciPy's own operator of a sparse matrix would keep a copy of the matrix turned round.
    centred = LinearOperator(
        x.shape,
        matvec=lambda v: x @ v - mean @ v,
        rmatvec=lambda u: turned @ u - mean * u.sum(),
        dtype=np.dtype(np.float64),
    )
    return leading_directions(cast("Matrix", centred), n, name)


_SPARSE: dict[type[Step], Callable[[Assay, Sparse, Any], Assay]] = {
    NormalizeTotal: _normalise,
    Log1p: _log1p,
    TfIdf: _tfidf,
    Detected: _detected,
    HighlyVariable: _hvg,
    Svd: _svd,
    Pca: _pca,
}
