"""Methods made to find out what the harness lets a method see, and how it takes misbehaviour."""

from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import ArrayLike

from aligners.base import Aligner
from aligners.plan.plan import Block, Plan, Status
from learners.base import Latent, Learner, Modality
from weakpair.registry import Entry


class Spy(Learner):
    """Remembers what it was given; its latents are the row numbers it saw them in."""

    seen: ClassVar[list[dict[str, Any]]] = []

    def __init__(self, note: str = "") -> None:
        self.note = note

    def fit(
        self,
        x1: ArrayLike,
        t1: ArrayLike,
        x2: ArrayLike,
        t2: ArrayLike,
        *,
        seed: int = 0,
        device: str = "cpu",
    ) -> Self:
        Spy.seen.append({"x1": x1, "t1": t1, "x2": x2, "t2": t2, "seed": seed})
        return self

    def transform(self, x: ArrayLike, modality: Modality = 1) -> Latent:
        return np.arange(len(np.asarray(x)), dtype=np.float32)[:, None]


class Broken(Spy):
    """Breaks its contract in the way it is told to."""

    def transform(self, x: ArrayLike, modality: Modality = 1) -> Latent:
        rows = len(np.asarray(x))
        if self.note == "raises":
            raise RuntimeError("no latents today\nand a second line")
        if self.note == "shape":
            return np.zeros((rows + 1, 2), np.float32)
        return np.full((rows, 2), np.nan, np.float32)


class ByOrder(Aligner):
    """Couples the cells that come in the same place: worth nothing unless the order leaks."""

    def __init__(self) -> None:
        pass

    def align(
        self,
        z1: ArrayLike,
        t1: ArrayLike,
        z2: ArrayLike,
        t2: ArrayLike,
        *,
        device: str = "cpu",
    ) -> Plan:
        n1, n2 = len(np.asarray(t1)), len(np.asarray(t2))
        # By order inside a label: a plain identity would only be right for very few cells.
        weights = torch.zeros(n1, n2, dtype=torch.float64)
        first, second = (np.argsort(np.asarray(t), kind="stable") for t in (t1, t2))
        for i, j in zip(first, second, strict=False):
            weights[i, j] = 1 / min(n1, n2)
        block = Block(torch.arange(n1), torch.arange(n2), weights)
        return Plan((n1, n2), (block,), Status(0, 0.0, True, None, "float64"))


class BrokenAligner(ByOrder):
    """Breaks its contract in the way it is told to."""

    def __init__(self, note: str = "") -> None:
        self.note = note

    def align(
        self,
        z1: ArrayLike,
        t1: ArrayLike,
        z2: ArrayLike,
        t2: ArrayLike,
        *,
        device: str = "cpu",
    ) -> Plan:
        if self.note == "raises":
            raise RuntimeError("no plan today")
        if self.note == "leaves":
            raise SystemExit(3)
        plan = super().align(z1, t1, z2, t2, device=device)
        block = plan.blocks[0]
        if self.note == "shape":
            fewer = Block(block.rows[1:], block.cols, block.weights[1:])
            return Plan((plan.shape[0] - 1, plan.shape[1]), (fewer,), plan.status)
        if self.note == "rows":
            return Plan(
                plan.shape, (Block(block.rows, block.cols, block.weights[1:]),), plan.status
            )
        return Plan(
            plan.shape, (Block(block.rows, block.cols, block.weights * torch.nan),), plan.status
        )


SPY = Entry[Learner]("spy", "tests.benchmark.toys:Spy", "remembers")
BROKEN = Entry[Learner]("broken", "tests.benchmark.toys:Broken", "misbehaves")
BY_ORDER = Entry[Aligner]("by-order", "tests.benchmark.toys:ByOrder", "row order")
BROKEN_ALIGNER = Entry[Aligner](
    "broken-aligner", "tests.benchmark.toys:BrokenAligner", "misbehaves", uses_latents=True
)
