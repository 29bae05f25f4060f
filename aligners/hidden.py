"""Hidden labels: groups that a method sees as one label, and how well its plan tells them apart."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from aligners.plan.plan import Plan

Labels = NDArray[np.str_]
Floats = NDArray[np.float64]

LEAST = 4
"""Labels that there must be, so that two groups of merged ones are left."""


def merged(labels: list[str], seed: int) -> dict[str, str]:
    """Label → its group, which is named by its labels; one of three where their number is odd.

    >>> sorted(set(merged(["a", "b", "c", "d", "e"], 1).values()))
    ['a+b+e', 'c+d']
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    parts = np.array_split(order, max(1, len(labels) // 2))
    found: dict[str, str] = {}
    for part in parts:
        members = sorted(labels[place] for place in part)
        found |= dict.fromkeys(members, "+".join(members))
    return found


class Grouped(NamedTuple):
    """Cells of one modality: their labels (n,) and the groups that a method saw (n,)."""

    labels: Labels
    groups: Labels


class Skill(NamedTuple):
    """Mass on the right hidden label above chance, and the most that could have been."""

    gained: float
    possible: float

    def __add__(self, other: object) -> "Skill":
        """Pool what was found on other cells or under another merge."""
        if not isinstance(other, Skill):
            return NotImplemented
        return Skill(self.gained + other.gained, self.possible + other.possible)

    @property
    def share(self) -> float:
        """1 for a plan that is always right, 0 at chance; 0 where no cell had a choice."""
        return self.gained / self.possible if self.possible else 0.0


def skill(plan: "Plan", one: Grouped, two: Grouped) -> Skill:
    """The skill of a plan in telling labels apart that it saw as one, in both directions.

    For a cell s is the share of its row's mass on cells of its true label, c the share of the
    other side's cells of its group that have its label. Gained is the sum of s − c over all cells
    with a choice, 0 < c < 1, possible that of 1 − c.

    Args:
        plan: of the cells, (n1, n2), made with groups for labels.
        one: rows of the plan.
        two: columns of the plan.
    """
    return sum(skill_by_group(plan, one, two).values(), Skill(0.0, 0.0))


def skill_by_group(plan: "Plan", one: Grouped, two: Grouped) -> dict[str, Skill]:
    """The skill in each group's cells, in both directions; see `skill`.

    Args:
        plan: of the cells, (n1, n2), made with groups for labels.
        one: rows of the plan.
        two: columns of the plan.
    """
    found: dict[str, Skill] = {}
    for way, own, other in ((plan, one, two), (plan.T, two, one)):
        right, chance = _share_by_row(way, own.labels, other.labels), _chance(own, other)
        choice = (chance > 0) & (chance < 1)
        for group in np.unique(own.groups[choice]).tolist():
            rows = choice & (own.groups == group)
            here = Skill(float((right - chance)[rows].sum()), float((1 - chance)[rows].sum()))
            found[group] = found.get(group, Skill(0.0, 0.0)) + here
    return found


def _share_by_row(plan: "Plan", labels1: Labels, labels2: Labels) -> Floats:
    """Share of each row's mass on columns of its own label, (n1,); 0 of rows without mass."""
    classes, codes = np.unique(np.concatenate([labels1, labels2]), return_inverse=True)
    own, others = codes[: len(labels1)], codes[len(labels1) :]
    onto = np.eye(len(classes))[others]
    mass = np.asarray(plan @ onto, dtype=np.float64)
    sums = mass.sum(axis=1)
    return mass[np.arange(len(own)), own] / np.where(sums > 0, sums, 1)


def _chance(own: Grouped, other: Grouped) -> Floats:
    """Share of the other side's cells of a cell's group that have its label, (n1,)."""
    labels = dict(zip(*np.unique(other.labels, return_counts=True), strict=True))
    groups = dict(zip(*np.unique(other.groups, return_counts=True), strict=True))
    return np.array(
        [
            labels.get(label, 0) / groups.get(group, 1)
            for label, group in zip(own.labels, own.groups, strict=True)
        ],
        dtype=np.float64,
    )
