"""Matching inside labels: transport, shared neighbours, pairs, lookup for a batch."""

import itertools

import numpy as np
import ot
import pytest
import torch

from aligners.inputs import label_groups
from aligners.solvers.distances import transport
from aligners.solvers.graphs import jaccard
from learners.conformance.toys import toy
from learners.inputs import Codes
from learners.neural.batches import Rows
from learners.pairs.matching.couplings import How, coupling
from learners.pairs.matching.matcher import Matcher, Side
from learners.pairs.matching.pairs import PairedBatches, Pairs, random_pairs
from learners.pairs.matching.scores import Block, Matching, suggested_pairs
from weakpair.errors import ParameterError

CPU = torch.device("cpu")


def grouped(codes1: Codes, codes2: Codes) -> list[tuple[Rows, Rows]]:
    groups = label_groups(codes1, codes2)
    return list(zip(groups.rows, groups.cols, strict=True))


@pytest.mark.parametrize("epsilon", [0.2, 0.05, 0.01])
def test_transport_is_that_of_pot_inside_labels(epsilon: float) -> None:
    """Epsilon is a share of the largest cost of all labels; blocks are of any sizes."""
    rng = np.random.default_rng(3)
    t1, t2 = np.repeat([0, 1, 2], (4, 1, 6)), np.repeat([2, 0, 1], (2, 5, 3))
    one, two = rng.random((11, 2)), rng.random((10, 2))
    groups = label_groups(t1, t2)
    plans, error = transport(
        one, two, groups, epsilon=epsilon, tol=1e-10, max_iter=20_000, device=CPU
    )
    assert error <= 1e-10
    blocks = zip(groups.rows, groups.cols, strict=True)
    costs = [ot.dist(one[r], two[c], metric="euclidean") for r, c in blocks]
    scale = max(cost.max() for cost in costs)
    for plan, cost in zip(plans, costs, strict=True):
        expected = ot.sinkhorn(
            [], [], cost, epsilon * scale, method="sinkhorn_log", numItermax=100_000, stopThr=1e-12
        )
        assert plan == pytest.approx(expected, abs=1e-7)


def test_a_label_that_lies_far_from_the_others_keeps_its_plan() -> None:
    """exp(-cost / epsilon) is 0 everywhere in it; the plan is close to the best assignment."""
    rng = np.random.default_rng(1)
    one, two = rng.random((5, 2)), rng.random((5, 2)) + 30
    groups = label_groups(np.zeros(5), np.zeros(5))
    (plan,), _ = transport(one, two, groups, epsilon=1e-4, tol=1e-6, max_iter=20_000, device=CPU)
    cost = ot.dist(one, two, metric="euclidean")
    best = min(sum(cost[i, p[i]] for i in range(5)) for p in itertools.permutations(range(5)))
    assert np.isfinite(plan).all()
    assert float((plan * cost).sum()) == pytest.approx(float(best) / 5, abs=5e-3)


def test_too_few_iterations_show_in_the_error() -> None:
    rng = np.random.default_rng(2)
    groups = label_groups(np.zeros(20), np.zeros(20))
    points = rng.random((20, 2)), rng.random((20, 2))
    found = transport(*points, groups, epsilon=1e-3, tol=1e-9, max_iter=1, device=CPU)
    assert found[1] > 1e-3


def test_jaccard_by_hand() -> None:
    """On a line with k = 2, each cell and its nearest; cells of both modalities are one cloud."""
    one, two = np.array([[0.0], [10.0]]), np.array([[1.0], [30.0], [11.5]])
    # Neighbourhoods: 0 {0, 1}, 10 {10, 11.5}; 1 {1, 0}, 30 {30, 11.5}, 11.5 {11.5, 10}.
    assert jaccard(one, two, 2) == pytest.approx(np.array([[1, 0, 0], [0, 1 / 3, 1]]))
    alone = jaccard(np.array([[0.0], [1.0], [50.0]]), np.array([[51.0]]), 2)
    assert alone.tolist() == [[1], [1], [1]]


def test_scores_of_a_batch_are_looked_up() -> None:
    codes1, codes2 = np.array([0, 1, 0, 1, 1]), np.array([1, 0, 1, 0, 0, 1])
    rng = np.random.default_rng(4)
    full = rng.random((5, 6)).astype(np.float32)
    blocks = [Block(r, c, full[np.ix_(r, c)]) for r, c in grouped(codes1, codes2)]
    rows1, rows2 = np.array([4, 0, 2, 2]), np.array([5, 5, 1, 0])
    same = codes1[rows1][:, None] == codes2[rows2]
    expected = np.where(same, full[np.ix_(rows1, rows2)], 0)
    matching = Matching.of(blocks, 5, 6, CPU)
    found = matching.scores(torch.from_numpy(rows1), torch.from_numpy(rows2))
    assert np.array_equal(found.numpy(), expected)


