"""Folds that somebody chooses: a sample of perturbations, or what a column says."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from benchmark.datasets import Dataset
from tests.benchmark.datasets.test_splits import CELLS, GROUPS, SEEDS, cells, laws, parts, split
from tests.benchmark.datasets.toys import toy
from weakpair.errors import ConfigError


@laws
@given(GROUPS, SEEDS, CELLS)
def test_a_sample_of_perturbations_is_part_of_a_larger_one_with_the_same_folds(
    groups: dict[str, int], seed: int, training: str
) -> None:
    dataset = toy(groups)
    every = split(dataset, seed, kind="lopo", training_cells=training).folds
    known = {fold.name: parts(fold) for fold in every}
    before: set[str] = set()
    for count in range(2, len(groups) + 1):
        found = split(dataset, seed, kind="lopo", sample=count, training_cells=training).folds
        names = [fold.name for fold in found]
        assert len(names) == count
        assert names == sorted(names)
        assert before <= set(names)
        before = set(names)
        for fold in found:
            for one, other in zip(parts(fold), known[fold.name], strict=True):
                np.testing.assert_array_equal(one, other)


def with_column(dataset: Dataset, name: str, values: dict[str, str]) -> Dataset:
    """The data set with a metadata column that depends on the cell's id."""
    one, two = (
        replace(side, obs=side.obs.assign(**{name: [values[cell] for cell in side.ids.tolist()]}))
        for side in (dataset.modality1, dataset.modality2)
    )
    return replace(dataset, modality1=one, modality2=two)


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("training", ["same", "disjoint"])
def test_a_column_says_which_cells_train_and_which_test(paired: bool, training: str) -> None:
    dataset = toy({"a": 30, "b": 30}, paired=paired, alone=(3, 4))
    rng = np.random.default_rng(0)
    every = sorted({*dataset.modality1.ids.tolist(), *dataset.modality2.ids.tolist()})
    values = dict(zip(every, rng.choice(["train", "test", "val"], len(every)), strict=True))
    data = with_column(dataset, "part", values)
    found = split(data, kind="column", column="part", training_cells=training)
    (fold,) = found.folds
    assert fold.name == "column"
    train1, test1, train2, test2 = cells(data, fold)
    for wanted, part in (("train", train1), ("test", test1), ("train", train2), ("test", test2)):
        assert {values[cell] for cell in part} == {wanted}
    both = set(data.modality1.ids) & set(data.modality2.ids)
    assert test1 == test2 or not paired
    if training == "same":
        assert train1 == {cell for cell in data.modality1.ids if values[cell] == "train"}
        assert train2 == {cell for cell in data.modality2.ids if values[cell] == "train"}
    elif paired:
        assert not train1 & train2 & both
    assert found.spec.words == "column"
    swapped = split(data, kind="column", column="part", train=("val",), test=("train", "test"))
    assert {values[cell] for cell in cells(data, swapped.folds[0])[0]} == {"val"}


def test_a_column_that_splits_nothing_is_one_line() -> None:
    dataset = toy({"a": 9, "b": 9})
    every = dataset.modality1.ids.tolist()
    with pytest.raises(ConfigError, match="no metadata column 'part' to split by; there are none"):
        split(dataset, kind="column", column="part")
    data = with_column(dataset, "part", dict.fromkeys(every, "train"))
    with pytest.raises(ConfigError, match="of the true pairs has no 'test'; it has 'train'"):
        split(data, kind="column", column="part")
    odd = with_column(dataset, "part", {**dict.fromkeys(every, "train"), every[0]: "test"})
    mixed = replace(data, modality2=odd.modality2)
    with pytest.raises(ConfigError, match="says otherwise of a cell in modality 1"):
        split(mixed, kind="column", column="part")
