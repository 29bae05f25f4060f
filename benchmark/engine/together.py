"""Stages that are computed together, each with its own key, seed and artefact.

Imputers of one fold differ in nothing but the plan they learn from, and fits of a learner to
replicates and folds in nothing but data and seed. On a GPU, which one such network leaves mostly
idle, those that are ready at the same time are trained as one batch. What that changes is
rounding; where results are to be the same to the bit, on the CPU, every stage is computed by
itself (one core gains nothing from large networks and a quarter from small ones).
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmark.engine.failures import line_of
from benchmark.engine.inflight import announced
from benchmark.engine.isolation.restoring import interrupts
from benchmark.engine.scheduling import signatures
from benchmark.engine.worker import Meter, Outcome, Work, run_stage, secluded
from benchmark.stages.context import Context
from benchmark.stages.graph import Graph, Stage
from benchmark.store.keys import canonical_json
from benchmark.store.store import Store

DEVICES = ("cuda",)
# Enough for a GPU to be busy; the networks' memory stays far below what a device has.
MOST = 32
_KINDS = ("fit", "impute")
_APART = "apart"


@dataclass(frozen=True)
class Stack(Stage):
    """A stage together with `others` that one task is to compute; it has the first one's key."""

    others: tuple[Stage, ...] = ()

    @classmethod
    def of(cls, first: Stage, others: Iterable[Stage]) -> "Stack":
        """Put the others behind the first."""
        return cls(first.kind, first.recipe, first.identity, first.hints, tuple(others))

    @property
    def stages(self) -> tuple[Stage, ...]:
        """All of them, as they were."""
        return Stage(self.kind, self.recipe, self.identity, self.hints), *self.others


@dataclass
class Stacker:
    """Decides which stages of a run go together.

    `devices` are those on which any do, `graph` is what the run computes. A stack that fails as a
    whole, because memory runs out or a limit is reached, is taken apart: its stages run one by
    one, and their artefacts say why.
    """

    devices: Collection[str] = DEVICES
    most: int = MOST
    graph: Graph = field(default_factory=Graph)
    _stacks: dict[str, tuple[Stage, ...]] = field(default_factory=dict)
    _apart: dict[str, str] = field(default_factory=dict)
    _alike: dict[str, str | None] = field(default_factory=dict)

    def stacks(self, stage: Stage) -> bool:
        """Whether it is of those that go together with others."""
        return self._like(stage) is not None

    def companions(self, stage: Stage, ready: Iterable[Stage]) -> list[Stage]:
        """Those of the ready stages that can be computed together with this one, if any."""
        like = self._like(stage)
        if like is None:
            return []
        return [one for one in ready if self._like(one) == like][: self.most - 1]

    def task(self, stage: Stage, companions: Sequence[Stage]) -> Stage:
        """What to submit."""
        if companions:
            stack = Stack.of(stage, companions)
            self._stacks[stage.key] = stack.stages
            return stack
        if stage.key in self._apart:
            return replace(stage, hints={**stage.hints, _APART: self._apart[stage.key]})
        return stage

    def taken_apart(self, outcome: Outcome) -> tuple[Stage, ...]:
        """The stages to run one by one, if this is the end of a stack that failed."""
        stages = self._stacks.pop(outcome.key, ())
        if outcome.others or outcome.status == "fatal":
            return ()
        self._apart.update((stage.key, outcome.error) for stage in stages)
        return stages

    def _like(self, stage: Stage) -> str | None:
        """Equal for stages that can be computed together, None for one that cannot."""
        if stage.key in self._apart:
            return None
        if stage.key not in self._alike:
            self._alike[stage.key] = self._description(stage)
        return self._alike[stage.key]

    def _description(self, stage: Stage) -> str | None:
        """What the stages of a stack have in common: the fold, or the description of the data."""
        device = stage.recipe["resources"].get("device")
        if device not in self.devices or stage.kind not in _KINDS:
            return None
        if not _parts(stage).stacks(stage.params):
            return None
        fold = stage.inputs["fold"] if stage.kind == "impute" else ""
        return canonical_json([self._signatures[stage.key], stage.recipe["version"], fold])

    @cached_property
    def _signatures(self) -> dict[str, str]:
        return signatures(self.graph)