def test_rows_of_no_block_score_nothing() -> None:
    block = Block(np.array([1]), np.array([0]), np.ones((1, 1), dtype=np.float32))
    matching = Matching.of([block], 3, 2, CPU)
    found = matching.scores(torch.arange(3), torch.arange(2))
    assert found.tolist() == [[0, 0], [1, 0], [0, 0]]


def test_pairs_have_the_largest_score_and_leave_no_cell_out() -> None:
    scores = np.array([[5, 4, 0], [6, 1, 0]], dtype=np.float32)
    block = Block(np.array([7, 8]), np.array([3, 4, 5]), scores)
    pairs = suggested_pairs([block])
    # One-to-one: 4 + 6 beats 5 + 1. Cell 5 is left, and scores 0 with both; the first takes it.
    assert set(zip(pairs.rows1.tolist(), pairs.rows2.tolist(), strict=True)) == {
        (7, 4),
        (8, 3),
        (7, 5),
    }


@pytest.mark.parametrize("assignable", [True, False])
def test_every_cell_is_in_a_pair_of_its_label(
    assignable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not assignable:
        monkeypatch.setattr("learners.pairs.matching.scores._ASSIGN", 1)
    rng = np.random.default_rng(5)
    codes1, codes2 = rng.integers(3, size=20), rng.integers(3, size=30)
    blocks = [
        Block(r, c, rng.random((len(r), len(c))).astype(np.float32))
        for r, c in grouped(codes1, codes2)
    ]
    pairs = suggested_pairs(blocks)
    assert (codes1[pairs.rows1] == codes2[pairs.rows2]).all()
    assert set(pairs.rows1) == set(range(20))
    assert set(pairs.rows2) == set(range(30))


def test_random_pairs_share_labels_and_use_every_cell() -> None:
    rng = np.random.default_rng(6)
    codes1, codes2 = np.repeat([0, 1, 2], (5, 1, 9)), np.repeat([0, 1, 2], (3, 4, 9))
    pairs = random_pairs(codes1, codes2, rng)
    assert len(pairs.rows1) == 5 + 4 + 9
    assert (codes1[pairs.rows1] == codes2[pairs.rows2]).all()
    assert set(pairs.rows1) == set(range(15))
    assert set(pairs.rows2) == set(range(16))
    assert np.bincount(pairs.rows1[codes1[pairs.rows1] == 2])[6:].tolist() == [1] * 9


def test_an_epoch_shows_every_pair_once() -> None:
    codes = np.zeros(9, dtype=np.int64)
    sampler = PairedBatches(codes, codes, 4)
    sampler.pairs = Pairs(np.arange(8), np.arange(8) + 1)
    batches = list(sampler.epoch(np.random.default_rng(7)))
    assert [len(one) for one, _ in batches] == [4, 4]
    assert all((two == one + 1).all() for one, two in batches)
    assert sorted(np.concatenate([one for one, _ in batches])) == list(range(8))


def test_a_pair_left_over_is_dropped_and_one_pair_is_an_error() -> None:
    codes = np.zeros(5, dtype=np.int64)
    sampler = PairedBatches(codes, codes, 4)
    sampler.pairs = Pairs(np.arange(5), np.arange(5))
    assert [len(one) for one, _ in sampler.epoch(np.random.default_rng(8))] == [4]
    sampler.pairs = Pairs(np.arange(1), np.arange(1))
    with pytest.raises(ParameterError, match="at least two pairs of cells; there are 1"):
        next(sampler.epoch(np.random.default_rng(8)))


@pytest.mark.parametrize("how", ["ot", "snn"])
def test_a_matcher_scores_each_label_of_the_given_rows(how: How) -> None:
    data = toy()
    codes1, codes2 = (np.unique(t, return_inverse=True)[1] for t in (data.t1, data.t2))
    rows1, rows2 = np.arange(0, 40, 2), np.arange(1, 40, 2)
    matcher = Matcher(coupling(how, epsilon=0.1, neighbours=5), epochs=3)
    blocks, error = matcher.match(
        Side(data.x1[rows1], codes1[rows1], rows1),
        Side(data.x2[rows2], codes2[rows2], rows2),
        seed=0,
        device=CPU,
    )
    assert error <= 1e-3
    assert sorted(np.concatenate([block.rows1 for block in blocks])) == rows1.tolist()
    assert sorted(np.concatenate([block.rows2 for block in blocks])) == rows2.tolist()
    for block in blocks:
        assert block.scores.shape == (len(block.rows1), len(block.rows2))
        assert len(set(codes1[block.rows1]) | set(codes2[block.rows2])) == 1
        if how == "ot":
            assert block.scores.sum(1) == pytest.approx(1 / len(block.rows1))
