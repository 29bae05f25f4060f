"""Metrics: their functions, the cases they take, and scores computed with them.

Their descriptions stand in `weakpair.vocabulary.metrics`.
"""

from benchmark.metrics.cases import ImputationCase, MatchingCase, UndefinedScoreError
from benchmark.metrics.probe_cases import ProbeCase
from benchmark.metrics.scoring import Score, score_imputation, score_matching, score_probe

__all__ = [
    "ImputationCase",
    "MatchingCase",
    "ProbeCase",
    "Score",
    "UndefinedScoreError",
    "score_imputation",
    "score_matching",
    "score_probe",
]
