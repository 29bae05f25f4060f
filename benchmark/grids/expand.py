"""Expansion of a grid into points and the graph of stages that computes them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import aligners
import learners
from aligners.hidden import LEAST
from benchmark import datasets
from benchmark.datasets import Dataset, DatasetSpec
from benchmark.datasets.preprocessing.pipeline import Pipeline
from benchmark.datasets.splits import SplitSpec
from benchmark.grids.ensembles import ENSEMBLE, EnsembleSpec, check_members, chosen
from benchmark.grids.fold import Combination, GridFold, knows_truth
from benchmark.grids.methods import Describe, Method, alone, check_partners
from benchmark.grids.point import NO_ALIGNER, NO_LEARNER, About, Point
from benchmark.grids.preview import Preview
from benchmark.grids.spec import DatasetEntry, GridSpec
from benchmark.imputation import ImputerSpec
from benchmark.stages.align import Align
from benchmark.stages.blend import Blend, input_name
from benchmark.stages.fit import Fit
from benchmark.stages.graph.graph import Graph
from benchmark.stages.graph.node import Node
from benchmark.stages.graph.stage import Stage
from benchmark.stages.impute import Impute
from benchmark.stages.prepare import Prepare
from benchmark.stages.probe import Probe
from benchmark.stages.score import Score
from benchmark.stages.split import Split
from benchmark.stages.surrogates.forms import drawn, fold_name, plan_name
from benchmark.stages.surrogates.surrogate import Surrogate
from benchmark.stages.table import COLUMNS, STAGES
from benchmark.store.keys import sha256
from benchmark.store.store import Store
from weakpair.errors import BenchError, ConfigError
from weakpair.registry import Role
from weakpair.registry.foreign import describe
from weakpair.vocabulary.metrics import METRICS
from weakpair.vocabulary.splits import SAME
from weakpair.vocabulary.tasks import TASKS, Task


@dataclass(frozen=True)
class Problem:
    """A data set that cannot be used; the rest of the grid goes on."""

    dataset: str
    error: BenchError


@dataclass
class Expansion:
    """All points of a grid, the graph that computes them, and what cannot be computed.

    `alone` are learners of which no plan is made, and the aligners that they would go with.
    """

    graph: Graph = field(default_factory=Graph)
    points: list[Point] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    read: list[Preview] = field(default_factory=list)
    alone: dict[str, list[str]] = field(default_factory=dict)

    def note(self, preview: Preview) -> None:
        """File what is known of a data set; what several splits or grids look at is one."""
        place = preview.spec.name, preview.source
        if all((other.spec.name, other.source) != place for other in self.read):
            self.read.append(preview)

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
        InputError: a method or parameter is wrong, no data set at all can be used, or no point
            is left.
    """
    expansion = Expansion()
    for part in grid.parts:
        resources = {"device": device, "threads": threads}
        expander = _Expander(part, store, resources, expansion, loaded or {}, describe)
        for entry in part.datasets:
            expander.add(entry)
    expansion.points = _distinct(expansion.points)
    if expansion.problems and not expansion.points:
        raise expansion.problems[0].error
    if not expansion.points:
        raise ConfigError(
            f"grid {grid.name!r} has no point: no learner goes with an aligner of it, or the data "
            "lack what its methods need (true pairs, or a known truth)"
        )
    return expansion


def _distinct(points: list[Point]) -> list[Point]:
    """Points without repetition: included grids may share some.

    Raises:
        ConfigError: two included grids compute one point in different ways.
    """
    known: dict[Point, Point] = {}
    for point in points:
        place = replace(point, keys=(), settings="", protocol="", test_to_train=0.0)
        if known.setdefault(place, point) != point:
            raise ConfigError(
                f"{point.learner} + {point.aligner} on {point.dataset} {point.variant}: two "
                "included grids have different settings for it; tell them apart by 'label'"
            )
    return list(known.values())


