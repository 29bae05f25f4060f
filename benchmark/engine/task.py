"""Tasks: what an executor is given at a time, one stage or several that are computed together."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from benchmark.stages.graph.node import Node


@dataclass(frozen=True)
class Task:
    """Stages to compute; several are one batch.

    Attributes:
        nodes: the stages, at least one.
        batch_error: why the batch failed that its only stage was part of; empty if none did.
    """

    nodes: tuple[Node, ...]
    batch_error: str = ""

    @property
    def first(self) -> Node:
        """The stage whose device, threads and method are those of all."""
        return self.nodes[0]

    @property
    def key(self) -> str:
        """The first stage's key."""
        return self.first.key

    def plain(self) -> dict[str, Any]:
        """The task as JSON values."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Self:
        """The inverse of `plain`."""
        nodes: Sequence[dict[str, Any]] = plain["nodes"]
        return cls(tuple(Node(**node) for node in nodes), plain["batch_error"])
