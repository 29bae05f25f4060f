"""Laws: every metric says what it is; a score without a value says why; the list loads fast."""

import subprocess
import sys

import pytest

from benchmark.metrics import METRICS, Score, get, names
from weakpair.errors import UnknownNameError


def test_names_and_labels_are_the_papers() -> None:
    labels = {name: metric.label for name, metric in METRICS.items()}
    assert labels == {
        "trace": "Trace",
        "foscttm": "Bary. FOSCTTM",
        "mse": "MSE",
        "cos-sim": "Cos-sim",
        "knn-recall": "KNN Recall",
        "knn-pr": "KNN PR",
        "knn-roc": "KNN ROC",
        "wd": "WD",
    }
    assert names("matching") + names("imputation") == names()
    assert {name for name in names() if not get(name).higher_is_better} == {"foscttm", "mse", "wd"}
    assert [name for name in names() if not get(name).needs_pairing] == ["wd"]


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="unknown metric 'fosctm'; did you mean 'foscttm'"):
        get("fosctm")


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
