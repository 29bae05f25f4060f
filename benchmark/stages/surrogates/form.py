"""Other forms of a fold, in which something is hidden from methods, the same from all of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from benchmark.stages.graph.node import Node
from benchmark.stages.graph.stage import Stage
from benchmark.store.codecs import Slot, Vectors


@dataclass(frozen=True)
class Form(Stage):
    """Another form of a fold; reads `fold`.

    Attributes:
        number: of the draw; another one hides something else.
    """

    version: ClassVar = "1"
    telling: ClassVar = ("number",)
    typical_seconds: ClassVar = 0.1
    takes_resources: ClassVar = False

    number: int

    def draws(self, inputs: Mapping[str, Node]) -> dict[str, Any]:
        """The fold and the number: the same is hidden from every method."""
        return {"fold": inputs["fold"].identity, "number": self.number}


def labels_of(fold: Mapping[Slot, Vectors]) -> list[str]:
    """All labels of a fold, in order."""
    labels = np.unique(np.concatenate([vectors.labels for vectors in fold.values()]))
    return [str(label) for label in labels]
