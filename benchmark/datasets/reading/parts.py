"""The parts that a data set is assembled of: a modality as its file holds it, and both, checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from benchmark.datasets.base import Samples
from benchmark.datasets.reading.build import NAMES
from benchmark.datasets.reading.pairing import Settled

if TYPE_CHECKING:
    import pandas as pd


class Read(NamedTuple):
    """Both modalities of a data set, all cells.

    `tables` says which file the metadata of each came from.
    """

    first: Samples
    second: Samples
    names: tuple[str, str] = NAMES
    pairing: Settled = "ids"
    notes: tuple[str, ...] = ()
    tables: tuple[str, str] = ("", "")


@dataclass(frozen=True, eq=False)
class Part:
    """One modality as its file holds it; nothing is checked yet.

    Attributes:
        x: features, shape (n, k), an array or a sparse matrix; the reader's own.
        ids: the n cells, or None where the file names none.
        features: names of the k features.
        labels: the n labels, or None where this file has none.
        obs: metadata of the n cells, without the labels.
        where: the file of the features, for messages.
        table: the file of the metadata, for messages.
        group: what the labels are called there, for messages.
        lack: the complaint if there are no labels.
        name: what tables call the modality; "" if the file does not say.
    """

    x: Any
    ids: ArrayLike | None
    features: Sequence[str]
    labels: ArrayLike | None
    obs: pd.DataFrame
    where: str
    table: str
    group: str
    lack: str = ""
    name: str = ""

    @property
    def cells(self) -> int:
        """Number of cells, by the features."""
        shape = np.shape(self.x) if not hasattr(self.x, "shape") else self.x.shape
        return int(shape[0]) if shape else 1
