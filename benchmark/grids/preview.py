"""Knowledge that a grid needs of a data set before anything is computed."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

from benchmark import datasets
from benchmark.datasets import Dataset, DatasetSpec
from benchmark.datasets.facts import Facts
from benchmark.datasets.splits import SplitSpec
from benchmark.datasets.splitter import make_split
from benchmark.stages.data import Data
from benchmark.stages.graph.node import Node
from benchmark.stages.split import ratios
from benchmark.store.store import Store
from weakpair.errors import StoreError


@dataclass
class Preview:
    """A data set as a grid sees it: from the store where that knows, else from the files.

    Attributes:
        spec: the data set.
        source: the stage that reads it, as far as the files tell it.
        store: where artefacts are.
        read: the data set, while it is in memory.
    """

    spec: DatasetSpec
    source: Data
    store: Store
    read: Dataset | None = None
    _folds: dict[str, Mapping[str, float]] = field(default_factory=dict)

    @classmethod
    def of(cls, spec: DatasetSpec, store: Store, loaded: Mapping[str, Dataset]) -> Self:
        """Look at the files of a data set; `loaded` are those read already, by their digest."""
        digest = datasets.source_digest(spec)
        return cls(spec, Data(digest, spec.model_dump_json()), store, loaded.get(digest))

    @cached_property
    def node(self) -> Node:
        """The data stage, whose seeds derive from the content; of a simulation from its spec."""
        origin = "" if self.facts.pairing == "simulated" else self.facts.origin
        return replace(self.source, origin=origin).node({})

    @property
    def dataset(self) -> Dataset:
        """The data set, read once until it is let go.

        Raises:
            DataError: a file, column or value is missing or wrong, or the files are others by now.
        """
        if self.read is None:
            self.read = datasets.load_as(self.spec, self.source.source)
        return self.read

    def let_go(self) -> None:
        """Keep no cells in memory; what was asked so far is known without them."""
        self.read = None

    @cached_property
    def facts(self) -> Facts:
        """Facts of the data set; otherwise as `dataset`."""
        stored = self._stored
        return Facts.of(self.dataset) if stored is None else Facts.from_plain(stored["seen"])

    @cached_property
    def _stored(self) -> dict[str, Any] | None:
        return self._known(self.source.node({}).key)

    def folds(self, parts: Node, spec: SplitSpec, seed: int) -> Mapping[str, float]:
        """Names of the folds of a split, with test / training rows of modality 1 of each.

        Args:
            parts: the stage that draws them.
            spec: the kind of split.
            seed: of the draw.

        Raises:
            DataError: as `dataset`.
            ConfigError: the data cannot be split so.
        """
        if parts.key not in self._folds:
            self._folds[parts.key] = self._drawn(parts, spec, seed)
        return self._folds[parts.key]

    def _drawn(self, parts: Node, spec: SplitSpec, seed: int) -> Mapping[str, float]:
        known = self._known(parts.key)
        if known is not None and self._stored is not None:
            with suppress(StoreError):
                # Read whole, so that its checksum is compared: what is damaged counts as nothing.
                table = self.store.read(parts.key).table
                return ratios(table, [str(name) for name in known["folds"]])
        drawn = make_split(self.dataset, spec, seed)
        return {fold.name: fold.test_to_train for fold in drawn.folds}

    def _known(self, key: str) -> dict[str, Any] | None:
        """Facts of an artefact; None without one, or where it is damaged and made anew later."""
        try:
            return self.store.facts(key)
        except StoreError:
            return None
