"""Curves against the share of cells seen twice and against epsilon."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from tables.figures.lines import overlap, sensitivity
from tests.tables.test_figures import overlaps
from weakpair.errors import DataError, UnknownNameError

REPLICATES = 4


def rows(learner: str, aligner: str, cells: str, mean: float) -> pd.DataFrame:
    spread = np.linspace(-0.03, 0.03, REPLICATES)
    return pd.DataFrame(
        {
            "dataset": "simulation",
            "variant": "shared=0.8",
            "split": "holdout",
            "training_cells": cells,
            "replicate": range(REPLICATES),
            "fold": "holdout-0",
            "learner": learner,
            "aligner": aligner,
            "role": "method",
            "task": "matching",
            "metric": "trace",
            "value": mean + spread,
            "higher_is_better": True,
            "converged": True,
            "score_key": [f"{learner}{aligner}{cells}{r}" for r in range(REPLICATES)],
        }
    )


def test_a_line_runs_from_disjoint_to_the_same_cells_through_the_means() -> None:
    means = {"same": 0.9, "overlap=0.5": 0.6, "disjoint": 0.2}
    results = pd.concat([rows("ps", "labeled-eot", cells, mean) for cells, mean in means.items()])
    drawing = overlap(results, aligner="labeled-eot")
    (line,) = drawing.figure.axes[0].get_lines()
    assert line.get_xdata() == pytest.approx([0, 0.5, 1])
    assert line.get_ydata() == pytest.approx([0.2, 0.6, 0.9])
    assert "disjoint" in drawing.caption


def test_a_panel_per_learner_and_a_line_per_scale() -> None:
    names = {
        f"labeled-eot(epsilon={epsilon}, scale={scale})": value
        for scale, shift in (("max", 0.0), ("mean", 0.1))
        for epsilon, value in ((0.05, 0.2 + shift), (0.005, 0.4 + shift))
    }
    results = pd.concat(
        [
            rows(learner, name, "same", value)
            for learner in ("ps", "lda")
            for name, value in {**names, "eot(epsilon=0.1)": 0.9, "labeled-eot": 0.7}.items()
        ]
    )
    figure = sensitivity(results, aligner="labeled-eot").figure
    assert [panel.get_title() for panel in figure.axes] == ["ps", "lda"]
    lines = {str(line.get_label()): line for line in figure.axes[0].get_lines()}
    assert set(lines) == {"max", "mean"}
    assert lines["mean"].get_xdata() == pytest.approx([0.005, 0.05])
    assert lines["mean"].get_ydata() == pytest.approx([0.5, 0.3])
    assert figure.axes[0].get_xscale() == "log"


def test_one_point_is_no_curve() -> None:
    results = rows("ps", "labeled-eot", "same", 0.5)
    with pytest.raises(DataError, match="fewer than two kinds of training cells"):
        overlap(results, aligner="labeled-eot")
    with pytest.raises(DataError, match="fewer than two settings"):
        sensitivity(results, aligner="labeled-eot")
    with pytest.raises(UnknownNameError, match="metric 'tracee'"):
        overlap(results, metric="tracee", aligner="labeled-eot")


@pytest.mark.parametrize(
    "values",
    [(0.005, 0.05), (0.004, 0.005), (0.001, 0.002, 0.003, 0.004, 0.005, 0.05), (0.05, 0.2, 0.9)],
)
def test_labels_of_few_values_on_a_logarithmic_axis_do_not_collide(
    values: tuple[float, ...],
) -> None:
    names = {f"labeled-eot(epsilon={x:g}, scale=max)": 0.1 for x in values}
    results = pd.concat([rows("lda", name, "same", y) for name, y in names.items()])
    figure = sensitivity(results, aligner="labeled-eot").figure
    assert overlaps(figure) == []
    (axes,) = figure.axes
    shown = [float(label.get_text()) for label in axes.get_xticklabels()]
    assert [shown[0], shown[-1]] == pytest.approx([values[0], values[-1]])
    assert set(shown) <= set(values)
    places = [label.get_window_extent() for label in axes.get_xticklabels()]
    assert all(one.x1 < other.x0 for one, other in pairwise(places))
    assert axes.get_xticklabels(minor=True) == []


def test_a_line_never_averages_splits_cells_or_targets() -> None:
    names = ["labeled-eot(epsilon=0.1)", "labeled-eot(epsilon=0.5)"]
    one = pd.concat([rows("ps", name, "same", 0.5) for name in names])
    for change in ({"split": "kfold"}, {"training_cells": "disjoint"}, {"target": 2}):
        other = one.assign(value=one["value"] + 0.2, **change)
        panels = sensitivity(pd.concat([one, other]), aligner="labeled-eot").figure.axes
        means = [panel.get_lines()[0].get_ydata() for panel in panels]
        assert means == [pytest.approx([0.5, 0.5]), pytest.approx([0.7, 0.7])]
        assert len({panel.get_title() for panel in panels}) == 2
