"""The laws by which contests decide a claim: what counts as better, and what as on par.

A contest is one data set, variant and metric with one opponent; those of a claim are one family.
A tie is no evidence for any of these claims: either two combinations are shown to be within a
margin, or nothing can be told, and how much could have been told is said.
"""

from collections.abc import Collection, Iterable

from tables.papers.claims.contests import Contest
from tables.papers.claims.model import UNTESTED, Decision, Finding

CONSISTENTLY = "wins more than half of the contests, in the others is not worse by the margin"
ON_PAR = "in every contest it wins or is not worse by the margin"
MOSTLY = "wins more than half of the contests and loses none"


def tally(contests: Collection[Contest]) -> str:
    """Count how many contests were won, on par, lost, or open.

    On par: neither won nor lost beyond chance, and not worse by the margin, beyond chance.

    >>> tally([])
    '0 won, 0 on par, 0 lost, 0 open of 0'
    """
    won, lost = (sum(getattr(c, side) for c in contests) for side in ("won", "lost"))
    par = sum(c.not_worse and not c.won and not c.lost for c in contests)
    open_ = len(contests) - won - lost - par
    return f"{won} won, {par} on par, {lost} lost, {open_} open of {len(contests)}"


def consistently_better(contests: Collection[Contest]) -> Decision:
    """Decide a claim that something wins everywhere.

    Holds if more than half are won and all others are on par; fails if one is lost beyond chance.
    """
    if not contests:
        return UNTESTED
    won, lost = [c for c in contests if c.won], [c for c in contests if c.lost]
    if lost:
        return Decision(Finding.FAILS, f"{tally(contests)}; {clearest(lost)}")
    if 2 * len(won) > len(contests) and all(c.not_worse for c in contests):
        return Decision(Finding.HOLDS, f"{tally(contests)}; {clearest(won)}")
    return Decision(Finding.OPEN, f"{tally(contests)}; {could_tell(contests)}")


def never_worse(contests: Collection[Contest]) -> Decision:
    """Decide a claim that something is on par or better.

    Holds if every contest is won or on par; fails if one is lost beyond chance and by more than
    the margin in the mean.
    """
    if not contests:
        return UNTESTED
    lost = [c for c in contests if c.lost_by_margin]
    if lost:
        return Decision(Finding.FAILS, f"{tally(contests)}; {clearest(lost)}")
    if all(c.not_worse for c in contests):
        return Decision(Finding.HOLDS, tally(contests))
    return Decision(Finding.OPEN, f"{tally(contests)}; {could_tell(contests)}")


def mostly_better(contests: Collection[Contest]) -> Decision:
    """Decide a claim that something is better.

    Holds if more than half are won and none is lost; fails if more are lost than won.
    """
    if not contests:
        return UNTESTED
    won, lost = (sum(getattr(c, side) for c in contests) for side in ("won", "lost"))
    evidence = f"{tally(contests)}; {clearest(contests)}"
    if 2 * won > len(contests) and not lost:
        return Decision(Finding.HOLDS, evidence)
    if lost > won:
        return Decision(Finding.FAILS, evidence)
    return Decision(Finding.OPEN, f"{evidence}; {could_tell(contests)}")


def clearest(contests: Iterable[Contest]) -> str:
    """The contest with the smallest p-value, in words."""
    return f"clearest: {min(contests, key=lambda contest: contest.p).in_words()}"


def could_tell(contests: Iterable[Contest]) -> str:
    """The smallest difference that the least decisive contest could have told, in words.

    Of the contests that are not won, that whose difference is the largest beside its margin.
    """
    ties = [contest for contest in contests if not contest.won]
    if not ties:
        return "every contest is won"
    widest = max(ties, key=_blur)
    where = f"{widest.field.metric}, {widest.field.where}"
    return (
        f"smallest difference told {widest.least:.2g}, margin {widest.field.margin:.2g} ({where})"
    )


def _blur(contest: Contest) -> float:
    """Ratio of the smallest difference told to the margin."""
    return contest.least / contest.field.margin if contest.field.margin > 0 else float("inf")
