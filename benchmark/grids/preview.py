"""Knowledge that a grid needs of a data set before anything is computed."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from benchmark import datasets
from benchmark.datasets import Dataset, DatasetSpec
from benchmark.datasets.facts import Facts
from benchmark.datasets.splits import SplitSpec, make_split
from benchmark.stages import split
from benchmark.stages.graph import Stage
from benchmark.store.store import Store
from weakpair.errors import StoreError


@dataclass
class Seen:
    """A data set as a grid sees it: from the store where that knows, else from the files.

    Attributes:
        spec: the data set.
        source: its data stage, as far as the files tell it.
        store: where artefacts are.
        read: the data set, if it was read already.
    """

    spec: DatasetSpec
    source: Stage
    store: Store
    read: Dataset | None = None
    _folds: dict[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def dataset(self) -> Dataset:
        """The data set, read once.

        Raises:
            DataError: a file, column or value is missing or wrong, or the files are others by now.
        """
        if self.read is None:
            self.read = datasets.load_as(self.spec, self.source.params["source"])
        return self.read

    @cached_property
    def facts(self) -> Facts:
        """Facts of the data set; otherwise as `dataset`."""
        stored = self._stored
        return Facts.of(self.dataset) if stored is None else Facts.from_plain(stored["seen"])

    @cached_property
    def _stored(self) -> dict[str, Any] | None:
        return self._known(self.source.key)

    def folds(self, parts: Stage, spec: SplitSpec, seed: int) -> Mapping[str, float]:
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

    def _drawn(self, parts: Stage, spec: SplitSpec, seed: int) -> Mapping[str, float]:
        known = self._known(parts.key)
        if known is not None and self._stored is not None:
            with suppress(StoreError):
                # Read whole, so that its checksum is compared: what is damaged counts as nothing.
                table = self.store.read(parts.key).table
                return split.ratios(table, [str(name) for name in known["folds"]])
        made = make_split(self.dataset, spec, seed)
        return {fold.name: fold.test_to_train for fold in made.folds}

    def _known(self, key: str) -> dict[str, Any] | None:
        """Facts of an artefact; None without one, or where it is damaged and made anew later."""
        try:
            return self.store.facts(key)
        except StoreError:
            return None
