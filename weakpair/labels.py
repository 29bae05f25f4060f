"""Perturbation labels as integer codes."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weakpair.errors import ParameterError


def encode_labels(
    t1: ArrayLike, t2: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[Any]]:
    """Code the labels of both modalities with one dictionary.

    Args:
        t1: labels of modality 1, shape (n1,), any sortable type.
        t2: labels of modality 2, shape (n2,).

    Returns:
        codes of modality 1 (n1,), codes of modality 2 (n2,), and the sorted labels they index.

    Raises:
        ParameterError: labels are not one-dimensional, or a label stands in one modality only.

    >>> encode_labels(["b", "a"], ["a", "b", "b"])[:2]
    (array([1, 0]), array([0, 1, 1]))
    """
    labels1, labels2 = np.asarray(t1), np.asarray(t2)
    if labels1.ndim != 1 or labels2.ndim != 1:
        raise ParameterError("labels must be one-dimensional arrays, one label per row")
    labels = np.concatenate([labels1, labels2])
    # A little quicker than asking `unique` for the codes, which sorts positions too.
    classes = np.unique(labels)
    codes = np.searchsorted(classes, labels)
    codes1, codes2 = codes[: len(labels1)], codes[len(labels1) :]
    for number, other in ((1, codes2), (2, codes1)):
        lacking = np.bincount(other, minlength=len(classes)) == 0
        if lacking.any():
            raise ParameterError(
                f"label {str(classes[lacking][0])!r} stands in modality {number} only; "
                "a label needs cells in both"
            )
    return codes1, codes2, classes
