"""Scores a plan of test cells without their true pairs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from benchmark.metrics.surrogates.cases import Hidden, Side, SurrogateCase, Withheld
from benchmark.stages.graph.context import Context, Output
from benchmark.stages.score import MetricStage, scored
from weakpair.magnitudes import as_float64


def hidden_plan(number: int) -> str:
    """The name under which the plan of a merge is read."""
    return f"hidden{number}"


def merged_fold(number: int) -> str:
    """The name under which the fold of a merge is read."""
    return f"merged{number}"


def strange_plan(number: int) -> str:
    """The name under which the plan of cells of unknown perturbations is read."""
    return f"strange{number}"


def withheld_fold(number: int) -> str:
    """The name under which a fold with perturbations held out is read."""
    return f"withheld{number}"


@dataclass(frozen=True)
class Surrogate(MetricStage):
    """The metrics of plans without pairs; reads `fold`, `plan`, and a fold and a plan per merge.

    So it does per draw of perturbations that are held out.

    Attributes:
        metrics: name → version of every metric.
        merges: how many there are.
        withheld: how many draws there are.
    """

    kind: ClassVar = "surrogate"
    version: ClassVar = "2"
    typical_seconds: ClassVar = 0.1

    metrics: Mapping[str, int | str]
    merges: int
    withheld: int

    def run(self, context: Context) -> Output:
        """Columns metric, value, higher_is_better, note."""
        fold, plan = context.fold(), context.plan()
        plans = [plan]
        hidden = []
        for number in range(self.merges):
            found = context.plan(hidden_plan(number))
            groups = context.vectors(merged_fold(number), "x")
            hidden.append(Hidden(found, groups[1, "test"].labels, groups[2, "test"].labels))
            plans.append(found)
        first, second = fold[1, "test"], fold[2, "test"]
        case = SurrogateCase(
            plan,
            Side(as_float64(first.values), first.labels),
            Side(as_float64(second.values), second.labels),
            tuple(hidden),
            tuple(self._withheld(context, number) for number in range(self.withheld)),
        )
        plans += [one.plan for one in case.withheld]
        converged = all(one.converged for one in plans)
        return Output(scored(case, self.metrics), {"converged": converged})

    def _withheld(self, context: Context, number: int) -> Withheld:
        """The plan of a draw, and its test cells with their own labels and features."""
        test = context.vectors(withheld_fold(number), "x")
        fold = context.fold()
        sides = []
        for modality in (1, 2):
            cells = fold[modality, "test"]
            labels = dict(zip(cells.ids.tolist(), cells.labels.tolist(), strict=True))
            held = test[modality, "test"]
            own = np.array([labels[one] for one in held.ids.tolist()], dtype=np.str_)
            sides.append(Side(as_float64(held.values), own))
        return Withheld(context.plan(strange_plan(number)), *sides)
