"""Stages and the graph they form: one node per distinct input, however many cells share it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from benchmark.store.keys import sha256

Kind = Literal["data", "split", "prepare", "fit", "align", "impute", "score", "probe"]
KINDS: tuple[Kind, ...] = (
    "data",
    "split",
    "prepare",
    "fit",
    "align",
    "impute",
    "score",
    "probe",
)


@dataclass(frozen=True)
class Stage:
    """One computation: its key names the artefact it makes.

    `recipe` is everything that determines the result and is what the key digests. `identity`
    leaves out code versions, device and threads: the seed derives from it, so that a method draws
    the same numbers on every machine and beside any other cells. Stages that judge methods leave
    out the methods too: what they draw is the same for all. `hints` (where a file lies, how a
    stage is shown) determine nothing.
    """

    kind: Kind
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
        """What the stage does, e.g. the learner's name and parameters."""
        params: Mapping[str, Any] = self.recipe["params"]
        return params

    @property
    def seed(self) -> int:
        """A 31-bit seed derived from the identity of the stage."""
        return int(self.identity[:8], 16) >> 1


def make_stage(
    kind: Kind,
    params: Mapping[str, Any],
    inputs: Mapping[str, Stage],
    *,
    version: str,
    resources: Mapping[str, Any] | None = None,
    hints: Mapping[str, str] | None = None,
    origin: str | None = None,
    draws: Mapping[str, Any] | None = None,
) -> Stage:
    """Build a stage from its parameters and the stages it reads.

    Args:
        kind: what is computed.
        params: plain values that determine the result.
        inputs: stages whose artefacts are read, by name.
        version: version of the code, e.g. the learner's.
        resources: device class and threads, where results depend on them bit for bit.
        hints: values that do not determine the result.
        origin: what seeds derive from in place of `params`, for a stage that reads files: their
            content rather than their bytes.
        draws: what seeds derive from in place of `params` and `inputs`.
    """
    recipe = {
        "kind": kind,
        "version": version,
        "params": dict(params),
        "inputs": {name: stage.key for name, stage in inputs.items()},
        "resources": dict(resources or {}),
    }
    derived = draws or {
        "params": dict(params) if origin is None else {"origin": origin},
        "inputs": {name: stage.identity for name, stage in inputs.items()},
    }
    return Stage(kind, recipe, sha256({"kind": kind, **derived}), dict(hints or {}))


@dataclass
class Graph:
    """Stages by key; a stage that is added twice is there once."""

    stages: dict[str, Stage] = field(default_factory=dict)

    def add(self, stage: Stage) -> Stage:
        """Add a stage whose inputs are already there; returns the one that stands."""
        missing = [key for key in stage.inputs.values() if key not in self.stages]
        if missing:
            raise ValueError(f"inputs of a {stage.kind} stage are not in the graph: {missing}")
        return self.stages.setdefault(stage.key, stage)

    def dependants(self) -> dict[str, list[str]]:
        """Key → keys of the stages that read it."""
        readers: dict[str, list[str]] = {key: [] for key in self.stages}
        for key, stage in self.stages.items():
            for source in set(stage.inputs.values()):
                readers[source].append(key)
        return readers

    def needed(self, wanted: Iterable[str], present: set[str]) -> set[str]:
        """The stages to compute so that all `wanted` are there, given what is `present`."""
        needed: set[str] = set()
        frontier = [key for key in wanted if key not in present]
        while frontier:
            key = frontier.pop()
            if key in needed:
                continue
            needed.add(key)
            frontier += [s for s in self.stages[key].inputs.values() if s not in present]
        return needed
