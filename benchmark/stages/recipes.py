"""The recipe of every kind of stage: what determines its result."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from benchmark import datasets
from benchmark.datasets import DatasetSpec
from benchmark.datasets.facts import Facts
from benchmark.datasets.preprocessing.pipeline import Pipeline
from benchmark.datasets.splits import SplitSpec
from benchmark.grids.spec import MethodSpec
from benchmark.imputation import ImputerSpec
from benchmark.probing import ProbeSpec
from benchmark.stages import align, data, fit, impute, prepare, probe, score, split
from benchmark.stages.graph import Graph, Kind, Stage, make_stage
from benchmark.store.keys import canonical_json
from weakpair.registry import Entry, Registry
from weakpair.registry.foreign import describe
from weakpair.vocabulary.metrics import METRICS
from weakpair.vocabulary.tasks import TASKS, Task

Describe = Callable[[Entry[Any], Mapping[str, Any]], tuple[str, dict[str, Any]]]


@dataclass(frozen=True)
class Method:
    """A learner or an aligner of a grid: its entry, its name in tables, all its parameters.

    `partners` are the aligners that a learner goes with, by their names in tables; None: all.
    """

    entry: Entry[Any]
    shown: str
    version: str
    params: Mapping[str, Any]
    partners: frozenset[str] | None = None

    @classmethod
    def of(
        cls, registry: Registry[Any], spec: MethodSpec, describe: Describe = describe
    ) -> "Method":
        """Look a method up and fill in its defaults.

        Args:
            registry: where its name is looked up.
            spec: what the grid says of it.
            describe: gives version and parameters of an entry.

        Raises:
            InputError: an unknown method or parameter, or a value that has no place in a key.
        """
        entry = registry.entry(spec.name)
        version, params = describe(entry, spec.params)
        canonical_json(params)
        partners = None if spec.aligners is None else frozenset(spec.aligners)
        return cls(entry, spec.shown, version, params, partners)

    @property
    def settings(self) -> dict[str, Any]:
        """All that determines what it does, as plain values."""
        return {"name": self.entry.name, "version": self.version, "params": dict(self.params)}

    def goes_with(self, aligner: "Method") -> bool:
        """Whether the grid wants this learner's latents aligned so."""
        return self.partners is None or aligner.shown in self.partners


@dataclass(frozen=True)
class Recipes:
    """Adds stages to a graph; `resources` are the device and threads that results depend on."""

    graph: Graph
    resources: Mapping[str, Any]

    @cached_property
    def metrics(self) -> Mapping[Task, Mapping[str, int | str]]:
        """Names and versions of each task's metrics, looked up once."""
        return {task: METRICS.versions(task) for task in TASKS}

    def source(self, spec: DatasetSpec) -> Stage:
        """The data set as it is read, by the digest of its files; not added to the graph."""
        params = {"source": datasets.source_digest(spec)}
        hints = {"spec": spec.model_dump_json()}
        return make_stage("data", params, {}, version=data.VERSION, hints=hints)

    def seen(self, source: Stage, facts: Facts) -> Stage:
        """Add a data set, from whose content seeds derive, or from a simulation's parameters."""
        origin = None if facts.pairing == "simulated" else facts.origin
        made = make_stage(
            "data", source.params, {}, version=data.VERSION, hints=source.hints, origin=origin
        )
        return self.graph.add(made)

    def split(self, source: Stage, spec: SplitSpec, seed: int) -> Stage:
        """The folds of a split, as row ids."""
        params = {"split": spec.model_dump(mode="json"), "seed": seed}
        made = make_stage("split", params, {"data": source}, version=split.VERSION)
        return self.graph.add(made)

    def fold(self, source: Stage, parts: Stage, name: str, spec: DatasetSpec) -> Stage:
        """One fold's features, preprocessed."""
        steps = [Pipeline(m.preprocess).recipe() for m in (spec.modality1, spec.modality2)]
        params = {"fold": name, "preprocess": steps}
        return self._add("prepare", params, {"data": source, "split": parts}, prepare.VERSION)

    def fit(self, fold: Stage, learner: Method, seed: int) -> Stage:
        """A fitted learner's latents of all cells of the fold."""
        params = {"learner": learner.entry.name, "params": learner.params, "seed": seed}
        return self._add("fit", params, {"fold": fold}, f"{fit.VERSION}.{learner.version}")

    def align(self, source: Stage, aligner: Method, part: str) -> Stage:
        """The plan of the training or the test cells; `source` holds latents, or features."""
        name = "latents" if aligner.entry.uses_latents else "fold"
        params = {"aligner": aligner.entry.name, "params": aligner.params, "part": part}
        return self._add("align", params, {name: source}, f"{align.VERSION}.{aligner.version}")

    def impute(self, fold: Stage, plan: Stage, imputer: ImputerSpec) -> Stage:
        """Predicted features of the test cells; every plan of a fold meets the same draws."""
        params = {"imputer": imputer.model_dump(mode="json")}
        inputs, draws = {"fold": fold, "plan": plan}, _draws(fold, direction=imputer.direction)
        return self._add("impute", params, inputs, impute.version(), draws)

    def score(self, fold: Stage, scored: Stage, task: Task, *, paired: bool, knn: int) -> Stage:
        """The metrics of a plan (matching) or of predictions (imputation; `knn` neighbours)."""
        matching = task == "matching"
        name = "plan" if matching else "prediction"
        params: dict[str, Any] = {"task": task, "paired": paired, "metrics": self.metrics[task]}
        params |= {} if matching else {"knn": knn}
        return self._add("score", params, {"fold": fold, name: scored}, score.VERSION)

    def probe(
        self, source: Stage, fold: Stage, latents: Stage, spec: ProbeSpec, data: DatasetSpec
    ) -> Stage:
        """The metrics of latents themselves; `source` knows the cells' further labels.

        All latents of a fold meet the same pairs of cells.
        """
        columns = {"downstream": data.downstream, "batch": data.batch}
        params = {
            "probe": spec.model_dump(mode="json"),
            "columns": columns,
            "metrics": self.metrics["probe"],
        }
        inputs = {"data": source, "latents": latents}
        return self._add("probe", params, inputs, probe.VERSION, _draws(fold))

    def _add(
        self,
        kind: Kind,
        params: Mapping[str, Any],
        inputs: Mapping[str, Stage],
        version: str,
        draws: Mapping[str, Any] | None = None,
    ) -> Stage:
        resources = self.resources
        made = make_stage(kind, params, inputs, version=version, resources=resources, draws=draws)
        return self.graph.add(made)


def _draws(fold: Stage, **of: str) -> dict[str, Any]:
    """Origin of the seed of a stage that judges methods: the fold and no method.

    Differences between methods are then free of what the judges draw, as paired tests need.
    """
    return {"fold": fold.identity, **of}
