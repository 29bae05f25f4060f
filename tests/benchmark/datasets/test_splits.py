"""The laws of splits."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from benchmark.datasets import Dataset
from benchmark.datasets.base import Rows
from benchmark.datasets.splits import Fold, Split, SplitSpec
from benchmark.datasets.splitter import make_split
from tests.benchmark.datasets.toys import toy
from weakpair.errors import ConfigError

GROUPS = st.dictionaries(st.sampled_from("abcdef"), st.integers(6, 23), min_size=2, max_size=5)
SEEDS = st.integers(0, 2**31)
OVERLAPS = st.floats(0, 1).map(lambda f: f"overlap={f:.3f}")
CELLS = st.one_of(st.sampled_from(["same", "disjoint"]), OVERLAPS)
KINDS = st.one_of(
    st.builds(
        lambda k, r: {"kind": "kfold", "folds": k, "repeats": r},
        st.integers(2, 4),
        st.integers(1, 2),
    ),
    st.builds(lambda s: {"kind": "holdout", "test_size": s}, st.floats(0.05, 0.6)),
    st.just({"kind": "lopo"}),
)
laws = settings(deadline=None, max_examples=60)


def split(dataset: Dataset, seed: int = 0, **spec: Any) -> Split:
    return make_split(dataset, SplitSpec(**spec), seed)


def parts(fold: Fold) -> tuple[Rows, Rows, Rows, Rows]:
    return fold.train1, fold.test1, fold.train2, fold.test2


def cells(dataset: Dataset, fold: Fold) -> list[set[str]]:
    """Ids of train1, test1, train2, test2."""
    sides = (dataset.modality1, dataset.modality1, dataset.modality2, dataset.modality2)
    return [set(side.ids[rows]) for side, rows in zip(sides, parts(fold), strict=True)]


@laws
@given(GROUPS, SEEDS, KINDS, CELLS)
def test_test_cells_are_paired_and_never_train(
    groups: dict[str, int], seed: int, kind: dict[str, Any], training: str
) -> None:
    dataset = toy(groups)
    for fold in split(dataset, seed, **kind, training_cells=training).folds:
        train1, test1, train2, test2 = cells(dataset, fold)
        assert test1 == test2
        assert not test1 & (train1 | train2)
        assert train1 | train2 | test1 == set(dataset.modality1.ids)
        assert all(len(set(rows)) == len(rows) and rows.dtype == np.int64 for rows in parts(fold))


@laws
@given(GROUPS, SEEDS, st.integers(2, 6), st.integers(1, 3))
def test_folds_partition_the_cells_and_are_stratified(
    groups: dict[str, int], seed: int, k: int, repeats: int
) -> None:
    dataset = toy(groups)
    folds = split(dataset, seed, kind="kfold", folds=k, repeats=repeats).folds
    assert [fold.name for fold in folds] == [f"fold-{i}" for i in range(k * repeats)]
    for repeat in range(repeats):
        tests = [fold.test1 for fold in folds[repeat * k : (repeat + 1) * k]]
        assert sorted(np.concatenate(tests)) == list(range(len(dataset.modality1)))
        sizes = [len(rows) for rows in tests]
        assert max(sizes) - min(sizes) <= 1
        for label, size in groups.items():
            inside = [np.count_nonzero(dataset.modality1.labels[rows] == label) for rows in tests]
            assert {size // k, -(-size // k)} >= set(inside)


@laws
@given(GROUPS, SEEDS, st.floats(0.01, 0.99))
def test_a_holdout_is_stratified_within_one_cell(
    groups: dict[str, int], seed: int, test_size: float
) -> None:
    dataset = toy(groups)
    (fold,) = split(dataset, seed, kind="holdout", test_size=test_size).folds
    assert fold.name == "holdout-0"
    labels = dataset.modality2.labels
    for label, size in groups.items():
        tested = np.count_nonzero(labels[fold.test2] == label)
        assert abs(tested - test_size * size) < 1
        assert np.count_nonzero(labels[fold.train2] == label) == size - tested
        assert 0 < tested < size


@laws
@given(GROUPS, SEEDS, CELLS)
def test_lopo_holds_out_each_perturbation_once(
    groups: dict[str, int], seed: int, training: str
) -> None:
    dataset = toy(groups)
    folds = split(dataset, seed, kind="lopo", training_cells=training).folds
    assert [fold.name for fold in folds] == sorted(groups)
    for fold in folds:
        assert set(dataset.modality1.labels[fold.test1]) == {fold.name}
        assert len(fold.test1) == len(fold.test2) == groups[fold.name]
        for samples, rows in ((dataset.modality1, fold.train1), (dataset.modality2, fold.train2)):
            assert set(samples.labels[rows]) == set(groups) - {fold.name}


@laws
@given(GROUPS, SEEDS, KINDS)
def test_training_cells_same_and_disjoint(
    groups: dict[str, int], seed: int, kind: dict[str, Any]
) -> None:
    dataset = toy(groups)
    same = split(dataset, seed, **kind).folds
    disjoint = split(dataset, seed, **kind, training_cells="disjoint").folds
    for one, two in zip(same, disjoint, strict=True):
        both, _, both2, _ = cells(dataset, one)
        first, _, second, _ = cells(dataset, two)
        assert both == both2 == first | second
        assert not first & second
        labels = dataset.modality1.labels
        for label in set(labels[one.train1]):
            in_first = np.count_nonzero(labels[two.train1] == label)
            in_second = np.count_nonzero(dataset.modality2.labels[two.train2] == label)
            assert 0 <= in_first - in_second <= 1


@laws
@given(GROUPS, SEEDS, KINDS)
def test_half_of_the_same_cells_are_those_of_modality_1_among_disjoint_ones(
    groups: dict[str, int], seed: int, kind: dict[str, Any]
) -> None:
    dataset = toy(groups)
    made = [
        split(dataset, seed, **kind, training_cells=training).folds
        for training in ("same=0.5", "disjoint")
    ]
    for half, apart in zip(*made, strict=True):
        both, test, both2, _ = cells(dataset, half)
        first, test_apart, _, _ = cells(dataset, apart)
        assert both == both2 == first
        assert test == test_apart


@laws
@given(GROUPS, SEEDS, st.floats(0, 1))
def test_an_overlap_is_the_share_of_cells_measured_in_both(
    groups: dict[str, int], seed: int, overlap: float
) -> None:
    dataset = toy(groups)
    (fold,) = split(dataset, seed, kind="holdout", training_cells=f"overlap={overlap:.6f}").folds
    label_of = dict(zip(dataset.modality1.ids, dataset.modality1.labels, strict=True))
    train1, _, train2, _ = cells(dataset, fold)
    for label in groups:
        everything = [name for name in train1 | train2 if label_of[name] == label]
        shared = [name for name in train1 & train2 if label_of[name] == label]
        assert abs(len(shared) - overlap * len(everything)) <= 0.5 + 1e-4
        alone = [
            len([n for n in part if label_of[n] == label])
            for part in (train1 - train2, train2 - train1)
        ]
        assert abs(alone[0] - alone[1]) <= 1


@laws
@given(GROUPS, SEEDS, KINDS)
def test_test_sets_do_not_depend_on_the_training_cells(
    groups: dict[str, int], seed: int, kind: dict[str, Any]
) -> None:
    """And what is shared at a smaller overlap is shared at a larger one."""
    dataset = toy(groups)
    shares = ("disjoint", "overlap=0.3", "overlap=0.7", "same")
    made = [split(dataset, seed, **kind, training_cells=cells).folds for cells in shares]
    for variants in zip(*made, strict=True):
        for smaller, larger in pairwise(variants):
            np.testing.assert_array_equal(smaller.test1, larger.test1)
            np.testing.assert_array_equal(smaller.test2, larger.test2)
            few, many = (cells(dataset, fold) for fold in (smaller, larger))
            assert few[0] & few[2] <= many[0] & many[2]


@laws
@given(GROUPS, SEEDS, KINDS, CELLS, st.floats(0.01, 10))
def test_decoys_have_no_partner_and_are_as_many_as_was_said(
    groups: dict[str, int], seed: int, kind: dict[str, Any], training: str, decoys: float
) -> None:
    """Decoys come from the test cells: nothing of their partners trains, and pairs are left."""
    dataset = toy(groups)
    plain = split(dataset, seed, **kind, training_cells=training)
    words = f"decoys={decoys:.3f}"
    for before, fold in zip(
        plain.folds,
        split(dataset, seed, **kind, training_cells=training, test_cells=words).folds,
        strict=True,
    ):
        train1, test1, train2, test2 = cells(dataset, fold)
        whole1, whole, whole2, _ = cells(dataset, before)
        assert (train1, train2) == (whole1, whole2)
        assert test1 | test2 == whole
        assert len(test1) == len(test2)
        labels = dict(zip(dataset.modality1.ids, dataset.modality1.labels, strict=True))
        for label in {labels[cell] for cell in whole}:
            paired, alone = (
                sum(labels[cell] == label for cell in chosen)
                for chosen in (test1 & test2, test1 - test2)
            )
            size = paired + 2 * alone
            assert paired >= 1
            assert abs(alone - size * decoys / (1 + 2 * decoys)) <= 1


def test_more_decoys_take_partners_away_and_give_none_back() -> None:
    dataset = toy({"a": 60, "b": 45})
    pairs = []
    for words in ("decoys=0.5", "decoys=1", "decoys=3"):
        (fold,) = split(dataset, 3, kind="holdout", test_size=0.5, test_cells=words).folds
        _, test1, _, test2 = cells(dataset, fold)
        pairs.append(test1 & test2)
    assert pairs[0] > pairs[1] > pairs[2]


def positions(dataset: Dataset, rows1: Rows, rows2: Rows) -> Rows:
    """Where the true partner of each row of modality 1 stands."""
    found = dataset.partners(rows1, rows2)
    assert (found >= 0).all()
    return found


def test_the_order_of_rows_says_nothing_about_pairs() -> None:
    """Over many draws: rank correlation 0, and the identity plan matches 1 cell as chance does."""
    dataset = toy({"a": 60, "b": 60})
    correlations, hits = [], []
    for seed in range(150):
        (fold,) = split(dataset, seed, kind="holdout", test_size=0.5).folds
        for rows1, rows2 in ((fold.train1, fold.train2), (fold.test1, fold.test2)):
            found = positions(dataset, rows1, rows2)
            correlations.append(spearmanr(np.arange(60), found).statistic)
            hits.append(np.count_nonzero(found == np.arange(60)))
    # The standard error of a mean of 300 is 1 / sqrt(59 · 300) = .0075; hits are Poisson(1).
    assert abs(np.mean(correlations)) < 4 * 0.0075
    assert np.std(correlations) == pytest.approx(1 / np.sqrt(59), rel=0.2)
    assert abs(np.mean(hits) - 1) < 4 / np.sqrt(300)


@laws
@given(st.dictionaries(st.sampled_from("abcd"), st.integers(20, 40), min_size=2), SEEDS, CELLS)
def test_rows_are_never_in_one_order(groups: dict[str, int], seed: int, training: str) -> None:
    dataset = toy(groups)
    for fold in split(dataset, seed, kind="kfold", folds=2, training_cells=training).folds:
        found = positions(dataset, fold.test1, fold.test2)
        assert not np.array_equal(found, np.arange(len(found)))
        assert not np.array_equal(fold.test1, np.sort(fold.test1))


def test_positions_of_labels_say_nothing_about_pairs_either() -> None:
    """Cells of one label are not in block order."""
    dataset = toy({"a": 40, "b": 40})
    (fold,) = split(dataset, kind="holdout", test_size=0.5).folds
    for samples, rows in ((dataset.modality1, fold.train1), (dataset.modality2, fold.train2)):
        changes = np.count_nonzero(samples.labels[rows][1:] != samples.labels[rows][:-1])
        assert 10 < changes < 30


def same_folds(one: Split, two: Split) -> bool:
    return all(
        a.name == b.name and all(map(np.array_equal, parts(a), parts(b)))
        for a, b in zip(one.folds, two.folds, strict=True)
    )


@laws
@given(GROUPS, SEEDS, KINDS, CELLS)
def test_a_split_follows_from_data_spec_and_seed(
    groups: dict[str, int], seed: int, kind: dict[str, Any], training: str
) -> None:
    spec = {**kind, "training_cells": training}
    first = split(toy(groups), seed, **spec)
    np.random.seed(seed % 2**31)  # noqa: NPY002 - global state must not matter
    split(toy(groups, seed=5), seed, **spec)
    assert same_folds(first, split(toy(groups), seed, **spec))


def test_other_data_and_other_seeds_give_other_draws() -> None:
    groups = {"a": 20, "b": 20}
    one = split(toy(groups), 0)
    assert not same_folds(one, split(toy(groups), 1))
    assert not same_folds(one, split(toy(groups, seed=1), 0))
    tests = [set(fold.test1) for fold in split(toy(groups), kind="holdout", repeats=3).folds]
    assert tests[0] != tests[1] != tests[2]


def test_a_repeat_does_not_change_what_was_drawn_before() -> None:
    dataset = toy({"a": 20, "b": 20})
    once, twice = (split(dataset, kind="kfold", folds=4, repeats=r).folds for r in (1, 2))
    for one, two in zip(once, twice[:4], strict=True):
        assert all(map(np.array_equal, parts(one), parts(two)))


@laws
@given(GROUPS, SEEDS, KINDS, st.sampled_from(["same", "disjoint"]))
def test_unpaired_modalities_are_split_each_for_itself(
    groups: dict[str, int], seed: int, kind: dict[str, Any], training: str
) -> None:
    dataset = toy(groups, paired=False, alone=(2, 0))
    for fold in split(dataset, seed, **kind, training_cells=training).folds:
        for samples, train, test in (
            (dataset.modality1, fold.train1, fold.test1),
            (dataset.modality2, fold.train2, fold.test2),
        ):
            assert sorted([*train, *test]) == list(range(len(samples)))
        assert set(dataset.modality1.labels[fold.test1]) == set(
            dataset.modality2.labels[fold.test2]
        )


def test_unpaired_modalities_do_not_share_a_draw() -> None:
    dataset = toy({"a": 30, "b": 30}, paired=False)
    (fold,) = split(dataset, kind="holdout", test_size=0.5).folds
    assert set(dataset.modality1.ids[fold.test1]) != set(dataset.modality2.ids[fold.test2])


@laws
@given(GROUPS, SEEDS, KINDS, CELLS)
def test_cells_without_a_partner_only_train(
    groups: dict[str, int], seed: int, kind: dict[str, Any], training: str
) -> None:
    dataset = toy(dict(sorted(groups.items())) | {"z": 9}, alone=(2, 0))
    pairs = set(dataset.modality1.ids) & set(dataset.modality2.ids)
    alone = set(dataset.modality1.ids) - pairs
    assert len(alone) == 2
    for fold in split(dataset, seed, **kind, training_cells=training).folds:
        train1, test1, _, test2 = cells(dataset, fold)
        assert test1 == test2 <= pairs
        assert (alone <= train1) == (fold.name != "z")
        assert alone <= train1 or not alone & train1


@pytest.mark.parametrize(
    ("groups", "spec", "words"),
    [
        (
            {"a": 9, "b": 4},
            {"folds": 5},
            "group 'b' has 4 true pairs, kfold needs at least 5; take fewer folds",
        ),
        (
            {"a": 9, "b": 1},
            {"kind": "holdout"},
            "group 'b' has 1 true pairs, holdout needs at least 2",
        ),
        ({"a": 9}, {"kind": "lopo"}, "lopo needs at least 2 perturbations"),
        ({"a": 9, "b": 9}, {"kind": "lopo", "sample": 3}, "lopo:3 asks for more perturbations"),
        (
            {"a": 9, "b": 2},
            {"folds": 2, "training_cells": "disjoint"},
            "group 'b' has 1 training cell in fold-0; training_cells 'disjoint' needs at least 2",
        ),
    ],
)
def test_small_groups_end_in_one_line(
    groups: dict[str, int], spec: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        split(toy(groups), **spec)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_small_groups_of_unpaired_data_name_the_modality() -> None:
    dataset = toy({"a": 9, "b": 5}, paired=False, alone=(2, 0))
    with pytest.raises(ConfigError, match="group 'b' has 3 cells of modality 2, kfold needs"):
        split(dataset, folds=5)
    with pytest.raises(ConfigError, match="needs true pairs, but the data are not paired"):
        split(dataset, folds=2, training_cells="overlap=0.5")
