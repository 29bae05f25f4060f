"""Couples the two modalities of one part of a fold by a transport plan."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import aligners
from benchmark.stages.graph.calls import called, given
from benchmark.stages.graph.context import Context, Output, true_pairs
from benchmark.stages.graph.stage import MethodStage, unkeyed
from benchmark.store.codecs import Part
from benchmark.store.plans import plan_facts, plan_to_table
from weakpair.errors import MethodError

_SECONDS = {
    **{"labeled-coot": 0.09, "egwot": 0.09, "labeled-egwot": 0.05, "eot": 0.03},
    **{"labeled-eot": 0.03, "uniform": 0.01, "label-uniform": 0.01, "oracle": 0.01},
}


@dataclass(frozen=True)
class Align(MethodStage):
    """The plan of the training or the test cells; reads `latents`, or `fold` for features.

    Attributes:
        aligner: its name.
        params: all its parameters.
        part: "train" or "test".
        method_version: version of the aligner.
    """

    kind: ClassVar = "align"
    version: ClassVar = "1"
    column: ClassVar = "align_key"
    telling: ClassVar = ("aligner", "part")
    catalogue: ClassVar = aligners.REGISTRY
    seconds_of: ClassVar = _SECONDS

    aligner: str
    params: Mapping[str, Any]
    part: Part
    method_version: str = unkeyed()

    @property
    def called(self) -> str:
        """Name of the aligner."""
        return self.aligner

    def run(self, context: Context) -> Output:
        """Columns row, sample, block, targets, weights; the plan's status stands in the facts."""
        entry = self.entry
        latents = context.vectors("latents", "z") if entry.uses_latents else context.fold()
        first, second = latents[1, self.part], latents[2, self.part]
        oracle = {"pairs": true_pairs(first, second)} if entry.needs_pairing else {}
        with called("aligner", entry):
            aligner = entry.make(**self.params)
            plan = aligner.align(
                *given(entry, first), *given(entry, second), device=context.device, **oracle
            )
            _check(f"aligner {self.aligner!r}", plan, (len(first.ids), len(second.ids)))
            return Output(plan_to_table(plan, first.ids), plan_facts(plan))


def _check(who: str, plan: object, expected: tuple[int, int]) -> None:
    from aligners.plan.plan import Plan

    if not isinstance(plan, Plan):
        raise MethodError(f"{who} returned {type(plan).__name__}, expected a Plan")
    if plan.shape != expected:
        raise MethodError(f"{who} returned a plan of {plan.shape}, expected {expected}")
    for weights in (block.stored[0] for block in plan.blocks):
        if not weights.is_floating_point() or weights.requires_grad:
            kind = "with gradients" if weights.requires_grad else f"of {weights.dtype}"
            raise MethodError(f"{who} returned a plan {kind}; its weights must be plain floats")
    # Not the plan's own: a class made from Plan may see it otherwise.
    Plan.validate(plan)
