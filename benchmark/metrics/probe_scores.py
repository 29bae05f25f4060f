"""Metrics of embeddings: accuracies of linear classifiers, and mixing. IPIC, section 4 and C."""

from benchmark.metrics.cases import UndefinedScoreError
from benchmark.metrics.consistency import perturbation_consistency
from benchmark.metrics.lisi import ilisi
from benchmark.metrics.probe_cases import BATCH, TREATMENT, ProbeCase, View


def accuracy(case: ProbeCase, kind: str, view: View) -> float:
    """Accuracy of a logistic regression that predicts a kind of label from a view; IPIC, C.1.

    Raises:
        UndefinedScoreError: the data name no such label, or its test cells cannot be scored.
    """
    found = case.probes[kind, view]
    if found.undefined:
        raise UndefinedScoreError(found.undefined)
    return found.accuracy


def mixing(case: ProbeCase, view: View) -> float:
    """ILISI over batches of a view's test cells; IPIC, C.4.

    Raises:
        UndefinedScoreError: the data name no batch, or there is one test cell.
    """
    cells = case.test[view]
    if BATCH not in cells.labels:
        raise UndefinedScoreError("not defined: the data set names no batch")
    if len(cells.x) < 2:
        raise UndefinedScoreError("not defined: a single cell has no neighbours")
    return ilisi(cells.x, cells.labels[BATCH], case.spec.neighbours)


def consistency(case: ProbeCase) -> float:
    """Perturbation consistency of the test pairs' embeddings side by side; IPIC, Eq. 11-14."""
    pairs = case.test["both"]
    return perturbation_consistency(pairs.x, pairs.labels[TREATMENT])
