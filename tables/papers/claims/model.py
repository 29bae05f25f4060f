"""A claim of a paper and what our results say of it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd


class Finding(StrEnum):
    """Verdict of results on a claim."""

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
