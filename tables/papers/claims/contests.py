"""Paired comparisons of combinations: won, lost, or not worse by more than a margin."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tables.inference.statistics import corrected_t_tests, half_widths, holm, one_sided_t_tests
from tables.papers.claims.fields import Combination, Field
from tables.ranked.sections import combination

LEVEL = 0.05
"""Family-wise error rate of the tests that decide one claim."""

_Test = Callable[[NDArray[np.float64], float], NDArray[np.float64]]


@dataclass(frozen=True)
class Contest:
    """One combination against another in a field, tested in a family of contests.

    Attributes:
        field: where they meet.
        one: the combination that a claim speaks for.
        other: its opponent.
        gap: mean over the units of how much better the first is.
        p: two-sided p-value of a mean gap of zero, adjusted over the family.
        p_worse: one-sided p-value of a mean gap of minus the margin or less, adjusted likewise.
        least: the smallest mean gap that would have been told from zero with this scatter,
            however the rest of the family came out: half the width of the Bonferroni interval.
    """

    field: Field
    one: Combination
    other: Combination
    gap: float
    p: float
    p_worse: float
    least: float

    @property
    def won(self) -> bool:
        """The first is better, beyond chance."""
        return self.gap > 0 and self.p <= LEVEL

    @property
    def lost(self) -> bool:
        """The first is worse, beyond chance."""
        return self.gap < 0 and self.p <= LEVEL

    @property
    def lost_by_margin(self) -> bool:
        """The first is worse beyond chance, and its mean by more than the margin."""
        return self.lost and -self.gap > self.field.margin

    @property
    def not_worse(self) -> bool:
        """The first is better, or not worse by the margin, beyond chance.

        This is the one of the two one-sided tests of equivalence that a claim of one direction
        asks: that the first may be better by more than the margin is nothing against it.
        """
        return self.won or self.p_worse <= LEVEL

    def in_words(self) -> str:
        """The contest in words, with both means."""
        means = (abs(float(self.field.means[name])) for name in (self.one, self.other))
        ours, theirs = (
            f"{combination(side)} {mean:.3f}"
            for side, mean in zip((self.one, self.other), means, strict=True)
        )
        return (
            f"{ours} against {theirs} ({self.field.metric}, {self.field.where}, p = {self.p:.2g})"
        )


def decided(pairs: Iterable[tuple[Field, Combination, Combination]]) -> list[Contest]:
    """Test all pairs as one family: Nadeau–Bengio where folds overlap, Holm over the pairs."""
    given = list(pairs)
    gaps = [found.difference(one, other) for found, one, other in given]
    overlaps = [found.test_to_train for found, _, _ in given]
    raised = [gap + found.margin for gap, (found, _, _) in zip(gaps, given, strict=True)]
    level = LEVEL / max(len(given), 1)
    columns = zip(
        (float(gap.mean()) for gap in gaps),
        holm(p_values(gaps, overlaps)).tolist(),
        holm(_together(one_sided_t_tests, raised, overlaps)).tolist(),
        _together(lambda values, overlap: half_widths(values, overlap, level), gaps, overlaps),
        strict=True,
    )
    return [Contest(*pair, *tested) for pair, tested in zip(given, columns, strict=True)]


def p_values(gaps: Sequence[NDArray[np.float64]], overlaps: Sequence[float]) -> list[float]:
    """Two-sided p-values of mean gaps of zero, computed together where they can be."""
    return _together(corrected_t_tests, gaps, overlaps)


def _together(
    test: _Test, gaps: Sequence[NDArray[np.float64]], overlaps: Sequence[float]
) -> list[float]:
    """One number per gap; gaps of one length and overlap are tested at once."""
    kinds: dict[tuple[int, float], list[int]] = {}
    for i, (gap, overlap) in enumerate(zip(gaps, overlaps, strict=True)):
        kinds.setdefault((len(gap), overlap), []).append(i)
    found = np.ones(len(gaps))
    for (_, overlap), members in kinds.items():
        found[members] = test(np.stack([gaps[i] for i in members]), overlap)
    return found.tolist()
