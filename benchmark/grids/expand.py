"""Expands a grid into cells and the graph of stages that computes them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import aligners
import learners
from benchmark import datasets
from benchmark.datasets import Dataset, DatasetSpec
from benchmark.datasets.facts import Facts
from benchmark.datasets.splits import SplitSpec
from benchmark.grids.point import NO_ALIGNER, NO_LEARNER, About, Cell
from benchmark.grids.preview import Seen
from benchmark.grids.spec import DatasetEntry, GridSpec
from benchmark.imputation import ImputerSpec
from benchmark.stages.graph import Graph, Stage
from benchmark.stages.recipes import Describe, Method, Recipes
from benchmark.store.keys import sha256
from benchmark.store.store import Store
from weakpair.errors import BenchError, ConfigError
from weakpair.registry import FEATURES, Role
from weakpair.registry.foreign import describe
from weakpair.vocabulary.tasks import Task


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
    read: list[Seen] = field(default_factory=list)

    def saw(self, seen: Seen) -> None:
        """File what is known of a data set; what several splits or grids see is one."""
        if all(
            (one.spec.name, one.source.key) != (seen.spec.name, seen.source.key)
            for one in self.read
        ):
            self.read.append(seen)

    def complain(self, problem: Problem) -> None:
        """File a problem; what several splits of a data set run into is one."""
        known = {(other.dataset, str(other.error)) for other in self.problems}
        if (problem.dataset, str(problem.error)) not in known:
            self.problems.append(problem)


def expand_grid(
    grid: GridSpec,
    store: Store,
    *,
    device: str = "cpu",
    threads: int = 1,
    loaded: Mapping[str, Dataset] | None = None,
    describe: Describe = describe,
) -> Expansion:
    """Expand a grid; reads data and store, computes and writes nothing.

    `loaded` are data sets that were read already, by the digest of their source; `describe` says
    what is to be known of a method, without importing it or by that.

    Raises:
        InputError: a method or parameter is wrong, no data set at all can be used, or no cell
            is left.
    """
    made = Expansion()
    for part in grid.parts:
        recipes = Recipes(made.graph, {"device": device, "threads": threads})
        expander = _Expander(part, store, recipes, made, loaded or {}, describe)
        for entry in part.datasets:
            expander.add(entry)
    made.cells = _distinct(made.cells)
    if made.problems and not made.cells:
        raise made.problems[0].error
    if not made.cells:
        raise ConfigError(
            f"grid {grid.name!r} has no cell: no learner goes with an aligner of it, or the data "
            "lack what its methods need (true pairs, or a known truth)"
        )
    return made


def _distinct(cells: list[Cell]) -> list[Cell]:
    """Every cell once: included grids may share some.

    Raises:
        ConfigError: two included grids compute one cell in different ways.
    """
    seen: dict[Cell, Cell] = {}
    for cell in cells:
        bare = replace(cell, fit_key="", align_key="", impute_key="", score_key="")
        place = replace(bare, settings="", protocol="", test_to_train=0.0)
        if seen.setdefault(place, cell) != cell:
            raise ConfigError(
                f"{cell.learner} + {cell.aligner} on {cell.dataset} {cell.variant}: two included "
                "grids have different settings for it; tell them apart by 'label'"
            )
    return list(seen.values())


@dataclass(frozen=True)
class _Fold:
    """Where cells stand: data set, split, fold, and the stages that read and prepare them."""

    entry: DatasetEntry
    split: SplitSpec
    name: str
    test_to_train: float
    facts: Facts
    source: Stage
    stage: Stage
    about: About

    def feeds(self, learner: Method | None, aligner: Method | None, task: Task) -> bool:
        """Whether the data have what the methods need: oracles need pairs or a known truth."""
        if aligner and aligner.entry.needs_pairing and not self._has_pairs(task):
            return False
        if learner is None:
            return True
        known = learner.entry.reads in (FEATURES, *self.facts.truths)
        return known and (self._has_pairs("imputation") or not learner.entry.needs_pairing)

    def _has_pairs(self, task: Task) -> bool:
        """Test cells of paired data are paired; disjoint training cells are not."""
        return self.facts.paired and (task == "matching" or self.split.overlap > 0)


class _Expander:
    def __init__(
        self,
        grid: GridSpec,
        store: Store,
        recipes: Recipes,
        made: Expansion,
        loaded: Mapping[str, Dataset],
        describe: Describe,
    ) -> None:
        self.grid, self.store, self.made, self.loaded = grid, store, made, loaded
        self.recipes = recipes
        self.learners = [Method.of(learners.REGISTRY, spec, describe) for spec in grid.learners]
        self.aligners = [Method.of(aligners.REGISTRY, spec, describe) for spec in grid.aligners]
        self._fits: dict[tuple[str, str], Stage] = {}
        self._check_partners()

    def _check_partners(self) -> None:
        """A partner may be left out of the grid (`--aligners`), but must be known."""
        here = {aligner.shown for aligner in self.aligners}
        for partner in sorted(set().union(*(one.partners or () for one in self.learners)) - here):
            aligners.REGISTRY.entry(partner)

    def add(self, entry: DatasetEntry) -> None:
        """Add the cells of one data set; what it cannot give is filed as a problem."""
        seen = None
        for spec in self.grid.splits:
            try:
                seen = seen or self._seen(entry)
                self._add_split(entry, spec, seen)
            except BenchError as error:
                self.made.complain(Problem(entry.data.name, error))

    def _seen(self, entry: DatasetEntry) -> Seen:
        data = datasets.resolve(entry.data)
        source = self.recipes.source(data)
        return Seen(data, source, self.store, self.loaded.get(source.params["source"]))

    def _add_split(self, entry: DatasetEntry, spec: SplitSpec, seen: Seen) -> None:
        """Add the cells of one data set under one split."""
        data, facts = seen.spec, seen.facts
        self.made.saw(seen)
        source = self.recipes.seen(seen.source, facts)
        parts = self.recipes.split(source, spec, self.grid.seed)
        about = About.of(facts, data)
        for name, ratio in seen.folds(parts, spec, self.grid.seed).items():
            stage = self.recipes.fold(source, parts, name, data)
            fold = _Fold(entry, spec, name, ratio, facts, source, stage, about)
            for (learner, aligner), task in self._combinations():
                if not fold.feeds(learner, aligner, task):
                    continue
                if aligner:
                    self._add_cell(fold, learner, aligner, task)
                elif learner:
                    self._add_probe(fold, learner, data)

    def _combinations(self) -> Iterator[tuple[tuple[Method | None, Method | None], Task]]:
        """What is crossed for each task: the probe takes every learner without an aligner."""
        plans = [task for task in self.grid.tasks if task != "probe"]
        yield from product(self._plans(), plans)
        if "probe" in self.grid.tasks:
            yield from (((learner, None), "probe") for learner in self.learners)

    def _plans(self) -> Iterator[tuple[Method | None, Method]]:
        """Every learner with its aligners; an aligner without use for latents stands once."""
        for aligner in self.aligners:
            if aligner.entry.uses_latents:
                yield from ((one, aligner) for one in self.learners if one.goes_with(aligner))
            else:
                yield None, aligner

    def _fit(self, fold: _Fold, learner: Method) -> Stage:
        """One recipe for all aligners and tasks of a learner on a fold."""
        place = (fold.stage.key, learner.shown)
        if place not in self._fits:
            self._fits[place] = self.recipes.fit(fold.stage, learner, self.grid.seed)
        return self._fits[place]

    def _add_cell(self, fold: _Fold, learner: Method | None, aligner: Method, task: Task) -> None:
        fitted = self._fit(fold, learner) if learner else None
        if task == "matching":
            plan = self.recipes.align(fitted or fold.stage, aligner, "test")
            scores = self._scores(fold, plan, task)
            self._keep(fold, learner, aligner, task, (fitted, plan, None, scores))
            return
        plan = self.recipes.align(fitted or fold.stage, aligner, "train")
        for imputer in self.grid.imputer.each():
            imputed = self.recipes.impute(fold.stage, plan, imputer)
            stages = (fitted, plan, imputed, self._scores(fold, imputed, task))
            self._keep(fold, learner, aligner, task, stages, imputer)

    def _scores(self, fold: _Fold, scored: Stage, task: Task) -> Stage:
        return self.recipes.score(
            fold.stage, scored, task, paired=fold.facts.paired, knn=self.grid.knn
        )

    def _add_probe(self, fold: _Fold, learner: Method, data: DatasetSpec) -> None:
        fitted = self._fit(fold, learner)
        scores = self.recipes.probe(fold.source, fold.stage, fitted, self.grid.probe, data)
        self._keep(fold, learner, None, "probe", (fitted, None, None, scores))

    def _keep(
        self,
        fold: _Fold,
        learner: Method | None,
        aligner: Method | None,
        task: Task,
        stages: tuple[Stage | None, Stage | None, Stage | None, Stage],
        imputer: ImputerSpec | None = None,
    ) -> None:
        """File a cell; the stages are its fit, plan, imputation and scores."""
        protocol = self._protocol(fold, task, imputer)
        fit_key, align_key, impute_key, score_key = (one.key if one else "" for one in stages)
        cell = Cell(
            dataset=fold.entry.data.name,
            variant=fold.entry.variant,
            replicate=fold.entry.replicate,
            split=fold.split.kind,
            training_cells=fold.split.training_cells,
            fold=fold.name,
            learner=learner.shown if learner else NO_LEARNER,
            aligner=aligner.shown if aligner else NO_ALIGNER,
            role=_role(learner, aligner),
            task=task,
            seed=self.grid.seed,
            fit_key=fit_key,
            align_key=align_key,
            impute_key=impute_key,
            score_key=score_key,
            target=imputer.target if imputer else 0,
            settings=sha256(
                [protocol, fold.about.preprocess]
                + [one.settings if one else None for one in (learner, aligner)]
            ),
            protocol=sha256(protocol),
            test_to_train=fold.test_to_train,
            about=fold.about,
        )
        self.made.cells.append(cell)

    def _protocol(self, fold: _Fold, task: Task, imputer: ImputerSpec | None) -> dict[str, Any]:
        """Settings that all rows of a table share: how data are split, learnt from and scored."""
        imputed = [imputer.model_dump(mode="json"), self.grid.knn] if imputer else None
        probed = self.grid.probe.model_dump(mode="json") if task == "probe" else None
        return {
            "split": fold.split.model_dump(mode="json"),
            "task": imputed or probed,
            "metrics": self.recipes.metrics[task],
            "seed": self.grid.seed,
        }


def _role(learner: Method | None, aligner: Method | None) -> Role:
    """What a combination is in tables: the more telling role of the two.

    Whoever is told pairs or truth is an oracle, whatever its entry says.
    """
    entries = [method.entry for method in (learner, aligner) if method]
    told = any(entry.needs_pairing or entry.reads != FEATURES for entry in entries)
    roles: set[Role] = {"oracle"} if told else {entry.role for entry in entries}
    order: tuple[Role, ...] = ("oracle", "control", "baseline")
    return next((role for role in order if role in roles), "method")
