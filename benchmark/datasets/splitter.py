"""Draws the folds of a split: which rows train and which test.

The order of rows in every part is a seeded random one of its own, so that it says nothing about
pairs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from benchmark.datasets.base import Dataset, Rows, Samples, Strings
from benchmark.datasets.splits import Fold, Split, SplitSpec
from benchmark.datasets.strata import Generators, deal, divide, keep, share, unpair
from benchmark.store.keys import sha256
from weakpair.errors import ConfigError


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
        for name, train, test in self._tests(labels, "true pairs", (one, i), (two, j)):
            train1, train2 = self._divided(name, labels, train)
            test1, test2 = self._unpaired_part(name, labels, test)
            known1, known2 = (
                rows[self._trains(samples, rows, name)]
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
        parts = (
            self._tests(
                samples.labels, f"cells of modality {m}", (samples, np.arange(len(samples)))
            )
            for m, samples in ((1, self.dataset.modality1), (2, self.dataset.modality2))
        )
        for (name, train1, test1), (_, train2, test2) in zip(*parts, strict=True):
            yield self._shuffled(name, train1, test1, train2, test2)

    def _trains(self, samples: Samples, rows: Rows, name: str) -> NDArray[np.bool_]:
        """Tell which cells without a partner train in a fold: those whose label or value does."""
        if self.spec.kind == "lopo":
            return np.asarray(samples.labels[rows] != name)
        if self.spec.kind == "column":
            return np.isin(self._values(samples, rows), self.spec.train)
        return np.ones(len(rows), dtype=np.bool_)

    def _tests(
        self, labels: Strings, unit: str, *sides: tuple[Samples, Rows]
    ) -> Iterator[tuple[str, Rows, Rows]]:
        """Name, training units and test units of every fold."""
        self._check_sizes(labels, unit)
        if self.spec.kind == "column":
            yield "column", *self._by_column(unit, sides)
            return
        for name, test in self._drawn(labels, unit):
            yield name, _others(len(labels), test), test

    def _by_column(self, unit: str, sides: Sequence[tuple[Samples, Rows]]) -> tuple[Rows, Rows]:
        """Training and test units by the values of a column, on which both sides must agree."""
        values, *others = [self._values(*side) for side in sides]
        if any((values != other).any() for other in others):
            raise ConfigError(
                f"{self.dataset.name}: column {self.spec.column!r} says otherwise of a cell in "
                "modality 1 than in modality 2"
            )
        train, test = (
            np.flatnonzero(np.isin(values, wanted)) for wanted in (self.spec.train, self.spec.test)
        )
        for rows, wanted in ((train, self.spec.train), (test, self.spec.test)):
            if not len(rows):
                known = ", ".join(map(repr, np.unique(values).tolist()[:9]))
                raise ConfigError(
                    f"{self.dataset.name}: column {self.spec.column!r} of the {unit} has no "
                    f"{' or '.join(map(repr, wanted))}; it has {known}"
                )
        return train, test

    def _values(self, samples: Samples, rows: Rows) -> Strings:
        """Values of the column in some rows, as text."""
        name = str(self.spec.column)
        if name not in samples.obs:
            known = ", ".join(map(str, samples.obs.columns)) or "none"
            raise ConfigError(
                f"{self.dataset.name}: there is no metadata column {name!r} to split by; there "
                f"are {known}"
            )
        return np.asarray(samples.obs[name].astype(str), dtype=np.str_)[rows]

    def _drawn(self, labels: Strings, unit: str) -> Iterator[tuple[str, Rows]]:
        """Name and test units of every fold that is drawn, or leaves a perturbation out."""
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
            elif self.spec.kind == "column":
                raise AssertionError("a column is read, not drawn")
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
        needed = {"kfold": self.spec.folds, "holdout": 2, "lopo": 1, "column": 0}[self.spec.kind]
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
