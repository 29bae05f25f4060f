"""Cases of surrogates: plans of test cells whose true pairs nobody knows."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from aligners.hidden import Grouped

if TYPE_CHECKING:
    from aligners.plan.plan import Plan

Labels = NDArray[np.str_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Side:
    """Test cells of one modality: features (n, k) and labels (n,)."""

    x: Floats
    labels: Labels


@dataclass(frozen=True)
class Hidden:
    """Plan of a method that saw some labels merged, and the merged labels (n1,), (n2,)."""

    plan: "Plan"
    merged1: Labels
    merged2: Labels


@dataclass(frozen=True)
class Matched:
    """A plan of a method, and the test cells that it matches."""

    plan: "Plan"
    one: Side
    two: Side


@dataclass(frozen=True)
class SurrogateCase:
    """A plan of test cells (n1, n2), the cells, and plans of the same method under merged labels.

    `withheld` are plans of cells of perturbations that the method was not fitted to, `unpaired`
    those of cells that have no partners, by the method fitted to such cells.

    `paired` is false: no surrogate may know a pair.
    """

    plan: "Plan"
    one: Side
    two: Side
    hidden: tuple[Hidden, ...] = ()
    withheld: tuple[Matched, ...] = ()
    unpaired: tuple[Matched, ...] = ()
    paired: bool = False

    @cached_property
    def directions(self) -> tuple[tuple["Plan", Side, Side], ...]:
        """The plan from either modality to the other, with its cells."""
        return (self.plan, self.one, self.two), (self.plan.T, self.two, self.one)

    def guesses(self) -> Iterator[tuple["Plan", Grouped, Grouped]]:
        """Plans under merged labels, with true and merged labels of both sides."""
        for found in self.hidden:
            yield (
                found.plan,
                Grouped(self.one.labels, found.merged1),
                Grouped(self.two.labels, found.merged2),
            )
