"""What mini-batches are made of (GROOVE, Appendix A.5)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learners.neural.batches import BalancedBatches, PlainBatches
from weakpair.errors import ParameterError

COUNTS = st.lists(st.integers(2, 12), min_size=1, max_size=5)


@settings(deadline=None, max_examples=60)
@given(COUNTS, st.integers(0, 1000), st.integers(5, 40))
def test_balanced_batches_obey_a5(counts: list[int], seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    codes1 = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    codes2 = rng.permutation(np.repeat(np.arange(len(counts)), counts[::-1]))
    n_min = min(counts)
    effective = size - size % len(counts)
    per_label = min(effective // len(counts), n_min)
    batches = list(BalancedBatches(codes1, codes2, size).epoch(rng))
    assert len(batches) == n_min // per_label
    for side, codes in enumerate((codes1, codes2)):
        for batch in batches:
            assert (np.bincount(codes[batch[side]]) == per_label).all()
        drawn = np.concatenate([batch[side] for batch in batches])
        assert len(np.unique(drawn)) == len(drawn)
        assert np.bincount(codes[drawn]).max() <= n_min


def test_larger_labels_show_other_cells_in_another_epoch() -> None:
    codes = np.repeat([0, 1], (4, 400))
    sampler, rng = BalancedBatches(codes, codes, 8), np.random.default_rng(0)
    first, second = ({int(i) for one, _ in sampler.epoch(rng) for i in one} for _ in range(2))
    assert {0, 1, 2, 3} <= first & second
    assert first != second


def test_modalities_are_drawn_independently() -> None:
    codes = np.repeat([0, 1], 50)
    ((one, two),) = BalancedBatches(codes, codes, 100).epoch(np.random.default_rng(0))
    assert (one != two).any()


@pytest.mark.parametrize(
    ("codes", "size", "message"),
    [
        (np.arange(6), 4, "batch_size is 4; balanced batches of 6 labels need at least 6"),
        (np.zeros(1, dtype=np.int64), 4, "two cells of the only label"),
        (np.arange(3), 1, "batch_size is 1; it must be a whole number, at least 2"),
    ],
)
def test_balanced_batches_say_what_is_wrong(codes: np.ndarray, size: int, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        BalancedBatches(codes, codes, size)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 30), st.integers(2, 30), st.integers(2, 12))
def test_plain_batches_show_every_cell_of_the_larger_modality(n1: int, n2: int, size: int) -> None:
    sampler = PlainBatches(np.zeros(n1, dtype=np.int64), np.zeros(n2, dtype=np.int64), size)
    batches = list(sampler.epoch(np.random.default_rng(0)))
    assert all(len(one) == len(two) and 2 <= len(one) <= size for one, two in batches)
    for side, n in enumerate((n1, n2)):
        drawn = np.bincount(np.concatenate([batch[side] for batch in batches]), minlength=n)
        dropped = max(n1, n2) - drawn.sum()
        assert dropped == (max(n1, n2) % size == 1)
        assert drawn.max() - drawn.min() <= 1 + dropped


def test_plain_batches_need_two_cells() -> None:
    one = np.zeros(1, dtype=np.int64)
    with pytest.raises(ParameterError, match="at least two cells"):
        PlainBatches(one, one, 4)
