"""Projections into the plane, by methods that keep neighbours together."""

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weakpair.errors import ConfigError, ParameterError, UnknownNameError

if TYPE_CHECKING:
    from sklearn.base import TransformerMixin

Method = Literal["tsne", "umap"]
NAMES: dict[Method, str] = {"tsne": "t-SNE", "umap": "UMAP"}


def project(
    x: ArrayLike, *, method: Method = "tsne", seed: int = 0, perplexity: float = 30.0
) -> NDArray[np.float32]:
    """Coordinates of embeddings in the plane, by t-SNE started from principal components or UMAP.

    Args:
        x: embeddings, (n, d), n >= 3.
        method: "tsne" or "umap" (needs umap-learn).
        seed: source of the randomness.
        perplexity: effective number of neighbours of t-SNE; a third of the other samples where n
            is small.

    Returns:
        Coordinates, (n, 2).

    Raises:
        ConfigError: umap-learn is not installed.
        ParameterError: fewer than three samples, or values that are not finite.
        UnknownNameError: another method.
    """
    if method not in get_args(Method):
        raise UnknownNameError("method", method, get_args(Method))
    values = np.asarray(x, dtype=np.float32)
    if values.ndim != 2 or len(values) < 3 or not np.isfinite(values).all():
        raise ParameterError(
            f"{NAMES[method]} needs a finite array of at least three samples, not of shape "
            f"{values.shape}"
        )
    projector = _umap(len(values), seed) if method == "umap" else _tsne(values, seed, perplexity)
    plane: NDArray[np.float32] = np.asarray(projector.fit_transform(values), dtype=np.float32)
    return plane


def _tsne(values: NDArray[np.float32], seed: int, perplexity: float) -> "TransformerMixin":
    from sklearn.manifold import TSNE

    return TSNE(
        perplexity=min(perplexity, (len(values) - 1) / 3),
        init="pca" if values.shape[1] > 1 else "random",
        random_state=seed,
    )


def _umap(samples: int, seed: int) -> "TransformerMixin":
    try:
        from umap import UMAP
    except ImportError as error:
        raise ConfigError(
            "method umap needs umap-learn: pip install umap-learn, or use tsne"
        ) from error
    # One job: with several its result depends on their order.
    return UMAP(n_neighbors=min(15, samples - 1), random_state=seed, n_jobs=1)
