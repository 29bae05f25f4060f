"""Words that harness and tables share: one reading of each, and none that is unknown passes."""

from math import nan

import pytest

from benchmark.runs.results import GAP_SCHEMA, RESULT_SCHEMA
from weakpair.errors import DataError
from weakpair.vocabulary import columns
from weakpair.vocabulary.splits import (
    SPLIT_KINDS,
    TrainingCells,
    nadeau_bengio_ratio,
    ratio_of,
    split_in_print,
)


@pytest.mark.parametrize("words", ["same=0", "same=2", "same=", "odd", "overlap", "overlap=x", ""])
def test_unknown_training_cells_are_named(words: str) -> None:
    with pytest.raises(DataError, match=f"unknown training cells '{words}'; known: 'same'"):
        TrainingCells.parse(words)


@pytest.mark.parametrize(
    ("words", "overlap", "used"),
    [("same", 1, 1), ("same=0.25", 1, 0.25), ("disjoint", 0, 1), ("overlap=0", 0, 1)],
)
def test_training_cells_are_shares(words: str, overlap: float, used: float) -> None:
    assert TrainingCells.parse(words) == TrainingCells(overlap, used)


def test_an_unknown_kind_of_split_is_no_k_fold() -> None:
    line = "unknown kind of split 'by-donor': .* known: holdout, kfold, lopo"
    with pytest.raises(DataError, match=line):
        nadeau_bengio_ratio("by-donor", 5, {}, known=nan)
    with pytest.raises(DataError, match=line):
        ratio_of("by-donor", 5, 0.2)
    assert split_in_print("by-donor") == "by-donor"
    assert {split_in_print(kind) for kind in SPLIT_KINDS}.isdisjoint({"kfold", "lopo"})


def test_settings_and_number_of_folds_tell_the_same_ratio() -> None:
    for folds in (2, 3, 5, 7):
        assert nadeau_bengio_ratio("kfold", folds, {}, known=nan) == pytest.approx(
            ratio_of("kfold", folds, 0.2)
        )


def test_a_ratio_of_replicates_is_shared_by_them() -> None:
    one = nadeau_bengio_ratio("kfold", 5, {}, known=nan)
    assert nadeau_bengio_ratio("kfold", 5, {}, known=nan, replicates=4) == one / 4
    assert nadeau_bengio_ratio("holdout", 8, {}, known=0.5, replicates=2) == 0.25


def test_a_run_writes_the_columns_that_tables_read() -> None:
    assert tuple(RESULT_SCHEMA.names) == tuple(columns.RESULTS)
    assert tuple(GAP_SCHEMA.names) == tuple(columns.GAPS)
    assert {*columns.REQUIRED, *columns.OPTIONAL, *columns.KEY, *columns.PLACE} <= {
        *columns.RESULTS
    }
    assert {*columns.CELL, "role", "task", "status", "error"} <= {*columns.GAPS}
