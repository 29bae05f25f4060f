"""Grid specs: which learners, aligners, data sets and splits are crossed, and how."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from benchmark.datasets import DatasetSpec
from benchmark.datasets.splits import SplitSpec
from benchmark.grids.elaborate import elaborated
from benchmark.grids.ensembles import EnsembleSpec
from benchmark.grids.surrogates import SurrogateSpec
from benchmark.imputation import ImputerSpec
from benchmark.probing import ProbeSpec
from learners.calibrated import Tuning
from weakpair.specs import Frozen, parse
from weakpair.vocabulary.metrics import METRICS
from weakpair.vocabulary.tasks import PLAN_TASKS, Task


class MethodSpec(Frozen):
    """A learner or an aligner: its short name, parameters that differ from the defaults, and the
    name it has in tables (`label`; needed when one method stands in a grid twice). `aligners` of a
    learner and `learners` of an aligner name those it goes with, where others are of no use; None
    means all.
    """

    kind_of_spec: ClassVar[str] = "method"
    name: str
    params: dict[str, Any] = Field(default_factory=dict)
    label: str = ""
    aligners: tuple[str, ...] | None = None
    learners: tuple[str, ...] | None = None

    @property
    def shown(self) -> str:
        """The name in tables."""
        return self.label or self.name


class DatasetEntry(Frozen):
    """A data set of the grid; `variant` and `replicate` tell apart rows of the same name."""

    kind_of_spec: ClassVar[str] = "data set entry"
    data: DatasetSpec
    variant: str = ""
    replicate: int = Field(default=0, ge=0, lt=2**63)


class GridSpec(Frozen):
    """A validated grid; everything in it is part of the keys of what it computes.

    A grid that includes others has no data sets, learners and aligners of its own. `tuning` says
    which search the learners' settings are from, where there was one; what a grid states of a
    learner itself goes before. `seeds` is how often a learner is fitted to each fold, from seeds of
    its own: `seed`, `seed` + 1, ...; splits, imputers and probes are the same for all of them.
    `ensembles` are means of plans that the grid has. `metrics` chooses which are computed: for a
    task of which none is named, all that need not be asked for. `score_cells` bounds the cells that
    metrics of all pairs of cells look at; data sets with fewer do not know of it.
    """

    kind_of_spec: ClassVar[str] = "grid"
    name: str
    about: str = ""
    include: tuple["GridSpec", ...] = ()
    datasets: tuple[DatasetEntry, ...] = ()
    splits: tuple[SplitSpec, ...] = (SplitSpec(),)
    tuning: Tuning = "same"
    learners: tuple[MethodSpec, ...] = ()
    aligners: tuple[MethodSpec, ...] = ()
    ensembles: tuple[EnsembleSpec, ...] = ()
    tasks: tuple[Task, ...] = PLAN_TASKS
    imputer: ImputerSpec = ImputerSpec()
    probe: ProbeSpec = ProbeSpec()
    surrogate: SurrogateSpec = SurrogateSpec()
    metrics: tuple[str, ...] | None = None
    knn: int = Field(default=10, ge=1)
    score_cells: int = Field(default=10_000, ge=100)
    seed: int = Field(default=0, ge=0, lt=2**62)
    seeds: int = Field(default=1, ge=1, le=1000)

    @property
    def parts(self) -> tuple["GridSpec", ...]:
        """The grids to expand: those that it includes, or itself."""
        return self.include or (self,)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        """Plans need an aligner; the probe scores latents themselves and needs a learner."""
        if self.include:
            return self
        if not self.datasets:
            raise ValueError("datasets: at least one is needed")
        plans = [task for task in self.tasks if task != "probe"]
        if plans and not self.aligners:
            raise ValueError(f"aligners: task {plans[0]!r} needs at least one aligner")
        if "probe" in self.tasks and not self.learners:
            raise ValueError("learners: task 'probe' needs at least one learner")
        return self

    @model_validator(mode="after")
    def _known_metrics(self) -> Self:
        for name in self.metrics or ():
            METRICS.entry(name)
        return self

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        for kind, methods in (("learner", self.learners), ("aligner", self.aligners)):
            partnered = "learners" if kind == "learner" else "aligners"
            for method in methods:
                if getattr(method, partnered) is not None:
                    raise ValueError(f"{kind} {method.shown!r} names {partnered} to go with")
            shown = [method.shown for method in methods]
            twice = sorted({name for name in shown if shown.count(name) > 1})
            if twice:
                raise ValueError(
                    f"{kind} {twice[0]!r} stands in the grid twice; tell them apart by 'label'"
                )
        return self


def validate_grid(content: Mapping[str, Any]) -> GridSpec:
    """Turn plain content into a grid: elaborate it, then validate.

    Raises:
        ConfigError: names the key that is wrong and the nearest known one.
    """
    return parse(GridSpec, elaborated(content), f"grid {content.get('name', '')!r}")
