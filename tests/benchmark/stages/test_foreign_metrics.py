"""Metrics of another package: they join a warm store, and their failures are those of a score."""

import sys
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from tests.benchmark.cli.test_cli import bench, inside
from weakpair.vocabulary.metrics import METRICS

__all__ = ["inside"]

RUN = (
    *("run", "--grid", "smoke", "--workers", "0", "--learners", "pca"),
    *("--aligners", "labeled-eot", "--set", "imputer.kind=mean", "--tasks", "matching,imputation"),
)
POINTS = ("spread-of-plans", "largest-error", "unloadable")
SOURCE = """
import numpy as np
from weakpair.vocabulary.metrics import Metric

PLANS = Metric(
    name="spread-of-plans", target="their_metrics:entries", summary="entries of the plan",
    label="Plan entries", task="matching", higher_is_better=False, ranked=False,
)
ERROR = Metric(
    name="largest-error", target="their_metrics:largest", summary="the largest error",
    label="Largest error", task="imputation", higher_is_better=False, fixed=(("power", 1.0),),
)


def entries(case):
    return float(np.prod(case.plan.shape))


def largest(case, power):
    return np.abs(case.truth - case.prediction).max() ** power
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package with a metric of plans, one of predictions, and a broken one."""
    home = tmp_path / "site"
    info = home / "their_metrics-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-metrics\nVersion: 1.0\n")
    values = ("their_metrics:PLANS", "their_metrics:ERROR", "their_metrics:GONE")
    lines = [f"{name} = {value}" for name, value in zip(POINTS, values, strict=True)]
    (info / "entry_points.txt").write_text("\n".join(["[weakpair.metrics]", *lines, ""]))
    (home / "their_metrics.py").write_text(SOURCE)
    return home


def install(package: Path, patch: pytest.MonkeyPatch) -> None:
    """Let this process and its children find the package, as one that has just started would."""
    patch.setattr(sys, "path", [*sys.path, str(package)])
    patch.setattr(METRICS, "_entries", dict(METRICS._entries))
    patch.setattr(METRICS, "_broken", {})
    patch.setattr(METRICS, "_discovered", False)


def scores() -> pd.Series:
    frame = pd.read_parquet("runs/smoke/results.parquet")
    return frame.set_index(["task", "metric", "fold"])["value"].sort_index()


def computed() -> Counter[str]:
    """Number of stages of each kind that the last run computed."""
    stages = pd.read_parquet("runs/smoke/stages.parquet")
    return Counter(stages[stages["status"] == "done"]["kind"])


def test_a_metric_of_another_package_joins_a_warm_store(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench(*RUN)
    before = scores()
    install(package, monkeypatch)
    said = bench(*RUN)
    assert "warning: not scored: metric 'unloadable' cannot be loaded" in said
    assert computed() == {"score": 4}
    after = scores()
    assert set(after.index) - set(before.index) == {
        (task, metric, fold)
        for task, metric in (("matching", POINTS[0]), ("imputation", POINTS[1]))
        for fold in ("fold-0", "fold-1")
    }
    assert after[before.index].equals(before)
    assert (after["matching", POINTS[0]] == 100.0**2).all()
    assert (after["imputation", POINTS[1]] > 0).all()
    assert "their_metrics" not in sys.modules  # scored in a process of its own
    heads = bench("report", "runs/smoke", "--task", "imputation", "--format", "markdown")
    head = next(line for line in heads.splitlines() if "MSE" in line)
    assert head.index("WD") < head.index("Largest error ↓")
    assert "0 computed" in bench(*RUN)


def test_another_version_of_its_source_is_another_metric(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(package, monkeypatch)
    before = METRICS.versions("matching")[POINTS[0]]
    assert str(before).startswith("1+")
    (package / "their_metrics.py").write_text(SOURCE.replace("np.prod", "np.sum"))
    assert METRICS.versions("matching")[POINTS[0]] != before


def test_a_metric_that_raises_is_a_failure_of_its_score_alone(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raising = "    raise RuntimeError('no\\nway')\n"
    broken = SOURCE.replace("    return np.abs", f"{raising}    return np.abs")
    (package / "their_metrics.py").write_text(broken)
    install(package, monkeypatch)
    bench(*RUN, "--isolate", "never", code=1)
    sys.modules.pop("their_metrics")
    stages = pd.read_parquet("runs/smoke/stages.parquet").query("status == 'failed'")
    line = "metric 'largest-error' (their_metrics:largest) raised RuntimeError: no"
    assert stages["kind"].tolist() == ["score"] * 2
    assert stages["error"].tolist() == [line] * 2
    assert set(scores().index.get_level_values("task")) == {"matching"}


@pytest.mark.slow
def test_a_metric_that_ends_its_process_ends_no_run(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deadly = "    import os; os._exit(0)\n    return float"
    (package / "their_metrics.py").write_text(SOURCE.replace("    return float", deadly))
    install(package, monkeypatch)
    bench(*RUN, code=1)
    stages = pd.read_parquet("runs/smoke/stages.parquet").query("status == 'failed'")
    assert stages["kind"].tolist() == ["score"] * 2
    assert stages["error"].str.contains("ended with exit code 0").all()
    assert set(scores().index.get_level_values("task")) == {"imputation"}


@pytest.mark.parametrize(
    ("given", "words"),
    [("task='match'", "unknown task 'match'; known: matching, imputation, surrogate, probe")],
)
def test_a_wrong_description_is_named(
    package: Path, monkeypatch: pytest.MonkeyPatch, given: str, words: str
) -> None:
    (package / "their_metrics.py").write_text(SOURCE.replace('task="matching"', given))
    install(package, monkeypatch)
    assert words in METRICS.broken()[POINTS[0]]
    assert POINTS[0] not in METRICS.versions("matching")
