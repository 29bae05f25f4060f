"""The graph that stages form: one node per distinct input, however many points share it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from benchmark.stages.graph.node import Node


@dataclass
class Graph:
    """Nodes by key; one that is added twice is there once."""

    nodes: dict[str, Node] = field(default_factory=dict)

    def add(self, node: Node) -> Node:
        """Add a node whose inputs are already there; returns the one that stands."""
        missing = [key for key in node.inputs.values() if key not in self.nodes]
        if missing:
            raise ValueError(f"inputs of a {node.kind} stage are not in the graph: {missing}")
        return self.nodes.setdefault(node.key, node)

    def dependants(self) -> dict[str, list[str]]:
        """Key → keys of the nodes that read it."""
        readers: dict[str, list[str]] = {key: [] for key in self.nodes}
        for key, node in self.nodes.items():
            for source in set(node.inputs.values()):
                readers[source].append(key)
        return readers

    def needed(self, wanted: Iterable[str], present: set[str]) -> set[str]:
        """The nodes to compute so that all `wanted` are there, given what is `present`."""
        needed: set[str] = set()
        frontier = [key for key in wanted if key not in present]
        while frontier:
            key = frontier.pop()
            if key in needed:
                continue
            needed.add(key)
            frontier += [s for s in self.nodes[key].inputs.values() if s not in present]
        return needed
