"""Bootstrap intervals of mean ranks against full enumeration and simple cases."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from tables.inference.bootstrap import rank_intervals, rank_table, standing_intervals
from tables.inference.statistics import NotIdentifiable
from tables.ranked.boards import boards
from tables.ranked.ranking import mean_ranks
from tests.tables.examples import mixed, results
from weakpair.errors import ParameterError

UP = {"trace": True, "foscttm": False}


def scores(seed: int = 0, methods: int = 4, units: int = 4) -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    return {m: pd.DataFrame(rng.normal(size=(methods, units))) for m in UP}


def test_resamples_follow_the_enumerated_distribution() -> None:
    """Four units have 4⁴ equally likely resamples."""
    given = scores()
    every = np.array(
        [
            mean_ranks(pd.DataFrame({m: f[list(draw)].mean(axis=1) for m, f in given.items()}), UP)
            for draw in product(range(4), repeat=4)
        ]
    )
    found = rank_intervals(given, UP, seed=1, resamples=20_000)
    leads = every <= every.min(axis=1, keepdims=True) + 1e-9
    first = (leads / leads.sum(axis=1, keepdims=True)).mean(axis=0)
    assert [f.first for f in found] == pytest.approx(first, abs=0.015)
    for method, interval in enumerate(found):
        inside = (every[:, method] >= interval.lower) & (every[:, method] <= interval.upper)
        assert inside.mean() >= 0.93
        assert interval.lower in every[:, method]


def test_the_mean_rank_is_the_tables() -> None:
    given = scores(seed=3)
    means = pd.DataFrame({metric: frame.mean(axis=1) for metric, frame in given.items()})
    found = rank_intervals(given, UP)
    assert [f.mean_rank for f in found] == mean_ranks(means, UP).tolist()


def test_who_always_wins_has_no_doubt() -> None:
    given = {"trace": pd.DataFrame([[3.0, 4, 5], [1, 2, 3], [0, 1, 2]])}
    found = rank_intervals(given, UP)
    assert [(f.lower, f.upper) for f in found] == [(1, 1), (2, 2), (3, 3)]
    assert [f.first for f in found] == [1, 0, 0]


def test_equal_combinations_share_everything() -> None:
    row = [0.1, 0.7, 0.4]
    for found in rank_intervals({"trace": pd.DataFrame([row, row])}, UP):
        assert (found.mean_rank, found.lower, found.upper, found.first) == (1.5, 1.5, 1.5, 0.5)


def test_the_seed_decides() -> None:
    assert rank_intervals(scores(), UP, seed=5) == rank_intervals(scores(), UP, seed=5)
    a, b = ([f.first for f in rank_intervals(scores(), UP, seed=s, resamples=50)] for s in (1, 2))
    assert a != b


@pytest.mark.parametrize(
    "given",
    [
        {"trace": pd.DataFrame([[1.0], [2.0]])},
        {"trace": pd.DataFrame([[1.0, np.nan], [2.0, 1.0]])},
        {"trace": pd.DataFrame([[1.0, 2.0]]), "foscttm": pd.DataFrame([[1.0, 2.0, 3.0]])},
        {},
    ],
)
def test_what_cannot_be_resampled_is_said(given: dict[str, pd.DataFrame]) -> None:
    with pytest.raises(ParameterError):
        rank_intervals(given, UP)


def test_replicates_are_drawn_whole() -> None:
    """Folds that differ only inside replicates leave nothing to draw: the interval is a point."""
    frame = results({(n, "eot"): {"trace": [b, b + 1] * 3} for n, b in (("a", 1.0), ("b", 1.5))})
    place = frame["fold"].astype(int)
    (board,) = boards(frame.assign(replicate=place // 2, fold=(place % 2).astype(str)), "matching")
    found = standing_intervals(board, board.standings[0])
    assert not isinstance(found, NotIdentifiable)
    assert {(f.lower, f.upper) for f in found.values()} == {(1.0, 1.0), (2.0, 2.0)}


def test_the_incomplete_are_left_out_and_one_fold_is_not_identifiable() -> None:
    (board,) = boards(mixed(), "matching", missing="worst")
    found = standing_intervals(board, board.standings[0])
    assert not isinstance(found, NotIdentifiable)
    assert ("ps", "eot") not in found
    frame = mixed()
    (single,) = boards(frame[frame["fold"] == "0"], "matching")
    assert isinstance(standing_intervals(single, single.standings[0]), NotIdentifiable)
    assert "Not identifiable: a single fold." in rank_table(single).caption


def test_the_table_says_what_was_drawn() -> None:
    (board,) = boards(mixed(), "matching")
    table = rank_table(board, top=2)
    assert len(table.rows) == 2
    assert "resamples of the folds" in table.caption
    assert "too narrow" in table.caption
