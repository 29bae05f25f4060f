"""The one table of the kinds of stages, in the order in which a run comes to them."""

from typing import Any

from benchmark.stages.align import Align
from benchmark.stages.blend import Blend
from benchmark.stages.data import Data
from benchmark.stages.fit import Fit
from benchmark.stages.graph.node import Node
from benchmark.stages.graph.stage import Stage
from benchmark.stages.impute import Impute
from benchmark.stages.prepare import Prepare
from benchmark.stages.probe import Probe
from benchmark.stages.score import Score
from benchmark.stages.split import Split
from benchmark.stages.surrogates.forms import FORMS
from benchmark.stages.surrogates.surrogate import Surrogate

_ORDERED: tuple[type[Stage], ...] = (
    *(Data, Split, Prepare),
    *FORMS.values(),
    *(Fit, Align, Blend, Impute),
    *(Score, Surrogate, Probe),
)
STAGES = {stage.kind: stage for stage in _ORDERED}
KINDS = tuple(STAGES)
ORDER = {kind: rank for rank, kind in enumerate(KINDS)}
COLUMNS = tuple(dict.fromkeys(stage.column for stage in STAGES.values() if stage.column))
"""The columns of results that hold keys."""


def stage_of(node: Node) -> Stage:
    """The stage that a node of the graph stands for.

    >>> from benchmark.stages.graph.node import make_node
    >>> node = make_node("align", {"aligner": "eot", "params": {}, "part": "test"}, {}, version="1")
    >>> stage_of(node)
    Align(aligner='eot', params={}, part='test', method_version='')
    """
    content: dict[str, Any] = {**node.params, **node.hints}
    return STAGES[node.kind](**content)
