"""The fold of a data set in a grid, and what is crossed on it."""

from dataclasses import dataclass
from typing import Any

from benchmark.datasets.facts import Facts
from benchmark.datasets.splits import SplitSpec
from benchmark.grids.methods import Method
from benchmark.grids.point import About
from benchmark.grids.spec import DatasetEntry
from benchmark.stages.graph.node import Node
from weakpair.registry import FEATURES, Entry
from weakpair.vocabulary.tasks import Task


@dataclass(frozen=True)
class Combination:
    """A learner from a seed with an aligner, for a task."""

    learner: Method | None
    aligner: Method | None
    task: Task
    seed: int


@dataclass(frozen=True)
class GridFold:
    """The place of points: data set, split, fold, and the stages that read and prepare them.

    `told` has the same test cells, and all training cells in both modalities: who is told pairs
    learns from it.
    """

    entry: DatasetEntry
    split: SplitSpec
    name: str
    test_to_train: float
    facts: Facts
    data: Node
    node: Node
    told: Node
    about: About

    def feeds(self, one: Combination) -> bool:
        """Tell whether the data have what the methods need: oracles need pairs or a known truth."""
        entries = [method.entry for method in (one.learner, one.aligner) if method]
        if one.task == "surrogate" and any(knows_truth(entry) for entry in entries):
            return False
        if any(entry.needs_pairing for entry in entries) and not self._has_pairs(one.task):
            return False
        return one.learner is None or one.learner.entry.reads in (FEATURES, *self.facts.truths)

    def _has_pairs(self, task: Task) -> bool:
        """Test cells of paired data are paired; disjoint training cells are not."""
        return self.facts.paired and (task == "matching" or self.split.overlap > 0)

    def learnt_by(self, learner: Method, task: Task) -> Node:
        """The cells that a learner is fitted to; other tasks need latents of the fold's own."""
        told = learner.entry.needs_pairing and task == "matching"
        return self.told if told else self.node


def knows_truth(entry: Entry[Any]) -> bool:
    """Tell whether a method is told pairs, or reads what only a simulator knows."""
    return entry.needs_pairing or entry.reads != FEATURES
