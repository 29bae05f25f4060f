"""A tie decides nothing: it is on par within a margin, or it cannot be told."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import t, ttest_1samp

from tables.inference.statistics import corrected_t_tests, half_widths, holm, one_sided_t_tests
from tables.papers.claims import claims
from tables.papers.claims.contests import LEVEL, Contest, decided
from tables.papers.claims.fields import fields
from tables.papers.claims.laws import consistently_better, mostly_better, never_worse, tally
from tables.papers.claims.margins import margin, stated
from tables.papers.claims.model import UNTESTED, Decision, Finding
from tests.tables.test_claims import probe, results, trace

HOLDS, OPEN, FAILS = Finding.HOLDS, Finding.OPEN, Finding.FAILS
LAWS = (never_worse, consistently_better, mostly_better)


def contests(*others: float, ours: float = 0.5, noise: float = 0.002) -> list[Contest]:
    """A combination with a Trace of `ours` against one of each of the other means."""
    means = {f"other{i}": value for i, value in enumerate(others)}
    (found,) = fields(results(trace(ours=ours, **means), noise=noise), "matching")
    one, *rest = found.combinations
    return decided((found, one, other) for other in rest)


def findings(family: list[Contest]) -> list[Finding]:
    return [law(family).finding for law in LAWS]


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        (contests(0.5, 0.5, 0.5, 0.5, 0.5, 0.5), [HOLDS, OPEN, OPEN]),
        (contests(0.5, 0.5, 0.5, 0.5, 0.5, 0.5, noise=0.1), [OPEN, OPEN, OPEN]),
        (contests(0.4, 0.5, 0.5, 0.5, 0.5, 0.5), [HOLDS, OPEN, OPEN]),
        (contests(0.4, 0.4, 0.4, 0.5, 0.5, 0.5), [HOLDS, OPEN, OPEN]),
        (contests(0.4, 0.4, 0.4, 0.4, 0.5, 0.5), [HOLDS, HOLDS, HOLDS]),
        (contests(0.4, 0.4, 0.4, 0.4, 0.4, 0.4), [HOLDS, HOLDS, HOLDS]),
        (contests(0.4, 0.4, 0.4, 0.4, 0.5, 0.6), [FAILS, FAILS, OPEN]),
        (contests(0.5, 0.5, 0.5, 0.5, 0.5, 0.6), [FAILS, FAILS, FAILS]),
        (contests(0.6, 0.6, 0.6, 0.6, 0.6, 0.6), [FAILS, FAILS, FAILS]),
        # A loss that is real, but smaller than the margin.
        (contests(0.51, noise=0.001), [HOLDS, FAILS, FAILS]),
        # A loss that is real, and neither larger than the margin nor shown to be smaller.
        (contests(0.519, noise=0.004), [OPEN, FAILS, FAILS]),
    ],
)
def test_each_law_needs_what_its_claim_says(family: list[Contest], expected: list[Finding]) -> None:
    assert findings(family) == expected


def test_wins_amid_scatter_are_better_in_the_mean_but_not_everywhere() -> None:
    clear, blurred = contests(0.3, 0.3, 0.3), contests(0.5, noise=0.1)
    assert findings([*clear, *blurred]) == [OPEN, OPEN, HOLDS]


def test_no_contest_decides_nothing() -> None:
    assert [law([]) for law in LAWS] == [UNTESTED] * len(LAWS)


@pytest.mark.parametrize("law", LAWS)
def test_what_cannot_be_told_says_what_could_have_been(law: object) -> None:
    family = contests(0.5, 0.5, noise=0.1)
    decision = law(family)  # type: ignore[operator]
    assert isinstance(decision, Decision)
    widest = max(contest.least for contest in family)
    assert widest > family[0].field.margin
    assert f"smallest difference told {widest:.2g}, margin 0.02 (trace, " in decision.evidence


def test_every_contest_is_counted_once() -> None:
    family = [*contests(0.4, 0.5, 0.6), *contests(0.5, noise=0.1)]
    assert tally(family) == "1 won, 1 on par, 1 lost, 1 open of 4"


def test_a_difference_of_the_smallest_size_would_have_been_told() -> None:
    """The half-width is that of Bonferroni, which Holm never falls behind."""
    family = contests(0.5, 0.5, 0.5, noise=0.05)
    for contest in family:
        gap = contest.field.difference(contest.one, contest.other)
        shifted = gap - gap.mean()
        size = len(family)
        assert ttest_1samp(shifted + 1.001 * contest.least, 0).pvalue * size <= LEVEL
        assert ttest_1samp(shifted + 0.999 * contest.least, 0).pvalue * size > LEVEL


def test_non_inferiority_is_the_one_sided_t_test_adjusted_by_holm() -> None:
    family = contests(0.51, 0.49, 0.505, noise=0.02)
    alone = [
        float(
            ttest_1samp(
                contest.field.difference(contest.one, contest.other),
                -contest.field.margin,
                alternative="greater",
            ).pvalue
        )
        for contest in family
    ]
    assert [contest.p_worse for contest in family] == pytest.approx(holm(alone).tolist())


def test_overlapping_folds_widen_both_tests() -> None:
    gaps = np.random.default_rng(3).normal(0.01, 0.02, size=(4, 5))
    assert (one_sided_t_tests(gaps, 0.25) > one_sided_t_tests(gaps, 0.0))[gaps.mean(1) > 0].all()
    wider = half_widths(gaps, 0.25, LEVEL) / half_widths(gaps, 0.0, LEVEL)
    assert wider == pytest.approx(np.full(4, 1.5))  # (1/5 + 1/4) / (1/5) = 2.25
    edge = half_widths(gaps, 0.25, LEVEL)
    shifted = gaps - gaps.mean(axis=1, keepdims=True) + edge[:, None]
    assert corrected_t_tests(shifted, 0.25) == pytest.approx(np.full(4, LEVEL))
    error = gaps.std(axis=1, ddof=1) * np.sqrt(1 / 5 + 0.25)
    assert edge == pytest.approx(error * t.ppf(1 - LEVEL / 2, 4))


@pytest.mark.parametrize(("ratio", "units"), [(0.0, 8), (0.25, 15)])
def test_error_rate_at_the_margin_is_within_its_level(ratio: float, units: int) -> None:
    """Five contests that are worse by exactly the margin: one is taken for on par in 5 % at most.

    Units that share training rows correlate by ρ with ρ / (1 − ρ) = test / training rows, which
    is what Nadeau and Bengio assume.
    """
    rng = np.random.default_rng(0)
    family, simulations, edge = 5, 4000, 0.02
    shared = ratio / (1 + ratio)
    own = rng.normal(size=(simulations * family, units)) * np.sqrt(1 - shared)
    common = rng.normal(size=(simulations * family, 1)) * np.sqrt(shared)
    gaps = 0.01 * (own + common) - edge
    p = one_sided_t_tests(gaps + edge, ratio).reshape(simulations, family)
    accepted = np.mean([holm(each).min() <= LEVEL for each in p])
    assert accepted == pytest.approx(LEVEL, abs=0.01)
    alone = np.mean(p[:, 0] <= LEVEL)
    assert alone == pytest.approx(LEVEL, abs=0.01)


def test_margins_are_those_of_the_metric_and_never_more_than_a_tenth_of_a_score() -> None:
    assert margin("trace", 0.8) == margin("foscttm", -0.01) == margin("task-accuracy-1", 0.5)
    assert margin("trace", 0.001) == pytest.approx(0.0001)
    assert margin("mse", -0.2) == margin("wd", -0.2) == margin("mine", 0.2) == pytest.approx(0.01)
    family = contests(0.04, ours=0.03, noise=0.0)
    assert family[0].field.margin == pytest.approx(0.004)
    assert never_worse(family).finding is FAILS


def test_a_loss_within_the_margin_is_one_of_the_mean_not_of_chance() -> None:
    (contest,) = contests(0.51, noise=0.001)
    assert contest.lost
    assert contest.not_worse
    assert not contest.lost_by_margin
    assert replace(contest, gap=-0.03).lost_by_margin


def test_the_table_states_margins_and_what_the_smallest_difference_is() -> None:
    (table,) = claims(results(probe(ipic=0.7, supcon=0.7, raw=0.7), noise=0.1))
    assert stated() in table.caption
    assert "Smallest difference told: half the width of the interval" in table.caption
    said = {row.cells[0].display: row.cells for row in table.rows}
    (baselines,) = (cells for name, cells in said.items() if "consistently" in name)
    assert "wins more than half" in baselines[1].display
    assert baselines[2].display == "cannot be told"
    assert "smallest difference told" in baselines[4].display
