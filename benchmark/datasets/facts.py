"""What is known of a data set without its values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from benchmark.datasets.base import Dataset


@dataclass(frozen=True)
class Facts:
    """Facts of a data set.

    Attributes:
        paired: whether cells with one id are one cell.
        pairing: how that is known (see `Dataset`).
        pairs: number of true pairs.
        cells: number of cells in modality 1 and in modality 2.
        features: number of features in either.
        names: the modalities' names.
        origin: what seeds derive from.
        truths: names of the latents that only a simulator knows, sorted.
        groups: number of perturbations.
        smallest: the perturbation with the fewest cells in either modality.
        smallest_cells: how many these are.
    """

    paired: bool
    pairing: str
    pairs: int
    cells: tuple[int, int]
    features: tuple[int, int]
    names: tuple[str, str]
    origin: str
    truths: tuple[str, ...]
    groups: int
    smallest: str
    smallest_cells: int

    @classmethod
    def of(cls, dataset: Dataset) -> Self:
        """Look at a data set."""
        both = (dataset.modality1, dataset.modality2)
        counts = {label: min(pair) for label, pair in dataset.counts().items()}
        smallest = min(counts, key=lambda label: (counts[label], label))
        return cls(
            paired=dataset.paired,
            pairing=dataset.pairing,
            pairs=len(dataset.pairs()[0]),
            cells=(len(both[0]), len(both[1])),
            features=(len(both[0].features), len(both[1].features)),
            names=dataset.names,
            origin=dataset.origin,
            truths=truths(dataset),
            groups=len(counts),
            smallest=smallest,
            smallest_cells=counts[smallest],
        )

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """The facts that `dataclasses.asdict` and JSON have made plain.

        >>> facts = Facts(
        ...     True, "ids", 3, (3, 3), (2, 2), ("RNA", "ADT"), "0" * 64, (), 1, "control", 3
        ... )
        >>> Facts.from_plain({**facts.__dict__, "cells": [3, 3], "further": 0}) == facts
        True
        """
        known = {name: plain[name] for name in cls.__dataclass_fields__}
        values: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in known.items()
        }
        return cls(**values)


def truths(dataset: Dataset) -> tuple[str, ...]:
    """Names of the ground truths that both modalities carry, sorted."""
    return tuple(sorted(set(dataset.modality1.truth) & set(dataset.modality2.truth)))
