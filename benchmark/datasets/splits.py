"""Splits: which cells train and which cells test, stored as row numbers.

The unit of a split is a true pair, so test cells stay paired; of cells measured in one modality
only, all train. Test sets depend on the data, the kind of split and the seed, not on
`training_cells`: results for `same` and `disjoint` training cells are scored on the same cells.
Within every part both modalities are put into a seeded random order of their own, so that the
order of rows says nothing about pairs.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self, assert_never

import numpy as np
from pydantic import Field, model_validator

from benchmark.datasets.base import Dataset, Rows, Strings
from benchmark.datasets.strata import Generators, deal, divide, keep, share, unpair
from benchmark.store.keys import sha256
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
_VALUE = {"holdout": "test_size", "kfold": "folds", "lopo": "sample"}


class SplitSpec(Frozen):
    """Kind and sizes of a split.

    Attributes:
        kind: `holdout` (once, `test_size` of every perturbation tests), `kfold`, or `lopo`
            (leave one perturbation out: each in turn is the test set).
        folds: number of folds of `kfold`.
        test_size: share of `holdout`, between 0 and 1.
        sample: how many perturbations `lopo` leaves out in turn, chosen by the seed; None = all. A
            smaller sample is part of a larger one.
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
        return {k: v for k, v in content.items() if not silent.get(k)}

    def draw(self) -> dict[str, Any]:
        """Fields that determine the test sets, beside data, seed and repeat."""
        if self.kind == "lopo":  # A fold is the same whichever others there are.
            return {"kind": self.kind}
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

    VALUE is the share of `holdout`, the folds of `kfold`, or how many perturbations of `lopo`.

    Raises:
        ConfigError: what is wrong and how a split is spelt.

    >>> parse_split("kfold:10/disjoint").folds
    10
    >>> parse_split("holdout:0.3").test_size
    0.3
    """
    match = _TEXT.fullmatch(text.strip())
    usage = (
        "write holdout, holdout:0.2, kfold, kfold:5, lopo or lopo:20; after a / the training cells"
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


def make_split(dataset: Dataset, spec: SplitSpec, seed: int) -> Split:
    """Split a data set.

    Args:
        dataset: the cells; the split depends on their `origin`, not on the data set's name.
        spec: the kind of split.
        seed: another seed, another draw.

    Raises:
        ConfigError: a perturbation with too few cells, or pairs are needed and there are none.
    """
    if not dataset.paired and (0 < spec.overlap < 1 or spec.used < 1):
        raise ConfigError(
            f"{dataset.name}: training_cells {spec.training_cells!r} needs true pairs, but the "
            "data are not paired; use 'same' or 'disjoint'"
        )
    if not dataset.paired and spec.decoys:
        raise ConfigError(
            f"{dataset.name}: test_cells {spec.test_cells!r} needs true pairs, but the data are "
            "not paired: no test cell has a partner"
        )
    return Split(spec, tuple(_Splitter(dataset, spec, seed).folds()))


@dataclass(frozen=True)
class _Splitter:
    """A data set, a spec and a seed: all that a split depends on."""

    dataset: Dataset
    spec: SplitSpec
    seed: int

    def folds(self) -> Iterator[Fold]:
        """All folds, in order."""
        yield from self._paired() if self.dataset.paired else self._unpaired()

    def _paired(self) -> Iterator[Fold]:
        """Split true pairs; cells without a partner train wherever their label does."""
        i, j = self.dataset.pairs()
        one, two = self.dataset.modality1, self.dataset.modality2
        labels = one.labels[i]
        alone1, alone2 = _others(len(one), i), _others(len(two), j)
        for name, test in self._tests(labels, "true pairs"):
            train1, train2 = self._divided(name, labels, _others(len(labels), test))
            test1, test2 = self._unpaired_part(name, labels, test)
            known1, known2 = (
                rows if self.spec.kind != "lopo" else rows[samples.labels[rows] != name]
                for samples, rows in ((one, alone1), (two, alone2))
            )
            yield self._shuffled(
                name,
                np.concatenate([i[train1], known1]),
                i[test1],
                np.concatenate([j[train2], known2]),
                j[test2],
            )

    def _unpaired(self) -> Iterator[Fold]:
        """Split every modality for itself."""
        one, two = self.dataset.modality1.labels, self.dataset.modality2.labels
        tests = zip(
            self._tests(one, "cells of modality 1"),
            self._tests(two, "cells of modality 2"),
            strict=True,
        )
        for (name, test1), (_, test2) in tests:
            train1, train2 = _others(len(one), test1), _others(len(two), test2)
            yield self._shuffled(name, train1, test1, train2, test2)

    def _tests(self, labels: Strings, unit: str) -> Iterator[tuple[str, Rows]]:
        """Name and test units of every fold."""
        self._check_sizes(labels, unit)
        folds = self.spec.folds
        if self.spec.kind == "lopo":
            for label in self._left_out():
                yield label, np.flatnonzero(labels == label)
            return
        for repeat in range(self.spec.repeats):
            draw = self._generators("test", unit, repeat)
            if self.spec.kind == "holdout":
                yield f"holdout-{repeat}", share(labels, self.spec.test_size, draw)
            elif self.spec.kind == "kfold":
                fold = deal(labels, folds, draw)
                for k in range(folds):
                    yield f"fold-{repeat * folds + k}", np.flatnonzero(fold == k)
            else:
                assert_never(self.spec.kind)

    def _left_out(self) -> list[str]:
        """Perturbations to leave out in turn: all, or those that the seed puts first."""
        known = list(self.dataset.labels)
        if self.spec.sample is None:
            return known
        if self.spec.sample > len(known):
            raise ConfigError(
                f"{self.dataset.name}: lopo:{self.spec.sample} asks for more perturbations than "
                f"the {len(known)} there are"
            )
        place = {"data": self.dataset.origin, "seed": self.seed, "use": "left out"}
        order = sorted(known, key=lambda label: sha256({**place, "label": label}))
        return sorted(order[: self.spec.sample])

    def _check_sizes(self, labels: Strings, unit: str) -> None:
        if self.spec.kind == "lopo" and len(self.dataset.labels) < 2:
            raise ConfigError(f"{self.dataset.name}: lopo needs at least 2 perturbations")
        needed = {"kfold": self.spec.folds, "holdout": 2, "lopo": 1}[self.spec.kind]
        for label in self.dataset.labels:
            size = int(np.count_nonzero(labels == label))
            if size < needed:
                fewer = "take fewer folds, or " if self.spec.kind == "kfold" else ""
                raise ConfigError(
                    f"{self.dataset.name}: group {label!r} has {size} {unit}, "
                    f"{self.spec.kind} needs at least {needed}; {fewer}"
                    f"leave such groups out (min_cells: {needed})"
                )

    def _divided(self, name: str, labels: Strings, train: Rows) -> tuple[Rows, Rows]:
        """Training units of modality 1 and of modality 2."""
        if self.spec.used < 1:
            drawn = train[keep(labels[train], self.spec.used, self._generators("divide", name))]
            return drawn, drawn
        if self.spec.overlap == 1:
            return train, train
        values, counts = np.unique(labels[train], return_counts=True)
        if counts.min() < 2:
            raise ConfigError(
                f"{self.dataset.name}: group {str(values[counts.argmin()])!r} has 1 training cell "
                f"in {name}; training_cells {self.spec.training_cells!r} needs at least 2, choose "
                "a larger min_cells"
            )
        generators = self._generators("divide", name)
        first, second = divide(labels[train], self.spec.overlap, generators)
        return train[first], train[second]

    def _unpaired_part(self, name: str, labels: Strings, test: Rows) -> tuple[Rows, Rows]:
        """Test units of modality 1 and of modality 2: some of them decoys."""
        if not self.spec.decoys:
            return test, test
        generators = self._generators("decoys", name)
        first, second = unpair(labels[test], self.spec.decoys, generators)
        return test[first], test[second]

    def _shuffled(self, name: str, train1: Rows, test1: Rows, train2: Rows, test2: Rows) -> Fold:
        """The fold in its secret order, another one in each part."""
        rows = {"train1": train1, "test1": test1, "train2": train2, "test2": test2}
        order = self._generators("order", name)
        return Fold(name, **{part: order(part).permutation(rows[part]) for part in rows})

    def _generators(self, *use: str | int) -> Generators:
        """Sources of randomness that follow from content, never from the order of calls."""
        draw = {"data": self.dataset.origin, "draw": self.spec.draw(), "seed": self.seed}

        def generator(part: str) -> np.random.Generator:
            return np.random.default_rng(int(sha256({**draw, "use": [*use, part]}), 16))

        return generator


def _others(n: int, rows: Rows) -> Rows:
    """The rows of n that are not among `rows`, ascending."""
    keep = np.ones(n, dtype=bool)
    keep[rows] = False
    return np.flatnonzero(keep)
