"""Splits: which cells train and which cells test, stored as row numbers.

The unit of a split is a true pair, so test cells stay paired; of cells measured in one modality
only, all train. Test sets depend on the data, the kind of split and the seed, not on
`training_cells`: results for `same` and `disjoint` training cells are scored on the same cells.
Within every part both modalities are put into a seeded random order of their own, so that the
order of rows says nothing about pairs.
"""

import re
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from benchmark.datasets.base import Rows
from weakpair.errors import ConfigError, DataError
from weakpair.specs import Frozen, parse
from weakpair.vocabulary.splits import (
    PAIRED,
    SAME,
    SplitKind,
    TrainingCells,
    decoys_of,
    split_words,
)

_TEXT = re.compile(r"(?P<kind>\w+)(?::(?P<value>[^/]+))?(?:/(?P<cells>.+))?")
_VALUE = {"holdout": "test_size", "kfold": "folds", "lopo": "sample", "column": "column"}


class SplitSpec(Frozen):
    """Kind and sizes of a split.

    Attributes:
        kind: `holdout` (once, `test_size` of every perturbation tests), `kfold`, `lopo` (leave one
            perturbation out: each in turn is the test set), or `column` (a metadata column says
            which cells train and which test; all others stand aside).
        folds: number of folds of `kfold`.
        test_size: share of `holdout`, between 0 and 1.
        sample: how many perturbations `lopo` leaves out in turn, chosen by the seed; None = all. A
            smaller sample is part of a larger one.
        column: the metadata column of `column`.
        train: its values for training cells.
        test: its values for test cells.
        repeats: how often `holdout` or `kfold` is repeated with other draws.
        training_cells: `same`: both modalities of the same training cells; `disjoint`: modality 1
            of one half of them and modality 2 of the other; `overlap=f`: both modalities of the
            share f, the rest divided; `same=f`: both modalities of the share f, the rest unused.
            `same=0.5` is to `disjoint` what tells the want of pairs from the want of cells: as
            many cells, and those of modality 1 the same ones.
        test_cells: `paired`: both modalities of the same test cells; `decoys=f`: for each paired
            test cell, f cells of either modality whose partner is not there. Pairs alone are
            scored, so that a method that matches clouds of the very same cells gains nothing by it.
    """

    kind_of_spec: ClassVar[str] = "split"
    kind: SplitKind = "kfold"
    folds: int = Field(default=5, ge=2)
    test_size: float = Field(default=0.2, gt=0, lt=1)
    sample: int | None = Field(default=None, ge=2)
    column: str | None = Field(default=None, min_length=1)
    train: tuple[str, ...] = ("train",)
    test: tuple[str, ...] = ("test",)
    repeats: int = Field(default=1, ge=1, le=1000)
    training_cells: str = SAME
    test_cells: str = PAIRED

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        try:
            TrainingCells.parse(self.training_cells)
            decoys_of(self.test_cells)
        except DataError as error:
            raise ValueError(str(error)) from error
        if self.kind == "lopo" and self.repeats > 1:
            raise ValueError("lopo has one fold per perturbation; repeats must be 1")
        if self.kind != "lopo" and self.sample is not None:
            raise ValueError(f"sample is one of lopo, not of {self.kind}")
        if (self.kind == "column") != (self.column is not None):
            raise ValueError("kind column and the name of a column go together: column:NAME")
        if self.kind == "column" and (self.repeats > 1 or set(self.train) & set(self.test)):
            raise ValueError("a column splits once, into values that train and others that test")
        return self

    @property
    def overlap(self) -> float:
        """The share of training cells that both modalities are taken from."""
        return TrainingCells.parse(self.training_cells).overlap

    @property
    def used(self) -> float:
        """The share of training cells that `same=f` leaves; 1 for all others."""
        return TrainingCells.parse(self.training_cells).used

    @property
    def decoys(self) -> float:
        """Test cells without a partner for each paired one."""
        return decoys_of(self.test_cells)

    @property
    def words(self) -> str:
        """The split as results name it."""
        return split_words(self.kind, self.test_cells, self.sample)

    def plain(self) -> dict[str, Any]:
        """Plain content; what keys of earlier days did not know goes without saying."""
        content = self.model_dump(mode="json")
        silent = {"test_cells": not self.decoys, "sample": self.sample is None}
        silent |= dict.fromkeys(("column", "train", "test"), self.kind != "column")
        return {k: v for k, v in content.items() if not silent.get(k)}

    def draw(self) -> dict[str, Any]:
        """Fields that determine the test sets, beside data, seed and repeat."""
        if self.kind == "lopo":  # A fold is the same whichever others there are.
            return {"kind": self.kind}
        if self.kind == "column":
            own = ("column", "train", "test")
            return {"kind": self.kind, **{name: getattr(self, name) for name in own}}
        value = _VALUE[self.kind]
        return {"kind": self.kind, value: getattr(self, value)}


@dataclass(frozen=True, eq=False)
class Fold:
    """Row numbers of one fold.

    Attributes:
        name: "fold-0", "holdout-0", or the held-out perturbation.
        train1: rows of modality 1 to train on, in random order.
        test1: rows of modality 1 to score on, in random order.
        train2: rows of modality 2 to train on, in another random order.
        test2: rows of modality 2 to score on, in another random order.
    """

    name: str
    train1: Rows
    test1: Rows
    train2: Rows
    test2: Rows

    @property
    def test_to_train(self) -> float:
        """Test rows / training rows of modality 1, as `nadeau_bengio_ratio` wants it."""
        return len(self.test1) / len(self.train1)


@dataclass(frozen=True, eq=False)
class Split:
    """The folds of a spec."""

    spec: SplitSpec
    folds: tuple[Fold, ...]


def parse_split(text: str) -> SplitSpec:
    """A split as the command line spells it: KIND, KIND:VALUE, either with /TRAINING_CELLS.

    VALUE is the share of `holdout`, the folds of `kfold`, how many perturbations of `lopo`, or the
    name of a column of which the values train and test.

    Raises:
        ConfigError: what is wrong and how a split is spelt.

    >>> parse_split("kfold:10/disjoint").folds
    10
    >>> parse_split("holdout:0.3").test_size
    0.3
    """
    match = _TEXT.fullmatch(text.strip())
    usage = (
        "write holdout, holdout:0.2, kfold, kfold:5, lopo, lopo:20 or column:NAME; after a / the "
        "training cells"
    )
    if match is None:
        raise ConfigError(f"split {text!r}: {usage}")
    data: dict[str, Any] = {"kind": match["kind"]}
    if match["value"] is not None:
        if match["kind"] not in _VALUE:
            raise ConfigError(f"split {text!r}: no such kind of split; {usage}")
        data[_VALUE[match["kind"]]] = match["value"]
    if match["cells"] is not None:
        data["training_cells"] = match["cells"]
    return parse(SplitSpec, data, f"split {text!r}")
