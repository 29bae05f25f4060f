"""Settings that searches found: the one place that classes, grids and own data take them from.

`calibration/TUNING/NAME.json` is the whole search of a learner, as `bench sweep` wrote it.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, Literal

CALIBRATION = Path(__file__).parent / "calibration"
"""A folder per tuning, a file per learner."""

Tuning = Literal["same", "disjoint", "screen", "probe"]
"""Purpose of a search: matching after training on the same cells, on disjoint ones, with what
GROOVE's paper fixes on screens (β = 0.1), or IPIC's probe of embeddings."""

_LIKE = {
    "groove-no-groupclip": "groove-cosine",
    "groove-autoencoder": "groove-cosine",
    "untrained-autoencoder": "groove-cosine",
    "ipic-intra": "ipic",
    "ipic-intra-snn": "ipic",
    "untrained": "ipic",
    "match-once-snn": "match-once-ot",
    "factorcl-ssl": "factorcl-sup",
    "groove-permuted": "groove-cosine",
}
"""Variants and controls have the setting of the full model, so that only what they vary differs."""


def calibrated(name: str, tuning: Tuning = "same") -> dict[str, Any]:
    """Parameters that the search of a learner found; none if there was no search for that.

    Args:
        name: the learner's short name.
        tuning: what the search was for.

    >>> sorted(calibrated("ps"))
    ['lr', 'standardise', 'steps']
    >>> calibrated("ipic-intra") == calibrated("ipic"), calibrated("lda")
    (True, {})
    """
    return dict(_found(_LIKE.get(name, name), tuning))


def searched(tuning: Tuning) -> bool:
    """Tell whether any learner was searched for that purpose.

    >>> searched("disjoint")
    True
    """
    return any((CALIBRATION / tuning).glob("*.json"))


@cache
def _found(name: str, tuning: Tuning) -> dict[str, Any]:
    path = CALIBRATION / tuning / f"{name}.json"
    if not path.exists():
        return {}
    search = json.loads(path.read_text(encoding="utf-8"))
    return {**search["spec"]["fixed"], **search["best"]["params"]}
