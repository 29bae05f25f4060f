"""Accuracy of reading labels from the features and from metadata."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchmark.datasets.base import Samples, Strings
from benchmark.datasets.checkup.note import Note

_CELLS = 2000
_FOLDS = 5
_COMPONENTS = 30
_LEVELS = 50
_TELLING = 0.5
"""Gain in predicting the label from a column, from none (0) to all (1), that is told."""


def readable(samples: Samples, name: str, *, counts: bool) -> Note:
    """Accuracy with which a linear classifier reads the label from one modality.

    Principal components of the standardised features (logarithms of counts) of at most 2,000
    cells, logistic regression, five folds; balanced accuracy, so that chance is 1 / labels. What
    cannot be read from a modality, no method can align by.

    Args:
        samples: the cells of the modality.
        name: of the modality.
        counts: whether its values are counts.
    """
    topic = f"labels, {name}"
    rows = _drawn(samples.labels)
    labels = samples.labels[rows]
    folds = min(_FOLDS, int(np.unique(labels, return_counts=True)[1].min()))
    if folds < 2 or len(np.unique(labels)) < 2:
        return Note("mind", topic, "cannot be told: fewer than two labels, or cells of a label")
    x = samples.x[rows]
    scores = _cross_validated(np.log1p(x) if counts else x, labels, folds)
    chance, mean = 1 / len(np.unique(labels)), float(scores.mean())
    error = float(scores.std(ddof=1) / np.sqrt(folds))
    seen = mean - 2 * error > chance
    text = f"read with balanced accuracy {mean:.2f} ± {error:.2f}, chance {chance:.2f}"
    lost = "" if seen else ": not beyond noise, so that labels tell methods nothing here"
    return Note("ok" if seen else "mind", topic, text + lost)


def _cross_validated(x: NDArray[np.float32], labels: Strings, folds: int) -> NDArray[np.float64]:
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    trained = len(x) - -(-len(x) // folds)
    width = min(_COMPONENTS, x.shape[1], trained)
    model = make_pipeline(
        StandardScaler(), PCA(width, random_state=0), LogisticRegression(max_iter=1000)
    )
    cut = StratifiedKFold(folds, shuffle=True, random_state=0)
    found = cross_val_score(model, x, labels, cv=cut, scoring="balanced_accuracy")
    return np.asarray(found, dtype=np.float64)


def _drawn(labels: Strings) -> NDArray[np.int64]:
    """At most so many cells, a like share of each label, in a fixed random order."""
    if len(labels) <= _CELLS:
        return np.arange(len(labels))
    rng = np.random.default_rng(0)
    share = _CELLS / len(labels)
    rows = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    kept = [rng.permutation(own)[: max(2, round(share * len(own)))] for own in rows]
    return np.sort(np.concatenate(kept))


def explained(samples: Samples, name: str) -> Iterator[Note]:
    """Columns of metadata that predict the label: a batch that is confounded with it, or its copy.

    The gain is (hits − chance) / (1 − chance), where hits is the share of cells whose label is the
    most frequent of their level, and chance that of the most frequent label of all.
    """
    telling = []
    for column in samples.obs.columns:
        levels = samples.obs[column].astype(str).to_numpy(dtype=np.str_)
        if 2 <= len(np.unique(levels)) <= _LEVELS:
            gain = _gain(levels, samples.labels)
            if gain > _TELLING:
                telling.append(f"{column} ({gain:.0%})")
    if telling:
        text = f"predict the label: {', '.join(telling)}; what aligns labels may align these"
        yield Note("mind", f"metadata, {name}", text)
    elif len(samples.obs.columns):
        yield Note("ok", f"metadata, {name}", "no column predicts the label by more than half")


def _gain(levels: Strings, labels: Strings) -> float:
    _, code = np.unique(labels, return_inverse=True)
    _, level = np.unique(levels, return_inverse=True)
    table = np.zeros((level.max() + 1, code.max() + 1))
    np.add.at(table, (level, code), 1)
    chance = table.sum(axis=0).max() / len(labels)
    hits = table.max(axis=1).sum() / len(labels)
    return 0.0 if chance == 1 else float((hits - chance) / (1 - chance))