class _Expander:
    """Adds the points of one grid to an expansion."""

    def __init__(
        self,
        grid: GridSpec,
        store: Store,
        resources: Mapping[str, Any],
        expansion: Expansion,
        loaded: Mapping[str, Dataset],
        describe: Describe,
    ) -> None:
        self.grid, self.store, self.expansion, self.loaded = grid, store, expansion, loaded
        self.resources = resources
        self.learners = [Method.of(learners.REGISTRY, spec, describe) for spec in grid.learners]
        self.aligners = [Method.of(aligners.REGISTRY, spec, describe) for spec in grid.aligners]
        self.metrics = {task: METRICS.versions(task, grid.metrics) for task in TASKS}
        self._fits: dict[tuple[str, str, int], Node] = {}
        check_partners(self.learners, self.aligners)
        if set(grid.tasks) != {"probe"}:
            expansion.alone |= alone(self.learners, self.aligners)
        check_members(grid.ensembles, {_named(*pair): _role(*pair) for pair in self._plans()})

    def add(self, entry: DatasetEntry) -> None:
        """Add the points of one data set; what it cannot give is filed as a problem."""
        preview = None
        for spec in self.grid.splits:
            try:
                preview = preview or Preview.of(
                    datasets.resolve(entry.data), self.store, self.loaded
                )
                self._add_split(entry, spec, preview)
            except BenchError as error:
                self.expansion.complain(Problem(entry.data.name, error))
        if preview:
            preview.let_go()

    def _add_split(self, entry: DatasetEntry, spec: SplitSpec, preview: Preview) -> None:
        """Add the points of one data set under one split."""
        spec_of_data, facts, seed = preview.spec, preview.facts, self.grid.seed
        self.expansion.note(preview)
        data = self.expansion.graph.add(preview.node)
        parts = self._stage(Split(spec.plain(), seed), data=data)
        whole = self._whole(spec, data)
        about = About.of(facts, spec_of_data)
        modalities = (spec_of_data.modality1, spec_of_data.modality2)
        steps = [Pipeline(modality.preprocess).recipe() for modality in modalities]
        for name, ratio in preview.folds(parts, spec, seed).items():
            node = self._stage(Prepare(name, steps), data=data, split=parts)
            told = self._stage(Prepare(name, steps), data=data, split=whole) if whole else node
            fold = GridFold(entry, spec, name, ratio, facts, data, node, told, about)
            first = len(self.expansion.points)
            for one in filter(fold.feeds, self._combinations()):
                if one.aligner:
                    self._add_plan(fold, one, one.aligner)
                elif one.learner:
                    self._add_probe(fold, one, one.learner, spec_of_data)
            self._blend(fold, self.expansion.points[first:])

    def _whole(self, spec: SplitSpec, data: Node) -> Node | None:
        """The split with paired training cells, if theirs are not and a learner is told pairs."""
        if spec.overlap == 1 or not any(one.entry.needs_pairing for one in self.learners):
            return None
        paired = spec.model_copy(update={"training_cells": SAME})
        return self._stage(Split(paired.plain(), self.grid.seed), data=data)

    def _stage(self, stage: Stage, **inputs: Node) -> Node:
        """Put a stage into the graph."""
        return self.expansion.graph.add(stage.node(self.resources, **inputs))

    def _combinations(self) -> Iterator[Combination]:
        """Combinations that each task crosses: the probe takes every learner without an aligner."""
        plans = [task for task in self.grid.tasks if task != "probe"]
        for (learner, aligner), task in product(self._plans(), plans):
            for seed in self._seeds(learner):
                yield Combination(learner, aligner, task, seed)
        if "probe" in self.grid.tasks:
            for learner in self.learners:
                yield from (Combination(learner, None, "probe", s) for s in self._seeds(learner))

    def _seeds(self, learner: Method | None) -> Sequence[int]:
        """The seeds that a learner is fitted from; what is no learner has no fit to repeat."""
        return range(self.grid.seed, self.grid.seed + (self.grid.seeds if learner else 1))

    def _plans(self) -> Iterator[tuple[Method | None, Method]]:
        """Pairs of learners and aligners; an aligner without use for latents stands once."""
        for aligner in self.aligners:
            if aligner.entry.uses_latents:
                yield from ((one, aligner) for one in self.learners if one.goes_with(aligner))
            else:
                yield None, aligner

    def _fit(self, fold: GridFold, learner: Method, one: Combination) -> Node:
        """Fit of a learner on a fold, the same for all aligners and tasks."""
        cells = fold.learnt_by(learner, one.task)
        place = (cells.key, learner.shown, one.seed)
        if place not in self._fits:
            fit = Fit(learner.entry.name, learner.params, one.seed, learner.version)
            self._fits[place] = self._stage(fit, fold=cells)
        return self._fits[place]

    def _add_plan(self, fold: GridFold, one: Combination, aligner: Method) -> None:
        """Add the points whose plan is that of an aligner, of latents or of features."""
        task = one.task
        fitted = self._fit(fold, one.learner, one) if one.learner else None
        source = {"latents": fitted} if fitted else {"fold": fold.node}
        name, params, version = aligner.entry.name, aligner.params, aligner.version
        paired, metrics = fold.facts.paired, self.metrics[task]
        if task == "surrogate":
            plan = self._stage(Align(name, params, "test", version), **source)
            inputs = {"fold": fold.node, "plan": plan, **self._hidden(fold, one, aligner)}
            scores = self._stage(Surrogate(metrics, **self._times(fold)), **inputs)
            self._keep(fold, one, (fitted, plan, scores))
            return
        if task == "matching":
            plan = self._stage(Align(name, params, "test", version), **source)
            judged = {"fold": fold.node, "plan": plan}
            if fitted and any(METRICS.entry(name).needs_latents for name in metrics):
                judged["latents"] = fitted
            scores = self._stage(Score(task, paired, metrics, most=self._most(fold)), **judged)
            self._keep(fold, one, (fitted, plan, scores))
            return
        plan = self._stage(Align(name, params, "train", version), **source)
        for imputer in self.grid.imputer.each():
            impute = Impute(imputer.model_dump(mode="json"))
            imputed = self._stage(impute, fold=fold.node, plan=plan)
            score = Score("imputation", paired, metrics, self.grid.knn, self._most(fold))
            scores = self._stage(score, fold=fold.node, prediction=imputed)
            self._keep(fold, one, (fitted, plan, imputed, scores), imputer)

    def _most(self, fold: GridFold) -> int | None:
        """Cells that metrics of all pairs look at, None where the data set has no more."""
        most = self.grid.score_cells
        return most if max(fold.facts.cells) > most else None

    def _hidden(self, fold: GridFold, one: Combination, aligner: Method) -> dict[str, Node]:
        """Other forms of the fold, and the plans of a combination that sees these alone."""
        found: dict[str, Node] = {}
        for form in drawn(self._times(fold)):
            other = self._stage(form, fold=fold.node)
            found[fold_name(form)] = other
            found[plan_name(form)] = self._plan_of(fold, other, one, aligner)
        return found

    def _plan_of(self, fold: GridFold, other: Node, one: Combination, aligner: Method) -> Node:
        """The plan of a combination on another form of a fold."""
        fitted = self._fit(replace(fold, node=other), one.learner, one) if one.learner else None
        source = {"latents": fitted} if fitted else {"fold": other}
        align = Align(aligner.entry.name, aligner.params, "test", aligner.version)
        return self._stage(align, **source)

    def _times(self, fold: GridFold) -> dict[str, int]:
        """Times that each is drawn: none where two groups, or test cells, would be missing."""
        times = self.grid.surrogate.model_dump(mode="json")
        few = fold.facts.groups < LEAST
        none = {"merges": few, "withheld": few or fold.split.kind == "lopo"}
        return {name: 0 if none.get(name) else count for name, count in times.items()}

    def _add_probe(
        self, fold: GridFold, one: Combination, learner: Method, data: DatasetSpec
    ) -> None:
        fitted = self._fit(fold, learner, one)
        columns = {"downstream": data.downstream, "batch": data.batch}
        spec = self.grid.probe.model_dump(mode="json")
        probe = Probe(spec, columns, self.metrics["probe"], fold.node.identity)
        scores = self._stage(probe, data=fold.data, latents=fitted)
        self._keep(fold, one, (fitted, scores))

    def _blend(self, fold: GridFold, points: Sequence[Point]) -> None:
        """Add the ensembles of a fold, whose points with plans of test cells are here."""
        here = [point for point in points if point.task == "matching"]
        for ensemble in self.grid.ensembles if here else ():
            for seed in range(self.grid.seed, self.grid.seed + self.grid.seeds):
                own = {
                    f"{point.learner} + {point.aligner}": point
                    for point in here
                    if point.seed == seed or point.learner == NO_LEARNER
                }
                members = chosen(ensemble, here[0], own)
                if members:
                    self._add_blend(fold, ensemble, members, seed)

    def _add_blend(
        self, fold: GridFold, ensemble: EnsembleSpec, members: Sequence[Point], seed: int
    ) -> None:
        """Add the mean of the plans of these points."""
        nodes = self.expansion.graph.nodes
        plans = [nodes[dict(point.keys)["align_key"]] for point in members]
        named = {input_name(number): plan for number, plan in enumerate(plans)}
        blend = self._stage(Blend(ensemble.label, "test"), fold=fold.node, **named)
        score = Score("matching", fold.facts.paired, self.metrics["matching"])
        scores = self._stage(score, fold=fold.node, plan=blend)
        keys = {STAGES[node.kind].column: node.key for node in (blend, scores)}
        self.expansion.points.append(
            replace(
                members[0],
                learner=ENSEMBLE,
                aligner=ensemble.label,
                role="method",
                seed=seed,
                keys=tuple((column, keys.get(column, "")) for column in COLUMNS),
                settings=sha256([members[0].protocol, ensemble.model_dump(mode="json")]),
            )
        )

    def _keep(
        self,
        fold: GridFold,
        one: Combination,
        nodes: tuple[Node | None, ...],
        imputer: ImputerSpec | None = None,
    ) -> None:
        """File a point and the nodes that compute it."""
        learner, aligner = one.learner, one.aligner
        protocol = self._protocol(fold, one.task, imputer)
        keys = {STAGES[node.kind].column: node.key for node in nodes if node}
        point = Point(
            dataset=fold.entry.data.name,
            variant=fold.entry.variant,
            replicate=fold.entry.replicate,
            split=fold.split.words,
            training_cells=fold.split.training_cells,
            fold=fold.name,
            learner=learner.shown if learner else NO_LEARNER,
            aligner=aligner.shown if aligner else NO_ALIGNER,
            role=_role(learner, aligner),
            task=one.task,
            seed=one.seed,
            keys=tuple((column, keys.get(column, "")) for column in COLUMNS),
            target=imputer.target if imputer else 0,
            settings=sha256(
                [protocol, fold.about.preprocess]
                + [method.settings if method else None for method in (learner, aligner)]
            ),
            protocol=sha256(protocol),
            test_to_train=fold.test_to_train,
            about=fold.about,
        )
        self.expansion.points.append(point)

    def _protocol(self, fold: GridFold, task: Task, imputer: ImputerSpec | None) -> dict[str, Any]:
        """Settings that all rows of a table share: how data are split, learnt from and scored."""
        imputed = [imputer.model_dump(mode="json"), self.grid.knn] if imputer else None
        judged = {"probe": self.grid.probe, "surrogate": self.grid.surrogate}.get(task)
        probed = judged.model_dump(mode="json") if judged else None
        return {
            "split": fold.split.plain(),
            "task": imputed or probed,
            "metrics": self.metrics[task],
            "seed": self.grid.seed,
            **({"score_cells": most} if (most := self._most(fold)) else {}),
        }


def _named(learner: Method | None, aligner: Method) -> str:
    """A combination as ensembles name it."""
    return f"{learner.shown if learner else NO_LEARNER} + {aligner.shown}"


def _role(learner: Method | None, aligner: Method | None) -> Role:
    """Role of a combination in tables: the more telling one of the two.

    Whoever is told pairs or truth is an oracle, whatever its entry says.
    """
    entries = [method.entry for method in (learner, aligner) if method]
    told = any(knows_truth(entry) for entry in entries)
    roles: set[Role] = {"oracle"} if told else {entry.role for entry in entries}
    order: tuple[Role, ...] = ("oracle", "control", "baseline")
    return next((role for role in order if role in roles), "method")
