"""The face for notebooks: two AnnData in; matched cells, scores and tables out.

It stands on top of the whole harness and is imported when `weakpair.match` or its like is first
asked for.
"""

from weakpair.face.benchmarking import benchmark
from weakpair.face.matching import match, read
from weakpair.face.scored import Results, results

__all__ = ["Results", "benchmark", "match", "read", "results"]
