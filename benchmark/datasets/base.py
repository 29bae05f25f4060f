"""Data sets as they are once loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmark.datasets.lazy import Lazy
from benchmark.store.keys import canonical_json

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = Lazy("pandas")

Rows = NDArray[np.int64]
Features = NDArray[np.float32]
Strings = NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class Samples:
    """The cells measured in one modality.

    Attributes:
        x: features, shape (n, k), float32, finite.
        labels: perturbation of every cell, shape (n,).
        ids: identifier of every cell, shape (n,), without repetition.
        features: names of the k features, without repetition.
        obs: other metadata, one row per cell in the order of `x`; may have no columns.
        truth: latents that only a simulator knows, by the oracle's name, each of shape (n, d),
            float32; empty for real data. Oracles alone are given them.
    """

    x: Features
    labels: Strings
    ids: Strings
    features: tuple[str, ...]
    obs: pd.DataFrame = field(repr=False)
    truth: Mapping[str, Features] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        """Number of cells."""
        return len(self.ids)

    @property
    def constant(self) -> int:
        """Number of features with one value in all cells: legal, but they carry nothing."""
        return int((self.x == self.x[:1]).all(axis=0).sum())

    def take(self, rows: Rows | Sequence[int]) -> Samples:
        """The given rows, in the given order."""
        index = np.asarray(rows, dtype=np.int64)
        return Samples(
            self.x[index],
            self.labels[index],
            self.ids[index],
            self.features,
            self.obs.iloc[index].reset_index(drop=True),
            {name: latents[index] for name, latents in self.truth.items()},
        )


@dataclass(frozen=True, eq=False)
class Dataset:
    """Two modalities with one perturbation label per cell.

    `paired` says that an id that stands in both modalities denotes one cell. The pairing is the
    harness's secret: no learner and no aligner is given it, unless it is an oracle.

    Attributes:
        name: the data set's name in tables.
        modality1: cells of modality 1.
        modality2: cells of modality 2.
        paired: whether some cells are known to be measured in both.
        names: the modalities' names in tables, e.g. ("RNA", "ATAC").
        pairing: how pairs are known: by "ids", by "rows", not at all ("none"), or "simulated".
        notes: decisions of a reader that a person should know, one line each.
    """

    name: str
    modality1: Samples
    modality2: Samples
    paired: bool
    names: tuple[str, str] = ("modality 1", "modality 2")
    pairing: str = "ids"
    notes: tuple[str, ...] = ()

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """All perturbations, sorted; each stands in both modalities."""
        return tuple(np.unique(self.modality1.labels).tolist())

    def counts(self) -> dict[str, tuple[int, int]]:
        """Cells per perturbation, in modality 1 and in modality 2."""
        each = [
            dict(zip(*np.unique(samples.labels, return_counts=True), strict=True))
            for samples in (self.modality1, self.modality2)
        ]
        return {label: (int(each[0][label]), int(each[1][label])) for label in self.labels}

    def pairs(self) -> tuple[Rows, Rows]:
        """Rows (i, j) of the true pairs, i ascending; empty where the data are not paired."""
        if not self.paired:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        _, i, j = np.intersect1d(
            self.modality1.ids, self.modality2.ids, assume_unique=True, return_indices=True
        )
        order = np.argsort(i)
        return i[order].astype(np.int64), j[order].astype(np.int64)

    def partners(self, rows1: Rows, rows2: Rows) -> Rows:
        """Positions in `rows2` of the true partner of each of `rows1`.

        Args:
            rows1: rows of modality 1, shape (m1,).
            rows2: rows of modality 2, shape (m2,), without repetition.

        Returns:
            Positions in `rows2`, shape (m1,); -1 for a cell whose partner is not among them.
        """
        position = np.full(len(self.modality2), -1, dtype=np.int64)
        position[rows2] = np.arange(len(rows2))
        partner = np.full(len(self.modality1), -1, dtype=np.int64)
        i, j = self.pairs()
        partner[i] = position[j]
        return partner[rows1]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of features, labels, ids, feature names and pairing; not of name and metadata."""
        digest = hashlib.sha256(canonical_json({"paired": self.paired}).encode())
        for samples in (self.modality1, self.modality2):
            for part in _parts(samples):
                digest.update(part)
        return digest.hexdigest()

    @cached_property
    def origin(self) -> str:
        """The root of all seeds: the cells and their values, whatever file they were read from.

        Feature names, the order of cells and the order of features do not enter. A simulated set
        has its `digest`.
        """
        return self.digest if self.pairing == "simulated" else origin_digest(self)


def origin_digest(dataset: Dataset) -> str:
    """SHA-256 of ids, labels and values of all cells and of whether they are paired."""
    digest = hashlib.sha256(canonical_json({"paired": dataset.paired}).encode())
    for samples in (dataset.modality1, dataset.modality2):
        order = np.argsort(samples.ids, kind="stable")
        words = (samples.ids[order].tolist(), samples.labels[order].tolist())
        digest.update(canonical_json(words).encode())
        for column in sorted(_column_digests(samples.x[order])):
            digest.update(column)
    return digest.hexdigest()


def _column_digests(x: Features) -> Iterator[bytes]:
    """SHA-256 of every column, shape (n, k); -0 counts as 0."""
    for column in np.ascontiguousarray(x.T, dtype="<f4"):
        yield hashlib.sha256((column + np.float32(0)).data).digest()


def _parts(samples: Samples) -> tuple[Any, ...]:
    """Bytes that a digest is made of; JSON keeps the borders between strings."""
    words = (samples.labels.tolist(), samples.ids.tolist(), samples.features)
    return (
        canonical_json({"shape": samples.x.shape}).encode(),
        np.ascontiguousarray(samples.x, dtype="<f4").data,
        *(canonical_json(list(text)).encode() for text in words),
    )
