"""Laws: every metric says what it is; a score without a value says why; the list loads fast."""

import subprocess
import sys

import pytest

from benchmark.metrics import Score
from weakpair.errors import UnknownNameError
from weakpair.vocabulary.metrics import METRICS
from weakpair.vocabulary.tasks import TASKS


def test_names_and_labels_are_the_papers() -> None:
    labels = {metric.name: metric.label for metric in METRICS}
    assert labels == {
        "trace": "Trace",
        "foscttm": "Bary. FOSCTTM",
        "latent-mse": "Latent MSE",
        "drawn-foscttm": "Drawn FOSCTTM",
        "mse": "MSE",
        "cos-sim": "Cos-sim",
        "knn-recall": "KNN Recall",
        "knn-pr": "KNN PR",
        "knn-roc": "KNN ROC",
        "wd": "WD",
        "r2": "R²",
        "r2-median": "Median R²",
        "w1": "W1",
        "kl-1": "KL (k=1)",
        "kl-5": "KL (k=5)",
        "hidden-label": "Hidden label",
        "structure": "Structure",
        "cycle": "Cycle",
        "stability": "Stability",
        "held-out": "Held out",
        "held-out-energy": "Held-out energy",
        "evidence": "Evidence",
        "treatment-accuracy": "Treatment acc.",
        "task-accuracy": "Task acc.",
        "treatment-accuracy-1": "Treatment acc. 1",
        "treatment-accuracy-2": "Treatment acc. 2",
        "task-accuracy-1": "Task acc. 1",
        "task-accuracy-2": "Task acc. 2",
        "perturbation-consistency": "Consistency",
        "ilisi": "iLISI",
        "ilisi-1": "iLISI 1",
        "ilisi-2": "iLISI 2",
    }
    assert {metric.task for metric in METRICS} == set(TASKS)
    unasked = [metric.name for metric in METRICS if not metric.asked]
    assert [metric.name for task in TASKS for metric in METRICS.of(task)] == unasked
    lower = {metric.name for metric in METRICS if not metric.higher_is_better}
    assert lower == {*("foscttm", "latent-mse", "drawn-foscttm", "mse", "wd", "w1", "kl-1", "kl-5")}
    paired = [*METRICS.of("matching"), *METRICS.of("imputation")]
    assert [metric.name for metric in paired if not metric.needs_pairing] == ["wd"]
    for task in ("surrogate", "probe"):
        assert not any(metric.needs_pairing for metric in METRICS.of(task))


def test_every_description_leads_to_a_function() -> None:
    assert all(callable(metric.found()) for metric in METRICS)


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="unknown metric 'fosctm'; did you mean 'foscttm'"):
        METRICS.entry("fosctm")


def test_a_score_without_value_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="trace: a value of NaN needs a note"):
        Score("trace", float("nan"), True)


def test_listing_metrics_imports_neither_torch_nor_scikit_learn() -> None:
    code = (
        "import sys, benchmark.metrics, benchmark.imputation;"
        "print(sorted({'torch', 'sklearn', 'scipy', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
