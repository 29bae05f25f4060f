"""The mean of several plans of the same cells."""

from dataclasses import dataclass
from typing import ClassVar

from benchmark.stages.graph.context import Context, Output
from benchmark.stages.graph.stage import Stage
from benchmark.store.codecs import Part
from benchmark.store.plans import plan_facts, plan_to_table


def input_name(number: int) -> str:
    """The name under which the stage reads one of its plans."""
    return f"plan{number}"


@dataclass(frozen=True)
class Blend(Stage):
    """The mean plan of an ensemble; reads `fold`, and its plans by `input_name`.

    Attributes:
        ensemble: its name in tables.
        part: "train" or "test".
    """

    kind: ClassVar = "blend"
    version: ClassVar = "1"
    column: ClassVar = "align_key"
    telling: ClassVar = ("ensemble",)
    typical_seconds: ClassVar = 0.05
    takes_resources: ClassVar = False

    ensemble: str
    part: Part

    def run(self, context: Context) -> Output:
        """Columns row, sample, block, targets, weights; the plan's status stands in the facts."""
        from aligners.plan.mean import mean_plan

        names = [name for name in context.node.inputs if name != "fold"]
        plan = mean_plan([context.plan(name) for name in sorted(names)])
        return Output(plan_to_table(plan, context.fold()[1, self.part].ids), plan_facts(plan))
