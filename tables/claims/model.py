"""A claim of a paper and what our results say of it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from tables.claims.contests import Contest


class Finding(StrEnum):
    """What results say of a claim."""

    HOLDS = "holds"
    FAILS = "does not hold"
    OPEN = "cannot be told"
    UNTESTED = "not in these results"


@dataclass(frozen=True)
class Decision:
    """A finding and the numbers it rests on, in a sentence."""

    finding: Finding
    evidence: str


UNTESTED = Decision(Finding.UNTESTED, "")


@dataclass(frozen=True)
class Claim:
    """A claim, where it stands, and the test that decides it.

    `decide` is given tidy results of one kind of training cells, without controls and oracles.
    """

    paper: str
    where: str
    statement: str
    test: str
    decide: Callable[[pd.DataFrame], Decision]


def tally(contests: Collection[Contest]) -> str:
    """How many contests were won, tied and lost.

    >>> tally([])
    '0 won, 0 tied, 0 lost of 0'
    """
    won, lost = (sum(getattr(c, side) for c in contests) for side in ("won", "lost"))
    return f"{won} won, {len(contests) - won - lost} tied, {lost} lost of {len(contests)}"


def never_worse(contests: Collection[Contest]) -> Decision:
    """Holds if no contest is lost; the clearest loss is the evidence otherwise."""
    if not contests:
        return UNTESTED
    lost = [contest for contest in contests if contest.lost]
    worst = min(lost, key=lambda contest: contest.p, default=None)
    evidence = tally(contests) + (f"; e.g. {worst.told()}" if worst else "")
    return Decision(Finding.FAILS if lost else Finding.HOLDS, evidence)


def mostly_better(contests: Collection[Contest]) -> Decision:
    """Holds if some contests are won and none lost; fails if more are lost than won."""
    if not contests:
        return UNTESTED
    won, lost = (sum(getattr(c, side) for c in contests) for side in ("won", "lost"))
    finding = Finding.OPEN
    if won and not lost:
        finding = Finding.HOLDS
    elif lost > won:
        finding = Finding.FAILS
    clearest = min(contests, key=lambda contest: contest.p)
    return Decision(finding, f"{tally(contests)}; clearest: {clearest.told()}")
