"""Couples the two modalities of one part of a fold by a transport plan."""

import aligners
from benchmark.artefacts import plan_facts, plan_to_table
from benchmark.stages.context import Context, Output, true_pairs
from weakpair.errors import MethodError

VERSION = "1"


def run(context: Context) -> Output:
    """Columns row, sample, block, targets, weights; the plan's status stands in the facts."""
    name, part = context.params["aligner"], context.params["part"]
    entry = aligners.REGISTRY.entry(name)
    aligner = entry.make(**context.params["params"])
    latents = context.vectors("latents", "z") if entry.uses_latents else context.fold()
    first, second = latents[1, part], latents[2, part]
    oracle = {"pairs": true_pairs(first, second)} if entry.needs_pairing else {}
    plan = aligner.align(
        first.values,
        first.labels,
        second.values,
        second.labels,
        device=context.device,
        **oracle,
    )
    expected = (len(first.ids), len(second.ids))
    if plan.shape != expected:
        raise MethodError(f"aligner {name!r} returned a plan of {plan.shape}, expected {expected}")
    plan.validate()
    return Output(plan_to_table(plan, first.ids), plan_facts(plan))
