"""Nodes: computations with keys, each with the stages whose artefacts it reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from benchmark.store.keys import sha256


@dataclass(frozen=True)
class Node:
    """Computation of a run: its key names the artefact that it writes.

    `recipe` is everything that determines the result and is what the key digests. `identity`
    leaves out code versions, device and threads: the seed derives from it, so that a method draws
    the same numbers on every machine and beside any other points. Stages that judge methods leave
    out the methods too: what they draw is the same for all. `hints` (where a file lies) determine
    nothing.
    """

    kind: str
    recipe: Mapping[str, Any]
    identity: str
    hints: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def key(self) -> str:
        """SHA-256 of the recipe."""
        return sha256(self.recipe)

    @property
    def inputs(self) -> Mapping[str, str]:
        """Keys of the artefacts it reads, by the name it reads them under."""
        inputs: Mapping[str, str] = self.recipe["inputs"]
        return inputs

    @property
    def params(self) -> Mapping[str, Any]:
        """Parameters of the stage, e.g. the learner's name and settings."""
        params: Mapping[str, Any] = self.recipe["params"]
        return params

    @property
    def device(self) -> str:
        """The torch device, "cpu" or "cuda"."""
        return str(self.recipe["resources"].get("device", "cpu"))

    @property
    def threads(self) -> int:
        """Threads of the computation, on which sums depend bit for bit."""
        return int(self.recipe["resources"].get("threads", 1))

    @property
    def seed(self) -> int:
        """A 31-bit seed derived from the identity of the stage."""
        return int(self.identity[:8], 16) >> 1


def make_node(
    kind: str,
    params: Mapping[str, Any],
    inputs: Mapping[str, Node],
    *,
    version: str,
    resources: Mapping[str, Any] | None = None,
    hints: Mapping[str, str] | None = None,
    draws: Mapping[str, Any] | None = None,
) -> Node:
    """Build a node from plain parameters and the nodes it reads.

    Args:
        kind: of the stage.
        params: plain values that determine the result.
        inputs: nodes whose artefacts are read, by name.
        version: version of the code, e.g. the learner's.
        resources: device class and threads, where results depend on them bit for bit.
        hints: values that do not determine the result.
        draws: values that seeds derive from, in place of `params` and `inputs`.
    """
    recipe = {
        "kind": kind,
        "version": version,
        "params": dict(params),
        "inputs": {name: node.key for name, node in inputs.items()},
        "resources": dict(resources or {}),
    }
    derived = draws or {"params": dict(params), "inputs": identities(inputs)}
    return Node(kind, recipe, sha256({"kind": kind, **derived}), dict(hints or {}))


def identities(inputs: Mapping[str, Node]) -> dict[str, str]:
    """Identities of nodes by name."""
    return {name: node.identity for name, node in inputs.items()}
