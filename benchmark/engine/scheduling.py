"""Costs of stages: recorded timings, the order to run in, and what a run will take.

Stages that do the same with data of the same description cost the same, whichever fold, replicate
or seed they are of: their signature leaves these out. Timings live beside the artefacts and
determine no result; a lost or unreadable file costs a prediction, nothing else.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmark.stages.graph.graph import Graph
from benchmark.stages.graph.node import Node
from benchmark.stages.naming import whats
from benchmark.stages.table import STAGES, stage_of
from benchmark.store.keys import sha256
from benchmark.store.leftovers import is_plain, temporary

FILE = "timings.json"
_UNTIMED = -1.0
_SEEDS = ("seed", "fold")


@dataclass(frozen=True)
class Cost:
    """Mean wall time and file size of a stage."""

    seconds: float
    bytes: float


@dataclass
class Timings:
    """Costs by signature, as the last run that computed such stages found them."""

    costs: dict[str, Cost] = field(default_factory=dict)

    @classmethod
    def read(cls, root: Path) -> "Timings":
        """Timings of the store at `root`; none if there is no readable file."""
        if not is_plain(root / FILE):
            return cls()
        try:
            content = json.loads((root / FILE).read_text(encoding="utf-8"))
            return cls({name: Cost(float(s), float(b)) for name, (s, b) in content.items()})
        except (OSError, ValueError, TypeError, AttributeError):
            return cls()

    def learn(self, found: Iterable[tuple[str, Cost]]) -> None:
        """Replace the costs of the signatures that were found by their means."""
        groups: dict[str, list[Cost]] = defaultdict(list)
        for signature, cost in found:
            groups[signature].append(cost)
        for signature, costs in groups.items():
            self.costs[signature] = Cost(
                sum(cost.seconds for cost in costs) / len(costs),
                sum(cost.bytes for cost in costs) / len(costs),
            )

    def write(self, root: Path) -> None:
        """Replace the file whole; a store that is gone, or cannot be written, goes without."""
        content = {name: (cost.seconds, cost.bytes) for name, cost in sorted(self.costs.items())}
        file = temporary(root, "timings")
        with suppress(OSError):
            file.parent.mkdir(exist_ok=True)
            file.write_text(json.dumps(content), encoding="utf-8")
            file.replace(root / FILE)

    def by_kind(self) -> dict[str, float]:
        """Mean seconds of each kind of stage: the guess for one that was never timed."""
        groups: dict[str, list[float]] = defaultdict(list)
        for signature, cost in self.costs.items():
            groups[signature.partition(":")[0]].append(cost.seconds)
        return {kind: sum(seconds) / len(seconds) for kind, seconds in groups.items()}


def signatures(graph: Graph) -> dict[str, str]:
    """Key → signature, "kind:digest" of all that a stage's cost depends on."""
    found: dict[str, str] = {}
    data: dict[str, str] = {}
    for key, stage in graph.nodes.items():
        sources = sorted({data[source] for source in stage.inputs.values()})
        data[key] = "+".join(sources) if sources else _described(stage)
        # What a data stage reads is its description.
        named = {name: value for name, value in stage.params.items() if name not in _SEEDS}
        params = named if sources else {}
        what = [params, dict(stage.recipe["resources"]), data[key]]
        found[key] = f"{stage.kind}:{sha256(what)[:24]}"
    return found


def _described(stage: Node) -> str:
    """The data set but for the seed that a simulation is drawn from."""
    spec: dict[str, Any] = json.loads(stage.hints.get("spec", "{}"))
    if spec.get("kind") == "simulation":
        return sha256({name: value for name, value in spec.items() if name != "seed"})
    return sha256(stage.params)


def priorities(graph: Graph, needed: set[str], timings: Timings) -> dict[str, float]:
    """Key → seconds on the longest path from the start of the stage to the end of the graph.

    Running the highest first (the critical-path rule) keeps workers from waiting for one long
    stage at the end. A stage that was never timed counts as the mean of its kind.
    """
    guess, signed = timings.by_kind(), signatures(graph)
    seconds = {}
    for key in needed:
        known = timings.costs.get(signed[key])
        seconds[key] = known.seconds if known else guess.get(graph.nodes[key].kind, 0.0)
    return _longest_paths(graph, seconds)


