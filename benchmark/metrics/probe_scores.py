"""Metrics of embeddings: what is read off them linearly, how they mix. IPIC, section 4 and C."""

from collections.abc import Callable

from benchmark.metrics.cases import UndefinedScoreError
from benchmark.metrics.consistency import perturbation_consistency
from benchmark.metrics.lisi import ilisi
from benchmark.metrics.probe_cases import BATCH, TASK, TREATMENT, ProbeCase, View

Function = Callable[[ProbeCase], float]
_SINGLE: tuple[View, ...] = ("1", "2")


def accuracy(kind: str, view: View) -> Function:
    """Accuracy of a logistic regression that predicts a kind of label from a view; IPIC, C.1."""

    def score(case: ProbeCase) -> float:
        found = case.probes[kind, view]
        if found.undefined:
            raise UndefinedScoreError(found.undefined)
        return found.accuracy

    return score


def mixing(view: View) -> Function:
    """ILISI over batches of a view's test cells; IPIC, C.4."""

    def score(case: ProbeCase) -> float:
        cells = case.test[view]
        if BATCH not in cells.labels:
            raise UndefinedScoreError("not defined: the data set names no batch")
        if len(cells.x) < 2:
            raise UndefinedScoreError("not defined: a single cell has no neighbours")
        return ilisi(cells.x, cells.labels[BATCH], case.spec.neighbours)

    return score


def consistency(case: ProbeCase) -> float:
    """Perturbation consistency of the test pairs' embeddings side by side; IPIC, Eq. 11-14."""
    pairs = case.test["both"]
    return perturbation_consistency(pairs.x, pairs.labels[TREATMENT])


FUNCTIONS: tuple[tuple[str, str, str, str, Function], ...] = (
    (
        "treatment-accuracy",
        "Treatment acc.",
        "accuracy of a linear classifier of the treatment on pairs of embeddings",
        "IPIC, Tables 1 and 7",
        accuracy(TREATMENT, "both"),
    ),
    (
        "task-accuracy",
        "Task acc.",
        "accuracy of a linear classifier of the downstream label on pairs of embeddings",
        "IPIC, Tables 1 and 7",
        accuracy(TASK, "both"),
    ),
    *(
        (
            f"{kind}-accuracy-{view}",
            f"{kind.capitalize()} acc. {view}",
            f"{kind} accuracy on embeddings of modality {view} alone",
            "IPIC, C.2, Table 8",
            accuracy(kind, view),
        )
        for kind in (TREATMENT, TASK)
        for view in _SINGLE
    ),
    (
        "perturbation-consistency",
        "Consistency",
        "cosine similarity within treatments over that between treatments, pairs of embeddings",
        "IPIC, C.3, Eq. 11-14",
        consistency,
    ),
    (
        "ilisi",
        "iLISI",
        "effective number of batches among a cell's neighbours, pairs of embeddings",
        "IPIC, C.4, Table 10",
        mixing("both"),
    ),
    *(
        (
            f"ilisi-{view}",
            f"iLISI {view}",
            f"iLISI on embeddings of modality {view} alone",
            "IPIC, C.4, Table 10",
            mixing(view),
        )
        for view in _SINGLE
    ),
)
"""Name, heading, summary, source and function of every metric of the probe."""
