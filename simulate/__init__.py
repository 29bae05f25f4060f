"""Weakly paired modalities with a known truth: GROOVE's simulation in Pyro (Appendix C)."""

from simulate.oracle import ORACLES, oracle_latents
from simulate.parameters import Parameters
from simulate.picture import draw, write_picture
from simulate.simulation import VERSION, Simulation, Truth, simulate
from simulate.summary import Summary, summarise
from simulate.writers import WRITERS, write_replicates

__part_of__ = "weakpair"
__all__ = [
    "ORACLES",
    "VERSION",
    "WRITERS",
    "Parameters",
    "Simulation",
    "Summary",
    "Truth",
    "draw",
    "oracle_latents",
    "simulate",
    "summarise",
    "write_picture",
    "write_replicates",
]
