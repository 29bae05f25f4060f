"""What plans, predictions and embeddings are scored by."""

from benchmark.metrics.registry import (
    METRICS,
    Metric,
    Score,
    get,
    names,
    score_imputation,
    score_matching,
    score_probe,
)

__all__ = [
    "METRICS",
    "Metric",
    "Score",
    "get",
    "names",
    "score_imputation",
    "score_matching",
    "score_probe",
]