def folds(graph: Graph) -> dict[str, int]:
    """Key → number of the fold that a stage is about, in the graph's order; 0 for none."""
    found: dict[str, int] = {}
    count = 0
    for key, stage in graph.nodes.items():
        if stage.kind == "prepare":
            found[key] = count = count + 1
        else:
            found[key] = max((found[source] for source in stage.inputs.values()), default=0)
    return found


def _longest_paths(graph: Graph, seconds: Mapping[str, float]) -> dict[str, float]:
    """For the stages that `seconds` names; stages stand in the graph after their inputs."""
    readers = graph.dependants()
    path: dict[str, float] = {}
    for key in reversed(graph.nodes):
        if key in seconds:
            path[key] = seconds[key] + max((path.get(r, 0.0) for r in readers[key]), default=0.0)
    return path


@dataclass(frozen=True)
class Share:
    """Stages of one kind: how many, how many to compute, what these are known to take.

    `untimed` of the stages to compute were never timed on this store and are not in `bytes`; of
    these `unknown` are not in `seconds` either, for the others typical times are.
    """

    total: int = 0
    todo: int = 0
    untimed: int = 0
    seconds: float = 0.0
    bytes: float = 0.0
    unknown: int = 0


@dataclass(frozen=True)
class Outlook:
    """Work that a run has before it.

    A share per kind of stage, the longest path in seconds, the stages to compute by key, and what
    each of them is called.
    """

    shares: Mapping[str, Share]
    longest: float
    missing: Mapping[str, Node]
    whats: Mapping[str, str] = field(default_factory=dict)

    def total(self) -> Share:
        """All kinds together."""
        columns = zip(*(astuple(share) for share in self.shares.values()), strict=True)
        return Share(*(sum(column) for column in columns))

    def elapsed(self, workers: int) -> float:
        """Wall time at best on so many workers: the work shared out, or the longest path."""
        return max(self.total().seconds / max(1, workers), self.longest)


def foreseen(graph: Graph, timings: Timings) -> dict[str, Cost]:
    """Costs to come: as timed on this store, else as is typical; unknown ones are missing.

    A typical cost has no bytes (-1).
    """
    signed = signatures(graph)
    costs = {}
    for key, stage in graph.nodes.items():
        cost = timings.costs.get(signed[key])
        seconds = stage_of(stage).seconds()
        if cost is not None:
            costs[key] = cost
        elif seconds is not None:
            costs[key] = Cost(seconds, _UNTIMED)
    return costs


def outlook(graph: Graph, needed: set[str], timings: Timings) -> Outlook:
    """Count stages and add up what those to compute took before, or typically take."""
    costs = foreseen(graph, timings)
    shares: dict[str, Share] = dict.fromkeys(STAGES, Share())
    for key, stage in graph.nodes.items():
        shares[stage.kind] = _with(shares[stage.kind], key in needed, costs.get(key))
    seconds = {key: costs[key].seconds if key in costs else 0.0 for key in needed}
    missing = {key: stage for key, stage in graph.nodes.items() if key in needed}
    longest = max(_longest_paths(graph, seconds).values(), default=0.0)
    return Outlook(shares, longest, missing, whats(graph))


def _with(share: Share, todo: bool, cost: Cost | None) -> Share:
    """The share with one stage more."""
    counted = replace(share, total=share.total + 1)
    if not todo:
        return counted
    timed = cost is not None and cost.bytes != _UNTIMED
    return replace(
        counted,
        todo=share.todo + 1,
        untimed=share.untimed + (not timed),
        unknown=share.unknown + (cost is None),
        seconds=share.seconds + (cost.seconds if cost else 0.0),
        bytes=share.bytes + (cost.bytes if cost and timed else 0.0),
    )
