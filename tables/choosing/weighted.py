"""All surrogates together, with weights that other data sets taught."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tables.choosing.places import Place, Trust

COMBINED = "all-weighted"
"""Name of the weighted surrogates."""

Floats = NDArray[np.float64]


def elsewhere(found: Sequence[Place]) -> dict[int, Trust]:
    """The weighted surrogates against the truth, by the place's number.

    Each place is judged by weights that its data set had no part in; none where all places are of
    one data set, or fewer than two surrogates are there.

    Args:
        found: places of one protocol.
    """
    ranks = [_ranks(place) for place in found]
    common = [name for name in ranks[0] if all(name in one for one in ranks)] if ranks else []
    if len(common) < 2 or len({place.dataset for place in found}) < 2:
        return {}
    judged = {}
    for number, place in enumerate(found):
        others = [other for other in range(len(found)) if found[other].dataset != place.dataset]
        weights = _weights([(ranks[o][common], found[o]) for o in others])
        if weights is None or len(ranks[number]) < 3:
            continue
        scores = ranks[number][common].to_numpy() @ weights
        guess = dict(zip(ranks[number].index, scores.tolist(), strict=True))
        judged[number] = place.compared(COMBINED, guess)
    return judged


def _ranks(place: Place) -> pd.DataFrame:
    """Ranks from 0, the worst, to 1, of the combinations that all surrogates and the truth have."""
    frame = pd.DataFrame({name: pd.Series(dict(g)) for name, g in place.guesses.items() if g})
    frame = frame[[name in place.truth for name in frame.index]].dropna()
    return (frame.rank() - 1) / max(len(frame) - 1, 1)


def _weights(taught: Sequence[tuple[pd.DataFrame, Place]]) -> Floats | None:
    """Weights of the surrogates' ranks: a logistic regression on who of two is truly better.

    Every data set counts alike, however many combinations it has.
    """
    from sklearn.linear_model import LogisticRegression

    rows, better, weight = [], [], []
    for ranks, place in taught:
        truths = [place.truth[name] for name in ranks.index]
        pairs = [(i, j) for i, j in combinations(range(len(ranks)), 2) if truths[i] != truths[j]]
        values = ranks.to_numpy()
        for i, j in pairs:
            first, second = (i, j) if (i + j) % 2 else (j, i)
            rows.append(values[first] - values[second])
            better.append(truths[first] > truths[second])
            weight.append(1 / len(pairs))
    if len(set(better)) < 2:
        return None
    model = LogisticRegression(fit_intercept=False)
    model.fit(np.array(rows), np.array(better), sample_weight=np.array(weight) * len(taught))
    return np.asarray(model.coef_[0], dtype=np.float64)
