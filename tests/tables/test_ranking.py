"""Laws of ranks: 1 is best in each metric's direction, ties share, the mean is over metrics."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from tables.ranked.ranking import mean_ranks, ranked_order, ranks

HIGHER = {"trace": True, "foscttm": False}


def scores(**columns: list[float]) -> pd.DataFrame:
    return pd.DataFrame(columns)


def test_every_metric_counts_in_its_own_direction() -> None:
    table = scores(trace=[0.9, 0.5, 0.7], foscttm=[0.3, 0.1, 0.2])
    assert ranks(table, HIGHER)["trace"].tolist() == [1, 3, 2]
    assert ranks(table, HIGHER)["foscttm"].tolist() == [3, 1, 2]
    assert mean_ranks(table, HIGHER).tolist() == [2, 2, 2]


def test_ties_share_the_average_of_their_ranks() -> None:
    assert ranks(scores(trace=[0.5, 0.5, 0.9, 0.1]), HIGHER)["trace"].tolist() == [2.5, 2.5, 1, 4]


def test_rounding_noise_is_a_tie() -> None:
    assert ranks(scores(trace=[0.1 + 0.2, 0.3]), HIGHER)["trace"].tolist() == [1.5, 1.5]


def test_groove_table_1_at_80_percent() -> None:
    """Five of the combinations of GROOVE, Table 1, ranked among themselves by hand."""
    table = scores(
        trace=[0.165, 0.237, 0.148, 0.156, 0.202], foscttm=[0.146, 0.180, 0.150, 0.161, 0.196]
    )
    assert mean_ranks(table, HIGHER).tolist() == [2.0, 2.5, 3.5, 3.5, 3.5]


@given(st.lists(st.integers(0, 5), min_size=1, max_size=12))
def test_agrees_with_scipy(values: list[int]) -> None:
    table = scores(trace=[float(v) for v in values], foscttm=[float(v) for v in values])
    ranked = ranks(table, HIGHER)
    np.testing.assert_array_equal(ranked["trace"], rankdata(-np.array(values)))
    np.testing.assert_array_equal(ranked["foscttm"], rankdata(values))


def test_strict_ranks_the_complete_ones_among_themselves() -> None:
    table = scores(trace=[0.9, np.nan, 0.7], foscttm=[0.3, 0.1, 0.2])
    mean = mean_ranks(table, HIGHER, "strict").tolist()
    assert mean[0] == mean[2] == 1.5
    assert np.isnan(mean[1])


def test_worst_puts_a_missing_score_last_in_its_metric_only() -> None:
    table = scores(trace=[0.9, np.nan, 0.7], foscttm=[0.3, 0.1, 0.2])
    assert mean_ranks(table, HIGHER, "worst").tolist() == [2, 2, 2]


def test_several_missing_scores_tie_at_the_end() -> None:
    table = scores(trace=[np.nan, 0.2, np.nan])
    assert mean_ranks(table, HIGHER, "worst").tolist() == [2.5, 1, 2.5]


@pytest.mark.parametrize("missing", ["strict", "worst", "drop"])
def test_a_metric_nobody_has_does_not_count(missing: str) -> None:
    table = scores(trace=[np.nan, np.nan], foscttm=[0.3, 0.1])
    assert mean_ranks(table, HIGHER, missing).tolist() == [2, 1]  # type: ignore[arg-type]


def test_equal_mean_ranks_are_ordered_by_the_first_metric() -> None:
    table = scores(trace=[0.1, 0.9], foscttm=[0.1, 0.9])
    mean = mean_ranks(table, HIGHER)
    assert mean.tolist() == [1.5, 1.5]
    assert ranked_order(mean, table, HIGHER) == [1, 0]


def test_nothing_to_rank() -> None:
    table = scores(trace=[np.nan, np.nan])
    assert ranked_order(mean_ranks(table, HIGHER), table, HIGHER) == []
