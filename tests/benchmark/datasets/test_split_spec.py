"""How splits are spelt, and what is said about wrong ones."""

import pytest

from benchmark.datasets.splits import SplitSpec, parse_split
from benchmark.datasets.splitter import make_split
from tests.benchmark.datasets.toys import toy
from weakpair.errors import ConfigError
from weakpair.specs import parse


def test_how_the_command_line_spells_splits() -> None:
    assert parse_split("kfold") == SplitSpec(kind="kfold", folds=5)
    assert parse_split("kfold:10") == SplitSpec(kind="kfold", folds=10)
    assert parse_split("holdout") == SplitSpec(kind="holdout", test_size=0.2)
    assert parse_split("holdout:0.3/overlap=0.25").overlap == 0.25
    assert parse_split("lopo:20") == SplitSpec(kind="lopo", sample=20)
    assert parse_split("column:is_train") == SplitSpec(kind="column", column="is_train")
    assert parse_split("lopo/disjoint") == SplitSpec(kind="lopo", training_cells="disjoint")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kfld", "kind: Input should be 'holdout', 'kfold', 'lopo' or 'column'"),
        ("kfold:1", "folds: Input should be greater than or equal to 2"),
        ("kfold:x", "folds: Input should be a valid integer"),
        ("holdout:1.5", "test_size: Input should be less than 1"),
        ("lopo:1", "sample: Input should be greater than or equal to 2"),
        ("", "write holdout, holdout:0.2, kfold, kfold:5, lopo, lopo:20 or column:NAME"),
        ("column", "column:NAME"),
        ("kfold/half", "'same', 'disjoint', 'overlap=f'"),
        ("kfold/overlap=1.2", "0 ≤ f ≤ 1"),
        ("kfold/same=0", "'same=f' with 0 < f ≤ 1"),
    ],
)
def test_wrong_splits_end_in_one_line(text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_split(text)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unknown_keys_suggest_the_nearest() -> None:
    with pytest.raises(ConfigError, match="unknown key of a split 'fold'; did you mean 'folds'"):
        SplitSpec.model_validate({"fold": 3})
    with pytest.raises(ValueError, match="lopo has one fold per perturbation"):
        SplitSpec(kind="lopo", repeats=2)
    with pytest.raises(ValueError, match="others that test"):
        SplitSpec(kind="column", column="x", train=("a", "b"), test=("b",))
    with pytest.raises(ValueError, match="sample is one of lopo, not of kfold"):
        SplitSpec(sample=3)


def test_a_sample_of_perturbations_is_named_in_results_and_nowhere_else() -> None:
    """Keys from before samples stay."""
    assert "sample" not in SplitSpec(kind="lopo").plain()
    assert SplitSpec(kind="lopo", sample=3).plain()["sample"] == 3
    assert SplitSpec(kind="lopo", sample=3).words == "lopo:3"


@pytest.mark.parametrize("words", ["decoys", "decoys=0", "decoys=-1", "decoys=11", "pairs", ""])
def test_test_cells_that_nobody_knows_are_one_line(words: str) -> None:
    with pytest.raises(ConfigError, match=r"unknown test cells .*known: 'paired' or 'decoys=f'"):
        parse(SplitSpec, {"test_cells": words}, "split")


def test_paired_test_cells_go_without_saying() -> None:
    """Keys from before decoys stay."""
    assert "test_cells" not in SplitSpec().plain()
    assert SplitSpec(test_cells="decoys=0.5").plain()["test_cells"] == "decoys=0.5"
    assert SplitSpec(test_cells="decoys=0.5").words == "kfold+decoys=0.5"


def test_unpaired_data_have_no_decoys() -> None:
    with pytest.raises(ConfigError, match="needs true pairs, but the data are not paired"):
        make_split(toy({"a": 9, "b": 9}, paired=False), SplitSpec(test_cells="decoys=1"), 0)
