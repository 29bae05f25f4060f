"""Small results written by hand, for tests to rank by hand."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

HIGHER = {"foscttm": False, "mse": False, "wd": False}
IMPUTATION = ("mse", "cos-sim", "knn-recall", "knn-pr", "knn-roc", "wd")


def row(learner: str, aligner: str, metric: str, value: float, **changes: Any) -> dict[str, Any]:
    """One row of tidy results; whatever a test does not care about has a plain value."""
    fold = str(changes.get("fold", "0"))
    plain = {
        "dataset": "digits",
        "variant": "",
        "split": "kfold",
        "training_cells": "same",
        "replicate": 0,
        "fold": fold,
        "learner": learner,
        "aligner": aligner,
        "role": "method",
        "task": "matching",
        "metric": metric,
        "value": value,
        "higher_is_better": HIGHER.get(metric, True),
        "converged": True,
        "seed": 0,
        "score_key": f"{learner}/{aligner}/{fold}",
    }
    return plain | changes


Scores = Mapping[tuple[str, str], Mapping[str, Sequence[float | None]]]


def results(scores: Scores, roles: Mapping[str, str] | None = None, **changes: Any) -> pd.DataFrame:
    """Combination → metric → one value per fold; None where the fold has no row."""
    roles = roles or {}
    rows = [
        row(*name, metric, value, fold=str(fold), role=roles.get("+".join(name), "method"))
        for name, metrics in scores.items()
        for metric, values in metrics.items()
        for fold, value in enumerate(values)
        if value is not None
    ]
    return pd.DataFrame(rows).assign(**changes)


def mixed() -> pd.DataFrame:
    """A bit of everything: an incomplete and an open plan, a baseline, a control, an oracle."""
    frame = results(
        {
            ("groove-cosine", "labeled-eot"): {"trace": [0.50, 0.60], "foscttm": [0.10, 0.12]},
            ("groove-cosine", "eot"): {"trace": [0.40, 0.44], "foscttm": [0.20, 0.18]},
            ("pca", "eot"): {"trace": [0.30, 0.28], "foscttm": [0.09, 0.11]},
            ("ps", "eot"): {"trace": [0.35, None], "foscttm": [0.30, None]},
            ("-", "uniform"): {"trace": [0.01, 0.01], "foscttm": [0.50, 0.50]},
            ("-", "oracle"): {"trace": [1.0, 1.0], "foscttm": [0.0, 0.0]},
        },
        roles={"pca+eot": "baseline", "-+uniform": "control", "-+oracle": "oracle"},
    )
    frame["converged"] = ~((frame["learner"] == "groove-cosine") & (frame["aligner"] == "eot"))
    return frame


def wide() -> pd.DataFrame:
    """Six metrics, as the imputation tables have them."""
    scores = {
        (learner, aligner): {
            metric: [0.1 * (i + 1) + 0.01 * fold + 0.002 * j for fold in range(3)]
            for i, metric in enumerate(IMPUTATION)
        }
        for j, (learner, aligner) in enumerate(
            [("groove-cosine", "labeled-egwot"), ("groove-tdist", "labeled-coot"), ("ps", "eot")]
        )
    }
    return results(scores).assign(task="imputation")
