"""Sections with true scores and surrogates, and how far either surrogate is from the truth."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

import pandas as pd

from tables.metrics import in_print
from tables.ranked.boards import Board, boards
from tables.ranked.sections import Combination
from tables.ranked.standings import Standing

_LEAST = 3
"""Combinations below which an order tells nothing."""


@dataclass(frozen=True)
class Trust:
    """A surrogate against the truth, in one section.

    Attributes:
        surrogate: its metric.
        correlation: Spearman's, of its means with the truth, over the combinations.
        chosen: the combination it puts first.
        score: the surrogate's mean of that one.
        regret: truth of the best minus truth of the chosen.
        below: whether the chosen is not above the best control.
        count: combinations that have both.
    """

    surrogate: str
    correlation: float
    chosen: Combination
    score: float
    regret: float
    below: bool
    count: int


@dataclass(frozen=True)
class Place:
    """A section of matching and its surrogates.

    Attributes:
        board: of matching.
        standing: its section.
        what: what the truth is measured in.
        truth: worth of the combinations.
        floor: that of the best control.
        guesses: surrogate → its mean by combination, more being better.
    """

    board: Board
    standing: Standing
    what: str
    truth: Mapping[Combination, float]
    floor: float
    guesses: Mapping[str, Mapping[Combination, float]]

    @property
    def dataset(self) -> str:
        """The data set; its variants are sections of their own."""
        return self.board.protocol.dataset

    @property
    def found(self) -> list[Trust]:
        """Every surrogate that enough combinations have, against the truth."""
        return [
            self.compared(name, guess)
            for name, guess in self.guesses.items()
            if sum(one in self.truth for one in guess) >= _LEAST
        ]

    def compared(self, name: str, guess: Mapping[Combination, float]) -> Trust:
        """A surrogate against the truth, over the combinations that have both."""
        both = [one for one in guess if one in self.truth]
        chosen = max(both, key=lambda one: guess[one])
        truths = [self.truth[one] for one in both]
        correlation = spearman([guess[one] for one in both], truths)
        reached = self.truth[chosen]
        return Trust(
            name,
            correlation,
            chosen,
            guess[chosen],
            max(truths) - reached,
            reached <= self.floor,
            len(both),
        )


def places(results: pd.DataFrame, **options: Any) -> Iterator[Place]:
    """Sections that have true scores and surrogates.

    The truth is the share of the gap closed in matching; where there is no gap, the mean of the
    first metric.

    Args:
        results: tidy results of the tasks `matching` and `surrogate`.
        options: of `tables.ranked.boards`.

    Raises:
        DataError: no results of one of the two tasks.
    """
    guesses = {
        _place(board, standing): (board, standing)
        for board in boards(results, "surrogate", **options)
        for standing in board.standings
    }
    for board in boards(results, "matching", **options):
        for standing in board.standings:
            if (place := _place(board, standing)) in guesses:
                truth, what, floor = _truth(board, standing)
                known = _guesses(*guesses[place])
                yield Place(board, standing, what, truth, floor, known)


def _place(board: Board, standing: Standing) -> tuple[str, str, str, str]:
    """Data set, split, training cells and variant: what both tasks have in common."""
    protocol = board.protocol
    return protocol.dataset, protocol.split, protocol.training_cells, standing.section.variant


def _guesses(board: Board, standing: Standing) -> dict[str, dict[Combination, float]]:
    signs = {metric: 1 if board.higher_is_better[metric] else -1 for metric in board.metrics}
    return {
        metric: {name: sign * mean for name, mean in standing.complete_means(metric).items()}
        for metric, sign in signs.items()
    }


def spearman(one: Sequence[float], other: Sequence[float]) -> float:
    """Spearman's rank correlation; NaN where one of the two does not vary."""
    return float(pd.Series(one).corr(pd.Series(other), method="spearman"))


def _truth(board: Board, standing: Standing) -> tuple[Mapping[Combination, float], str, float]:
    """Worth of the combinations, what it is measured in, and that of the best control."""
    closed = {
        name: standing.closed[name].value for name in standing.ranked if name in standing.closed
    }
    if closed:
        return closed, "share of the gap", 0.0
    metric = board.metrics[0]
    controls = standing.set_aside.get("control", ())
    means = [standing.estimates[metric][name].mean for name in controls]
    return standing.complete_means(metric), in_print(metric), max(means, default=nan)
