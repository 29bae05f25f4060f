"""Laws of the share of the gap: 0 at the floor, 1 at the ceiling, none where these are one."""

import numpy as np
import pandas as pd
import pytest

import tables
from tables.inference.gap import gap_tables
from tables.ranked.boards import boards
from tables.ranked.gaps import Gap, gap_of, mean_share, share_of
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


def test_scores_and_gap_meet_by_their_units_not_by_their_places() -> None:
    found = gap(frame())
    scores = pd.Series([0.2, 0.35, 0.3, 0.3, 0.1], index=found.low.index)
    one, turned = (share_of(found, told, 0.25) for told in (scores, scores[::-1]))
    assert one is not None
    assert turned is not None
    assert (one.value, one.se) == (turned.value, turned.se)
    assert share_of(found, scores[1:], 0.25) is None


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


def two(second: list[float]) -> pd.DataFrame:
    """Trace, which can rank, and a second metric with that ceiling, which puts pca first."""
    trace, other = frame(), frame("foscttm", second)
    pca = (other["learner"] == "pca") & (other["aligner"] == "eot")
    return pd.concat([trace, other.assign(value=other["value"].where(~pca, 0.9))])


def test_ranks_leave_a_metric_out_that_cannot_rank_unless_asked() -> None:
    data = two(FLOOR).assign(higher_is_better=True)
    (table,) = tables.build(data, "matching")
    assert [row.cells[0].display for row in table.rows[:2]] == ["lda + eot", "pca + eot"]
    assert [row.cells[1].value for row in table.rows[:2]] == [1, 2]
    assert "Bary. FOSCTTM cannot rank here" in table.caption
    assert "mean ranks leave such metrics out" in table.caption
    assert "by mean rank over Trace." in table.caption
    (asked,) = tables.build(data, "matching", all_metrics=True)
    assert [row.cells[1].value for row in asked.rows[:2]] == [1.5, 1.5]
    assert "mean ranks run over such metrics" in asked.caption


def test_where_no_metric_can_rank_the_order_stays_and_is_told_to_be_noise() -> None:
    (table,) = tables.build(frame(ceiling=FLOOR), "matching")
    assert table.rows[0].cells[1].value == 1
    assert "Trace cannot rank here" in table.caption
    assert "mean ranks run over such metrics" in table.caption
    assert "gap-closed" not in [column.name for column in table.columns]


def test_a_column_has_the_mean_share_over_the_metrics_that_can_rank() -> None:
    """lda closes half of the gap in Trace and 25 % in a metric whose ceiling is twice as far."""
    far = [low + 2 * (high - low) for low, high in zip(FLOOR, CEILING, strict=True)]
    (table,) = tables.build(two(far).assign(higher_is_better=True), "matching")
    place = [column.name for column in table.columns].index("gap-closed")
    shown = {row.cells[0].display: row.cells[place] for row in table.rows}
    assert shown["lda + eot"].value == pytest.approx((0.5 + 0.25) / 2)
    assert shown["lda + eot"].display == "38 % ± 0"
    assert shown["uniform"].value == pytest.approx(0)
    assert shown["paired-cca + eot"].value == pytest.approx(1)
    assert "Trace from 0.100 (uniform) to 0.500 (paired-cca + eot)" in table.caption
    csv = tables.render([table], "csv")
    assert ",gap-closed," in csv
    (blunt,) = tables.build(two(FLOOR).assign(higher_is_better=True), "matching")
    halves = {row.cells[0].display: row.cells[place].value for row in blunt.rows}
    assert halves["lda + eot"] == pytest.approx(0.5)


def test_the_error_of_a_mean_share_knows_what_its_metrics_have_in_common() -> None:
    """The same metric twice has the error of one; two that err against each other have none."""
    rng = np.random.default_rng(0)
    low = pd.Series(rng.normal(0.1, 0.02, 30))
    told = Gap("m", ("-", "a"), ("b", "c"), low, low + 0.5)
    noise = pd.Series(rng.normal(0, 0.05, 30))
    one, against = (share_of(told, low + 0.2 + sign * noise, 0.0) for sign in (1, -1))
    assert one is not None
    assert against is not None
    assert mean_share([one, one], 0.0).se == pytest.approx(one.se)
    assert mean_share([one, against], 0.0).se == pytest.approx(0, abs=1e-12)


def test_the_colours_of_heat_maps_are_shares() -> None:
    from tables.figures.heatmap import heatmap

    drawing = heatmap(frame(), "matching")
    (panel, bar) = drawing.figure.axes
    assert bar.get_ylabel() == "share of the gap closed"
    (image,) = panel.images
    assert sorted(np.ravel(np.asarray(image.get_array())).tolist()) == pytest.approx(
        [0.025, 0.5], abs=1e-6
    )
    assert (image.norm.vmin, image.norm.vmax) == (0, 1)
