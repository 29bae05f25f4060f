"""Joint diagonalisation: one basis in which the covariances of all labels are diagonal."""

import numpy as np
from numpy.typing import NDArray

from weakpair.errors import MethodError

Floats = NDArray[np.float64]

_SWEEPS = 100
_TOLERANCE = 1e-8
_DAMPING = 1e-6  # where two directions change alike over the labels, any rotation serves


def joint_diagonaliser(covariances: Floats, shares: Floats) -> Floats:
    """A matrix W, shape (d, d), with W C W' as nearly diagonal as can be for all C at once.

    Minimises the mean over labels of log det diag(W C W') − log det(W C W'), the likelihood of
    independent Gaussian components whose variances depend on the label, by the Jacobi-like steps of
    Pham (SIAM J. Matrix Anal. Appl. 22, 2001). Rows of W are determined but for order and scale
    where no two components change their variances alike over the labels.

    Args:
        covariances: positive definite, shape (labels, d, d).
        shares: weights of the labels, shape (labels,).

    Raises:
        MethodError: a covariance is not positive definite.

    >>> mixing = np.array([[1.0, 0.5], [0.2, 1.0]])
    >>> seen = [mixing @ np.diag(v) @ mixing.T for v in ([1, 4], [3, 1])]
    >>> both = joint_diagonaliser(np.stack(seen), np.ones(2)) @ mixing
    >>> bool(np.allclose(np.sort(np.abs(both), axis=1)[:, 0], 0, atol=1e-6))
    True
    """
    c = np.array(covariances, dtype=np.float64)
    weights = shares / shares.sum()
    if not (np.diagonal(c, axis1=1, axis2=2) > 0).all():
        raise MethodError("a covariance of a label is not positive definite")
    d = c.shape[1]
    w = np.eye(d)
    for _ in range(_SWEEPS):
        gain = 0.0
        for i in range(1, d):
            for j in range(i):
                step, decrease = _step(c[:, i, i], c[:, j, j], c[:, i, j], weights)
                gain += decrease
                pair = [i, j]
                c[:, pair] = np.einsum("ab,lbk->lak", step, c[:, pair])
                c[:, :, pair] = np.einsum("lkb,ab->lka", c[:, :, pair], step)
                w[pair] = step @ w[pair]
        if gain < _TOLERANCE:
            break
    return w


def _step(first: Floats, second: Floats, both: Floats, weights: Floats) -> tuple[Floats, float]:
    """The change of two rows, (2, 2), and by how much it lessens the criterion, to first order.

    Args:
        first: variances of the first direction by label.
        second: of the second.
        both: their covariances.
        weights: of the labels, with sum 1.
    """
    g = np.array([weights @ (both / first), weights @ (both / second)])
    slope = np.array([weights @ (second / first), weights @ (first / second)])
    slope += _DAMPING * slope.mean()
    h = (slope[::-1] * g - g[::-1]) / (slope.prod() - 1)
    scale = 2 / (1 + np.sqrt(max(1 - 4 * h[0] * h[1], 0.0)))
    return np.array([[1.0, -scale * h[0]], [-scale * h[1], 1.0]]), float(g @ h)
