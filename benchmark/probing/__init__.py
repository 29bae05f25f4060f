"""The protocol of IPIC: which cells form a pair, and a linear probe of frozen embeddings."""

from benchmark.probing.pairs import pair_within, strata
from benchmark.probing.spec import ProbeSpec

__all__ = ["ProbeSpec", "pair_within", "strata"]
