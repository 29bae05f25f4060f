"""Laws of metrics of all pairs of cells: a part of many cells stands for them, and it is told."""

from math import isnan
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tables
from benchmark.metrics.cases import ImputationCase, MatchingCase
from benchmark.metrics.scoring import scores
from tables.results import checked
from tests.benchmark.metrics.plans import dense
from tests.benchmark.written_grids import results_of
from weakpair.vocabulary.metrics import METRICS
from weakpair.vocabulary.tasks import Task

N = 300


def matching() -> MatchingCase:
    rng = np.random.default_rng(0)
    weights = rng.gamma(0.1, size=(N, N)) + 0.3 * np.eye(N)
    x = rng.normal(size=(N, 4))
    return MatchingCase.of(dense(weights), x, x, (np.arange(N), np.arange(N)))


def imputation() -> ImputationCase:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(N, 6))
    return ImputationCase.of(truth, truth + rng.normal(size=(N, 6)), 10, paired=True)


@pytest.mark.parametrize("case", [matching(), imputation()])
def test_only_metrics_of_all_pairs_look_at_a_part(case: MatchingCase | ImputationCase) -> None:
    metrics = METRICS.of("matching" if isinstance(case, MatchingCase) else "imputation")
    whole, part = scores(case, metrics), scores(case, metrics, most=100)
    assert {m.name for m in metrics if m.quadratic}
    for metric, all_of_them, some in zip(metrics, whole, part, strict=True):
        assert not isnan(some.value)
        if metric.quadratic:
            assert some.note == "on 100 of 300 cells, evenly taken"
            assert some.value != all_of_them.value
        else:
            assert some == all_of_them
    assert scores(case, metrics, most=N) == whole


def test_a_part_estimates_the_whole() -> None:
    metric = METRICS.entry("foscttm")
    (whole,), (part,) = scores(matching(), [metric]), scores(matching(), [metric], most=150)
    assert part.value == pytest.approx(whole.value, abs=0.05)


def run(tmp_path: Path, most: int) -> pd.DataFrame:
    return results_of(
        tmp_path,
        "datasets: [digits]\nsplits: [holdout]\nlearners: [lda]\naligners: [labeled-eot]\n"
        f"tasks: [matching, imputation]\nimputer: {{kind: ridge}}\nscore_cells: {most}\n",
        name=f"run{most}",
    )


def test_a_grid_bounds_the_cells_and_the_caption_says_so(tmp_path: Path) -> None:
    """Sets with fewer cells do not know of the bound: their scores keep their keys."""
    few, many, more = (run(tmp_path, most) for most in (100, 5000, 6000))
    pd.testing.assert_frame_equal(many, more)
    assert set(few["score_key"]).isdisjoint(many["score_key"])
    assert set(few.loc[few["note"] != "", "metric"]) == {
        *("foscttm", "knn-recall", "knn-pr", "knn-roc")
    }
    tasks: tuple[Task, ...] = ("matching", "imputation")
    captions = [table.caption for task in tasks for table in tables.build(checked(few), task)]
    assert any(
        "KNN Recall, KNN PR, KNN ROC: on 100 of 400 cells, evenly taken" in one for one in captions
    )
    assert any("Bary. FOSCTTM: on 100 of 400 cells" in one for one in captions)
