"""The context of a stage: its node and the store it reads from; and the output it gives back."""

import zlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmark.stages.graph.node import Node
from benchmark.store.codecs import Slot, Vectors, release, table_to_vectors
from benchmark.store.plans import table_to_plan
from benchmark.store.store import Artefact, Store

if TYPE_CHECKING:
    from aligners import Plan


@dataclass(frozen=True)
class Output:
    """The table of the artefact and plain facts about it."""

    table: pa.Table
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Context:
    """A node together with the store it reads its inputs from."""

    node: Node
    store: Store

    @property
    def seed(self) -> int:
        """The stage's seed."""
        return self.node.seed

    @property
    def device(self) -> str:
        """The torch device, "cpu" or "cuda"."""
        return self.node.device

    def artefact(self, name: str) -> Artefact:
        """The input of that name, checked."""
        return self.store.read(self.node.inputs[name])

    def fold(self, column: str = "x") -> Mapping[Slot, Vectors]:
        """Features of the fold by (modality, part), or what else it holds of every cell.

        Several stages of a fold share one reading, so its arrays are read-only.
        """
        return RECENT.fold(self.store.root, self.node.inputs["fold"], column)

    def vectors(self, name: str, column: str) -> Mapping[Slot, Vectors]:
        """Latents or predictions by (modality, part), read-only as everything that is read."""
        return read_only(table_to_vectors(self.artefact(name).table, column))

    def plan(self, name: str = "plan") -> "Plan":
        """The plan among the inputs, or the one of that name."""
        artefact = self.artefact(name)
        return table_to_plan(artefact.table, artefact.facts)


class Held:
    """A fold in memory, read-only, with a digest of what was read.

    That arrays are read-only does not keep everybody from writing into them: torch does not look.
    """

    def __init__(self, fold: Mapping[Slot, Vectors]) -> None:
        self.fold = read_only(fold)
        self._digest = self._sum()

    @property
    def nbytes(self) -> int:
        """Bytes that the arrays occupy."""
        return sum(array.nbytes for v in self.fold.values() for array in _arrays(v))

    @property
    def altered(self) -> bool:
        """Tell whether it is no longer what was read."""
        return self._sum() != self._digest

    def _sum(self) -> int:
        digest = 0
        for vectors in self.fold.values():
            for array in _arrays(vectors):
                digest = zlib.crc32(np.ascontiguousarray(array).data, digest)
        return digest


def read_only(slots: Mapping[Slot, Vectors]) -> Mapping[Slot, Vectors]:
    """Make vectors read-only: NumPy refuses to write into them."""
    for vectors in slots.values():
        for array in _arrays(vectors):
            array.flags.writeable = False
    return slots


def _arrays(vectors: Vectors) -> tuple[NDArray[Any], ...]:
    return vectors.ids, vectors.labels, vectors.values


@dataclass
class Recent:
    """Folds that this process read last, as long as they are not too large together.

    Attributes:
        limit: bytes at most; the last fold is kept, with all columns of it that were read, however
            large it is.
    """

    limit: int
    _folds: OrderedDict[tuple[Path, str, str], Held] = field(default_factory=OrderedDict)

    def fold(self, root: Path, key: str, column: str) -> Mapping[Slot, Vectors]:
        """A column of the artefact with this key in the store at `root`.

        Raises:
            KeyError: it has no such column.
        """
        name = root, key, column
        if name not in self._folds:
            self.make_room(keeping=name)
            self._folds[name] = Held(table_to_vectors(Store(root).read(key).table, column))
            release()
        self._folds.move_to_end(name)
        self.make_room(keeping=name)
        return self._folds[name].fold

    def make_room(self, keeping: tuple[Path, str, str] | None = None) -> None:
        """Let go of what was not read for longest, until the rest is within the limit.

        Columns of the artefact `keeping` stay.
        """
        for other in [known for known in self._folds if not keeping or known[:2] != keeping[:2]]:
            if sum(held.nbytes for held in self._folds.values()) <= self.limit:
                return
            del self._folds[other]

    def altered(self) -> bool:
        """Tell whether a fold is no longer what was read; such a fold is let go of."""
        damaged = [name for name, held in self._folds.items() if held.altered]
        for name in damaged:
            del self._folds[name]
        return bool(damaged)


# Stages of many folds come by turns, and reading a fold takes as long as scoring a plan.
RECENT = Recent(limit=2**28)


def true_pairs(first: Vectors, second: Vectors) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row indices (i, j) of the samples that stand in both, i.e. the true pairs.

    Only stages that score, and oracles, may ask for them.
    """
    _, i, j = np.intersect1d(first.ids, second.ids, assume_unique=True, return_indices=True)
    order = np.argsort(i)
    return i[order].astype(np.int64), j[order].astype(np.int64)
