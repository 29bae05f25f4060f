"""Facts of a data set, known without its values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from pydantic import TypeAdapter

from benchmark.datasets.base import Dataset
from benchmark.datasets.inspection import Finding, look


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
        smallest_cells: how many these are in modality 1 and in modality 2.
        findings: what the values of either modality look like.
        notes: decisions of the reader that a person should know, one line each.
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
    smallest_cells: tuple[int, int]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, dataset: Dataset) -> Self:
        """Look at a data set."""
        both = (dataset.modality1, dataset.modality2)
        counts = dataset.counts()
        smallest = min(counts, key=lambda label: (min(counts[label]), label))
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
            findings=look(dataset),
            notes=dataset.notes,
        )

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """The facts that `dataclasses.asdict` and JSON have made plain."""
        return TypeAdapter(cls).validate_python(plain)


def truths(dataset: Dataset) -> tuple[str, ...]:
    """Names of the ground truths that both modalities carry, sorted."""
    return tuple(sorted(set(dataset.modality1.truth) & set(dataset.modality2.truth)))