def run_task(stage: Stage, root: str) -> Outcome:
    """Compute a stage or a stack of them; never raises but for an interrupt."""
    if isinstance(stage, Stack):
        return _run_stack(stage, root)
    if _APART in stage.hints:
        return run_stage(stage, root, Work(notes={"stacked": 1, _APART: stage.hints[_APART]}))
    return run_stage(stage, root)


def _run_stack(stack: Stack, root: str) -> Outcome:
    """Outcomes of all its stages, or a failure of the whole stack if it cannot be computed."""
    store = Store(Path(root))
    contexts = [Context(stage, store) for stage in stack.stages]
    threads = int(stack.recipe["resources"].get("threads", 1))
    meter = Meter(contexts[0].device)
    with interrupts() as interrupted:
        try:
            with announced(store.root, *stack.stages), secluded(threads):
                works = _together(contexts)
        # Whatever it is, each of its stages may do without the others.
        except BaseException as error:
            if interrupted():
                raise KeyboardInterrupt from error
            failed = Outcome(stack.key, "failed", error=line_of(error, whole=True))
            return replace(failed, **asdict(meter.read()))
    spent = meter.read()
    share = len(works) or 1
    before = replace(spent, seconds=spent.seconds / share, cpu_seconds=spent.cpu_seconds / share)
    first, *others = (
        run_stage(stage, root, replace(works[stage.key], before=before))
        if stage.key in works
        else run_stage(stage, root)
        for stage in stack.stages
    )
    return replace(first, others=tuple(others))


def _together(contexts: Sequence[Context]) -> dict[str, Work]:
    """Key → what is left to do for a stage once the stack is trained; stages left out: all."""
    works: dict[str, Work] = {}
    for group in _groups(contexts):
        members, prepared = zip(*group, strict=True)
        finishes = _parts(members[0].stage).train(members, prepared)
        notes = {"stacked": len(group)}
        for member, finish in zip(members, finishes, strict=True):
            if finish:
                works[member.stage.key] = Work(finish, notes=notes)
    return works


def _groups(contexts: Iterable[Context]) -> list[list[tuple[Context, Any]]]:
    """Stages with what they train on, by twos or more of one shape.

    A stage that cannot be prepared is left out: when it runs by itself, it will say why.
    """
    groups: dict[Hashable, list[tuple[Context, Any]]] = defaultdict(list)
    for context in contexts:
        parts = _parts(context.stage)
        with suppress(Exception, SystemExit):
            prepared = parts.prepare(context)
            groups[parts.shape(prepared)].append((context, prepared))
    return [group for group in groups.values() if len(group) > 1]


def _parts(stage: Stage) -> Any:
    """The module that does such a stage part by part: `prepare`, then `train` together."""
    return import_module(f"benchmark.stages.{stage.kind}")


def pack(stage: Stage) -> list[Any]:
    """A stage or a stack as plain JSON values."""
    plain = [stage.kind, dict(stage.recipe), stage.identity, dict(stage.hints)]
    others = stage.others if isinstance(stage, Stack) else ()
    return [*plain, [pack(one) for one in others]]


def unpack(packed: Sequence[Any]) -> Stage:
    """The inverse of `pack`."""
    *plain, others = packed
    stage = Stage(*plain)
    return Stack.of(stage, map(unpack, others)) if others else stage


def unpack_outcome(packed: Mapping[str, Any]) -> Outcome:
    """An outcome from the JSON of its fields."""
    return Outcome(**{**packed, "others": tuple(unpack_outcome(o) for o in packed["others"])})
