"""The promises of every kind of stage: parameters, version, computation, and what seeds come from.

A kind is one frozen dataclass. Its fields are the parameters of its recipe under the same names,
so a stored recipe gives the stage back; its inputs are handed over as nodes, by name, when it
enters the graph. Fields made by `unkeyed` determine no result and stand in no key.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Generic, TypeVar

from benchmark.stages.graph.context import Context, Output
from benchmark.stages.graph.node import Node, identities, make_node
from weakpair.registry import Catalogue, Described, Entry, Registry

P = TypeVar("P")
Finish = Callable[[Context], Output]


def unkeyed() -> Any:
    """A field that stands in no key."""
    return field(default="", metadata={"keyed": False})


@dataclass(frozen=True)
class Together(Generic[P]):
    """The way stages of one kind are computed as one batch, where a device gains by it.

    Attributes:
        prepare: gives what a stage trains on; whatever it raises, the stage runs by itself.
        shape: equal for what can be trained in one batch.
        train: trains a batch; returns for each stage what is left to do, or None where the stage
            has to run by itself (its training diverged).
        shares: names of the inputs that all stages of a batch have in common.
    """

    prepare: Callable[[Context], P]
    shape: Callable[[P], Hashable]
    train: Callable[[Sequence[Context], Sequence[P]], Sequence[Finish | None]]
    shares: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stage(ABC):
    """Kind of computation.

    Attributes:
        kind: its name, in keys, tables and messages.
        version: of its code; raised when results change, so that stored ones are made anew.
        column: the column of results that holds the key of a point's artefact, empty for none.
        telling: the parameters by which a person knows the stage.
        typical_seconds: on a small set and one core, None if unknown.
        catalogue: where the methods or metrics that it calls are known, None if it calls none.
        takes_resources: whether device and threads stand in its key.
    """

    kind: ClassVar[str]
    version: ClassVar[str]
    column: ClassVar[str] = ""
    telling: ClassVar[tuple[str, ...]] = ()
    typical_seconds: ClassVar[float | None] = None
    catalogue: ClassVar[Catalogue[Any] | None] = None
    takes_resources: ClassVar[bool] = True

    @abstractmethod
    def run(self, context: Context) -> Output:
        """Compute the artefact."""

    def node(self, resources: Mapping[str, Any], **inputs: Node) -> Node:
        """The stage in a graph, reading the artefacts of `inputs`."""
        return make_node(
            self.kind,
            self.content,
            inputs,
            version=self.code,
            resources=resources if self.takes_resources else None,
            hints=self.hints,
            draws=self.draws(inputs),
        )

    @property
    def content(self) -> dict[str, Any]:
        """Parameters of its recipe; those that are None are left out."""
        keyed = (f.name for f in fields(self) if f.metadata.get("keyed", True))
        values = {name: getattr(self, name) for name in keyed}
        return {name: value for name, value in values.items() if value is not None}

    @property
    def code(self) -> str:
        """The version in its recipe: its own, with that of the method it calls, if any."""
        return self.version

    @property
    def hints(self) -> dict[str, str]:
        """Values that travel with the node and determine nothing."""
        return {}

    def draws(self, inputs: Mapping[str, Node]) -> dict[str, Any]:
        """Values that its seed derives from."""
        return {"params": self.content, "inputs": identities(inputs)}

    def methods(self) -> Iterable[Described]:
        """Learners, aligners or metrics that it calls, maybe from outside the package."""
        return ()

    def seconds(self) -> float | None:
        """Typical seconds on a small set and one core of a laptop, None if nobody timed it."""
        return self.typical_seconds

    def together(self) -> Together[Any] | None:
        """The way to compute it in one batch with others, if there is one."""
        return None


class MethodStage(Stage):
    """Stage that calls one learner or aligner; a subclass says which and has its version."""

    catalogue: ClassVar[Registry[Any]]
    seconds_of: ClassVar[Mapping[str, float]]
    """Typical seconds of the methods that somebody timed."""
    method_version: str

    @property
    @abstractmethod
    def called(self) -> str:
        """Name of the method."""

    @property
    def entry(self) -> Entry[Any]:
        """The method."""
        return self.catalogue.entry(self.called)

    @property
    def code(self) -> str:
        """Versions of the stage and of the method."""
        return f"{self.version}.{self.method_version}"

    def methods(self) -> tuple[Entry[Any]]:
        """The method."""
        return (self.entry,)

    def seconds(self) -> float | None:
        """Typical seconds of the method."""
        return self.seconds_of.get(self.called)
