"""Expands a grid into cells and the graph of stages that computes them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

import aligners
import learners
from benchmark import datasets
from benchmark.cells import NO_LEARNER, Cell
from benchmark.datasets import DatasetSpec
from benchmark.graph import Graph, Stage
from benchmark.grid import DatasetEntry, GridSpec, Task
from benchmark.recipes import Method, Recipes
from benchmark.splits import SplitSpec, make_split
from benchmark.stages.data import truths
from benchmark.store import Store
from weakpair.errors import BenchError, ConfigError
from weakpair.registry import FEATURES, Role


@dataclass(frozen=True)
class Problem:
    """A data set that cannot be used; the rest of the grid goes on."""

    dataset: str
    error: BenchError


@dataclass
class Expansion:
    """All cells of a grid, the graph that computes them, and what cannot be computed."""

    graph: Graph = field(default_factory=Graph)
    cells: list[Cell] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def expand_grid(
    grid: GridSpec, store: Store, *, device: str = "cpu", threads: int = 1
) -> Expansion:
    """Expand a grid; reads data and store, computes and writes nothing.

    Raises:
        InputError: a method or parameter is wrong, no data set at all can be used, or no learner
            goes with any aligner.
    """
    expander = _Expander(grid, store, device, threads)
    for entry, spec in product(grid.datasets, grid.splits):
        try:
            expander.add(entry, spec)
        except BenchError as error:
            expander.made.problems.append(Problem(entry.data.name, error))
    if expander.made.problems and not expander.made.cells:
        raise expander.made.problems[0].error
    if not expander.made.cells:
        raise ConfigError(f"grid {grid.name!r} has no cell: no learner goes with an aligner of it")
    return expander.made


@dataclass(frozen=True)
class _Fold:
    """Where cells stand: data set, split, fold, and the stage that prepares the fold."""

    entry: DatasetEntry
    split: SplitSpec
    name: str
    facts: "_Facts"
    stage: Stage

    def feeds(self, learner: Method | None, aligner: Method, task: Task) -> bool:
        """Whether the data have what the methods need: oracles need pairs or a known truth."""
        if aligner.entry.needs_pairing and not self._has_pairs(task):
            return False
        if learner is None:
            return True
        known = learner.entry.reads in (FEATURES, *self.facts.truths)
        return known and (self._has_pairs("imputation") or not learner.entry.needs_pairing)

    def _has_pairs(self, task: Task) -> bool:
        """Test cells of paired data are paired; disjoint training cells are not."""
        return self.facts.paired and (task == "matching" or self.split.overlap > 0)


class _Expander:
    def __init__(self, grid: GridSpec, store: Store, device: str, threads: int) -> None:
        self.grid, self.store, self.made = grid, store, Expansion()
        self.recipes = Recipes(self.made.graph, {"device": device, "threads": threads})
        self.learners = [Method.of(learners.REGISTRY, spec) for spec in grid.learners]
        self.aligners = [Method.of(aligners.REGISTRY, spec) for spec in grid.aligners]
        self._check_partners()

    def _check_partners(self) -> None:
        """A partner may be left out of the grid (`--aligners`), but must be known."""
        here = {aligner.shown for aligner in self.aligners}
        for partner in sorted(set().union(*(one.partners or () for one in self.learners)) - here):
            aligners.REGISTRY.entry(partner)

    def add(self, entry: DatasetEntry, spec: SplitSpec) -> None:
        """Add the cells of one data set under one split."""
        data = datasets.resolve(entry.data)
        source = self.recipes.source(data)
        parts = self.recipes.split(source, spec, self.grid.seed)
        facts = _facts(data, spec, self.grid.seed, self.store, parts)
        for name in facts.folds:
            fold = _Fold(entry, spec, name, facts, self.recipes.fold(source, parts, name, data))
            for (learner, aligner), task in product(self._combinations(), self.grid.tasks):
                if fold.feeds(learner, aligner, task):
                    self._add_cell(fold, learner, aligner, task)

    def _combinations(self) -> Iterator[tuple[Method | None, Method]]:
        """Every learner with its aligners; an aligner without use for latents stands once."""
        for aligner in self.aligners:
            if aligner.entry.uses_latents:
                yield from ((one, aligner) for one in self.learners if one.goes_with(aligner))
            else:
                yield None, aligner

    def _add_cell(self, fold: _Fold, learner: Method | None, aligner: Method, task: Task) -> None:
        fitted = self.recipes.fit(fold.stage, learner, self.grid.seed) if learner else None
        part = "test" if task == "matching" else "train"
        plan = scored = self.recipes.align(fitted or fold.stage, aligner, part)
        if task == "imputation":
            scored = self.recipes.impute(fold.stage, plan, self.grid.imputer)
        scores = self.recipes.score(
            fold.stage, scored, task, paired=fold.facts.paired, knn=self.grid.knn
        )
        cell = Cell(
            dataset=fold.entry.data.name,
            variant=fold.entry.variant,
            replicate=fold.entry.replicate,
            split=fold.split.kind,
            training_cells=fold.split.training_cells,
            fold=fold.name,
            learner=learner.shown if learner else NO_LEARNER,
            aligner=aligner.shown,
            role=_role(learner, aligner),
            task=task,
            seed=self.grid.seed,
            fit_key=fitted.key if fitted else "",
            align_key=plan.key,
            impute_key=scored.key if task == "imputation" else "",
            score_key=scores.key,
        )
        self.made.cells.append(cell)


def _role(learner: Method | None, aligner: Method) -> Role:
    """What a combination is in tables: the more telling role of the two.

    Whoever is told pairs or truth is an oracle, whatever its entry says.
    """
    entries = [method.entry for method in (learner, aligner) if method]
    told = any(entry.needs_pairing or entry.reads != FEATURES for entry in entries)
    roles: set[Role] = {"oracle"} if told else {entry.role for entry in entries}
    order: tuple[Role, ...] = ("oracle", "control", "baseline")
    return next((role for role in order if role in roles), "method")


@dataclass(frozen=True)
class _Facts:
    """What a grid must know of data and split: names of folds and of truths, and the pairing."""

    folds: tuple[str, ...]
    paired: bool
    truths: tuple[str, ...]


def _facts(data: DatasetSpec, spec: SplitSpec, seed: int, store: Store, parts: Stage) -> _Facts:
    """From the store where it knows."""
    source = parts.inputs["data"]
    if store.has(parts.key) and store.has(source):
        known = store.facts(source)
        folds = store.facts(parts.key)["folds"]
        return _Facts(tuple(folds), known["paired"], tuple(known["truths"]))
    dataset = datasets.load(data)
    names = tuple(fold.name for fold in make_split(dataset, spec, seed).folds)
    return _Facts(names, dataset.paired, truths(dataset))
