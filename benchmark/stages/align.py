"""Couples the two modalities of one part of a fold by a transport plan."""

import aligners
from benchmark.stages.calls import called, given
from benchmark.stages.context import Context, Output, true_pairs
from benchmark.store.codecs import plan_facts, plan_to_table
from weakpair.errors import MethodError

VERSION = "1"


def run(context: Context) -> Output:
    """Columns row, sample, block, targets, weights; the plan's status stands in the facts."""
    name, part = context.params["aligner"], context.params["part"]
    entry = aligners.REGISTRY.entry(name)
    latents = context.vectors("latents", "z") if entry.uses_latents else context.fold()
    first, second = latents[1, part], latents[2, part]
    oracle = {"pairs": true_pairs(first, second)} if entry.needs_pairing else {}
    with called("aligner", entry):
        aligner = entry.make(**context.params["params"])
        plan = aligner.align(
            *given(entry, first), *given(entry, second), device=context.device, **oracle
        )
        _check(f"aligner {name!r}", plan, (len(first.ids), len(second.ids)))
        return Output(plan_to_table(plan, first.ids), plan_facts(plan))


def _check(who: str, plan: object, expected: tuple[int, int]) -> None:
    from aligners.plan.plan import Plan

    if not isinstance(plan, Plan):
        raise MethodError(f"{who} returned {type(plan).__name__}, expected a Plan")
    if plan.shape != expected:
        raise MethodError(f"{who} returned a plan of {plan.shape}, expected {expected}")
    for weights in (block.weights for block in plan.blocks):
        if not weights.is_floating_point() or weights.requires_grad:
            kind = "with gradients" if weights.requires_grad else f"of {weights.dtype}"
            raise MethodError(f"{who} returned a plan {kind}; its weights must be plain floats")
    # Not the plan's own: a class made from Plan may see it otherwise.
    Plan.validate(plan)
