"""Cases of the probe: embedded cells and pairs with their labels."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from benchmark.probing import ProbeSpec

View = Literal["both", "1", "2"]
VIEWS: tuple[View, ...] = ("both", "1", "2")
TREATMENT, DOWNSTREAM, BATCH = "treatment", "downstream", "batch"
_IN_WORDS = {TREATMENT: "treatment", DOWNSTREAM: "downstream label"}
Strings = NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class Embedded:
    """Embeddings (n, d), and labels (n,) by kind: treatment, downstream and batch where known."""

    x: NDArray[np.float32]
    labels: Mapping[str, Strings]


@dataclass(frozen=True)
class Probe:
    """A classifier's accuracy on test cells, or why it has none."""

    accuracy: float
    converged: bool = True
    undefined: str = ""


@dataclass(frozen=True, eq=False)
class ProbeCase:
    """Training and test cells: the pairs ("both") and each modality's own ("1", "2")."""

    train: Mapping[View, Embedded]
    test: Mapping[View, Embedded]
    spec: ProbeSpec = field(default_factory=ProbeSpec)
    paired: bool = False

    @cached_property
    def probes(self) -> Mapping[tuple[str, View], Probe]:
        """The classifier of every kind of label on every view."""
        return {
            (kind, view): probe(self.train[view], self.test[view], kind, self.spec)
            for kind in (TREATMENT, DOWNSTREAM)
            for view in VIEWS
        }

    @property
    def converged(self) -> bool:
        """Tell whether every classifier converged."""
        return all(found.converged for found in self.probes.values())


def probe(train: Embedded, test: Embedded, kind: str, spec: ProbeSpec) -> Probe:
    """Fit a logistic regression on training embeddings and score it on test embeddings.

    IPIC, section 4.2 and C.1. Test cells of a label without training cells count as errors.

    Args:
        train: cells to fit on.
        test: cells to score on.
        kind: which label is predicted.
        spec: the classifier's parameters.
    """
    if kind not in train.labels:
        return Probe(np.nan, undefined="not defined: the data set names no downstream label")
    word = _IN_WORDS[kind]
    known, wanted = np.unique(train.labels[kind]), test.labels[kind]
    if not len(wanted) or not np.isin(wanted, known).any():
        return Probe(np.nan, undefined=f"not defined: no test cell has a {word} of training cells")
    if len(known) < 2:
        return Probe(np.nan, undefined=f"not defined: all training cells have one {word}")
    accuracy, converged = _fitted(train.x, train.labels[kind], test.x, wanted, spec)
    return Probe(accuracy, converged)


def _fitted(
    x: NDArray[np.float32],
    labels: Strings,
    test: NDArray[np.float32],
    wanted: Strings,
    spec: ProbeSpec,
) -> tuple[float, bool]:
    """Accuracy on the test cells, and whether the classifier converged."""
    from sklearn.exceptions import ConvergenceWarning  # listing metrics must not take seconds
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    scaling = [StandardScaler()] if spec.standardise else []
    regression = LogisticRegression(C=spec.inverse_penalty, max_iter=spec.max_iter)
    model = make_pipeline(*scaling, regression)
    with warnings.catch_warnings():
        # Recorded below, for every classifier.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(x.astype(np.float64), labels)
    hits = model.predict(test.astype(np.float64)) == wanted
    return float(hits.mean()), bool((regression.n_iter_ < spec.max_iter).all())
