"""Laws of the share of the gap: 0 at the floor, 1 at the ceiling, none where these are one."""

import numpy as np
import pandas as pd
import pytest

from tables.inference.gap import Gap, gap_of, gap_tables, share_of
from tables.ranked.boards import boards
from tests.tables.examples import results

FLOOR = [0.10, 0.12, 0.11, 0.09, 0.08]
CEILING = [0.50, 0.54, 0.49, 0.51, 0.46]
ROLES = {
    "-+uniform": "control",
    "constant+eot": "control",
    "paired-cca+eot": "oracle",
    "-+oracle": "oracle",
}


def frame(metric: str = "trace", ceiling: list[float] = CEILING) -> pd.DataFrame:
    half = [(low + high) / 2 for low, high in zip(FLOOR, CEILING, strict=True)]
    return results(
        {
            ("lda", "eot"): {metric: half},
            ("pca", "eot"): {metric: [low + 0.01 for low in FLOOR]},
            ("-", "uniform"): {metric: FLOOR},
            ("constant", "eot"): {metric: [low / 2 for low in FLOOR]},
            ("paired-cca", "eot"): {metric: ceiling},
            ("-", "oracle"): {metric: [1.0] * 5},
        },
        ROLES,
    )


def gap(data: pd.DataFrame, metric: str = "trace", *, higher: bool = True) -> Gap:
    (board,) = boards(data, "matching")
    section = board.standings[0].section
    return gap_of(section, metric, "fold", higher_is_better=higher, test_to_train=0.25)


def test_floor_and_ceiling_are_the_best_that_know_nothing_and_everything() -> None:
    """The oracle among aligners is right by definition, and no ceiling."""
    found = gap(frame())
    assert (found.floor, found.ceiling, found.reason) == (
        ("-", "uniform"),
        ("paired-cca", "eot"),
        "",
    )
    assert found.words() == "from 0.100 (uniform) to 0.500 (paired-cca + eot)"


def test_the_floor_closes_nothing_the_ceiling_all_and_halfway_a_half() -> None:
    found = gap(frame())
    for scores, share in ((found.low, 0.0), (found.high, 1.0), ((found.low + found.high) / 2, 0.5)):
        closed = share_of(found, scores, 0.25)
        assert closed is not None
        assert closed.value == pytest.approx(share)
        assert closed.se == pytest.approx(0, abs=1e-9)


def test_where_less_is_better_shares_are_the_same() -> None:
    """A score and one minus that score close the same share, with the same error."""
    turned = frame("foscttm").assign(value=lambda f: 1 - f["value"])
    plain, other = gap(frame()), gap(turned, "foscttm", higher=False)
    scores = pd.Series([0.2, 0.35, 0.3, 0.3, 0.1], index=plain.low.index)
    one, two = share_of(plain, scores, 0.25), share_of(other, 1 - scores, 0.25)
    assert one is not None
    assert two is not None
    assert (one.value, one.se) == pytest.approx((two.value, two.se))


def test_the_error_is_that_of_resampling() -> None:
    """The delta method against a bootstrap of independent units."""
    rng = np.random.default_rng(0)
    n = 60
    low, high = rng.normal(0.1, 0.02, n), rng.normal(0.6, 0.05, n)
    scores = low + 0.4 * (high - low) + rng.normal(0, 0.05, n)
    index = pd.RangeIndex(n)
    told = Gap("m", ("-", "a"), ("b", "c"), pd.Series(low, index), pd.Series(high, index))
    share = share_of(told, pd.Series(scores, index), 0.0)
    draws = rng.integers(0, n, size=(4000, n))
    ratios = (scores - low)[draws].sum(axis=1) / (high - low)[draws].sum(axis=1)
    assert share is not None
    assert share.se == pytest.approx(ratios.std(), rel=0.1)
    wider = share_of(told, pd.Series(scores, index), 0.25)
    assert wider is not None
    assert wider.se == pytest.approx(share.se * np.sqrt(1 + n * 0.25))


@pytest.mark.parametrize("ceiling", [FLOOR, [0.1, 0.2, 0.05, 0.13, 0.07]])
def test_a_metric_whose_ceiling_is_its_floor_cannot_rank(ceiling: list[float]) -> None:
    found = gap(frame(ceiling=ceiling))
    assert found.reason == "cannot rank here: its ceiling and its floor cannot be told apart"
    assert share_of(found, found.high, 0.25) is None
    (table,) = gap_tables(frame(ceiling=ceiling), "matching")
    assert {row.cells[1].display for row in table.rows} == {"–"}
    assert "cannot rank here" in table.caption


def test_tables_have_shares_of_what_is_ranked_and_say_from_where_to_where() -> None:
    (table,) = gap_tables(frame(), "matching")
    assert [row.cells[0].display for row in table.rows] == ["lda + eot", "pca + eot"]
    assert [row.cells[1].display for row in table.rows] == ["50 % ± 0", "2 % ± 0"]
    assert "Trace from 0.100 (uniform) to 0.500 (paired-cca + eot)." in table.caption
    assert table.title.startswith("Share of the gap: Matching: digits")
    data = frame()
    (none,) = gap_tables(data[data["role"] != "oracle"], "matching")
    assert "Trace no oracle among learners." in none.caption
