"""What plans and predictions are scored by."""

from benchmark.metrics.registry import (
    METRICS,
    Metric,
    Score,
    get,
    names,
    score_imputation,
    score_matching,
)

__all__ = ["METRICS", "Metric", "Score", "get", "names", "score_imputation", "score_matching"]
