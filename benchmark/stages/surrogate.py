"""Scores a plan of test cells without their true pairs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from benchmark.metrics.surrogate_cases import Hidden, Side, SurrogateCase
from benchmark.stages.graph.context import Context, Output
from benchmark.stages.score import MetricStage, scored
from weakpair.magnitudes import as_float64


def hidden_plan(number: int) -> str:
    """The name under which the plan of a merge is read."""
    return f"hidden{number}"


def merged_fold(number: int) -> str:
    """The name under which the fold of a merge is read."""
    return f"merged{number}"


@dataclass(frozen=True)
class Surrogate(MetricStage):
    """The metrics of plans without pairs; reads `fold`, `plan` and, per merge, fold and plan.

    Attributes:
        metrics: name → version of every metric.
        merges: how many there are.
    """

    kind: ClassVar = "surrogate"
    version: ClassVar = "1"
    typical_seconds: ClassVar = 0.1

    metrics: Mapping[str, int | str]
    merges: int

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
        )
        converged = all(one.converged for one in plans)
        return Output(scored(case, self.metrics), {"converged": converged})
