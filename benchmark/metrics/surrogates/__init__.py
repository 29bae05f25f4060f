"""Surrogates: what can be said of a plan without a single true pair."""

from benchmark.metrics.surrogates.cycle import cycle
from benchmark.metrics.surrogates.evidence import evidence
from benchmark.metrics.surrogates.held_out import held_out, held_out_energy
from benchmark.metrics.surrogates.hidden_label import hidden_label
from benchmark.metrics.surrogates.stability import stability
from benchmark.metrics.surrogates.structure import structure

__all__ = [
    "cycle",
    "evidence",
    "held_out",
    "held_out_energy",
    "hidden_label",
    "stability",
    "structure",
]
