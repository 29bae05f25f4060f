"""Shares of the gap over data sets: which combination in general."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tables
from tables import figures
from tables.inference.aggregate import aggregates
from tests.tables.examples import results
from weakpair.errors import DataError

JITTER = np.array([0.01, -0.01, 0.005, -0.005, 0.0])
ROLES = {"-+uniform": "control", "paired-cca+eot": "oracle", "pca+eot": "baseline"}


def dataset(
    name: str, ps: float, pca: float, ceiling: float = 0.5, **changes: object
) -> pd.DataFrame:
    """A data set with its floor at 0.1, whose ceiling is by 0.4 higher."""
    means = {
        ("-", "uniform"): 0.1,
        ("paired-cca", "eot"): ceiling,
        ("ps", "eot"): ps,
        ("pca", "eot"): pca,
    }
    scores = {key: {"trace": (mean + JITTER).tolist()} for key, mean in means.items()}
    return results(scores, ROLES, dataset=name, **changes)


def several() -> pd.DataFrame:
    frames = [dataset("one", 0.3, 0.2), dataset("two", 0.5, 0.2), dataset("three", 0.2, 0.3)]
    return pd.concat([*frames, dataset("blunt", 0.3, 0.1, ceiling=0.1)])


def test_shares_are_averaged_over_the_data_sets_that_have_a_gap() -> None:
    (table,) = tables.aggregate_tables(several(), "matching")
    assert [row.cells[0].display for row in table.rows] == ["ps + eot", "pca + eot"]
    assert [row.cells[1].value for row in table.rows] == pytest.approx(
        [(0.5 + 1 + 0.25) / 3, (0.25 + 0.25 + 0.5) / 3]
    )
    assert [column.name for column in table.columns][5:] == ["one", "two", "three"]
    assert "over 3 data sets (one, two, three)" in table.caption
    assert "Left out: blunt: cannot rank here" in table.caption
    assert table.rows[0].cells[1].n == 3


def test_ranks_are_by_the_mean_share_and_uncertain_as_the_data_sets_are() -> None:
    """ps leads on two of three data sets: a resample that has the third thrice turns the order."""
    (found,) = aggregates(several(), "matching")
    best, other = found.intervals().values()
    assert (best.mean_rank, best.lower, best.upper) == (1, 1, 2)
    assert (other.mean_rank, other.lower, other.upper) == (2, 1, 2)
    sure = pd.concat([dataset("one", 0.3, 0.2), dataset("two", 0.5, 0.2)])
    (always,) = aggregates(sure, "matching")
    assert [(i.lower, i.upper) for i in always.intervals().values()] == [(1, 1), (2, 2)]


def test_variants_count_once_and_who_lacks_a_data_set_stands_apart() -> None:
    variants = [dataset("one", 0.3, 0.2, variant="low"), dataset("one", 0.5, 0.2, variant="high")]
    other = dataset("two", 0.5, 0.2)
    lacking = other[other["learner"] != "pca"]
    (table,) = tables.aggregate_tables(pd.concat([*variants, lacking]), "matching")
    assert [group.label for group in table.groups] == ["", "not on every data set"]
    assert table.rows[0].cells[1].value == pytest.approx((0.75 + 1) / 2)
    assert table.rows[1].cells[2].display == "–"
    assert table.rows[1].cells[6].display == "–"


def test_protocols_are_not_mixed() -> None:
    frame = pd.concat([several(), several().assign(training_cells="disjoint")])
    made = tables.aggregate_tables(frame, "matching")
    assert [table.title.rsplit(", ", 1)[1] for table in made] == [
        "same training cells",
        "disjoint training cells",
    ]


def test_a_dot_per_data_set(tmp_path: Path) -> None:
    drawing = figures.datasets(several(), "matching", top=1)
    (panel,) = drawing.figure.axes
    labels = [line.get_label() for line in panel.lines]
    assert labels[:4] == ["one", "two", "three", "mean"]
    shares = [float(np.ravel(np.asarray(line.get_xdata()))[0]) for line in panel.lines[:3]]
    assert shares == pytest.approx([0.5, 1, 0.25])
    assert drawing.save(tmp_path / "datasets.svg").stat().st_size > 0


def test_without_a_gap_there_is_no_figure() -> None:
    with pytest.raises(DataError, match="no data set has a gap"):
        figures.datasets(dataset("blunt", 0.3, 0.1, ceiling=0.1), "matching")
