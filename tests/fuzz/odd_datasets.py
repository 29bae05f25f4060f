"""Seeded odd data sets: what people's screens look like, and the plain form of each.

A case is one data set; `tests.fuzz.containers` writes it in every container. Its plain form has
the same cells with text labels and float32 features, in the order of their ids.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Generator = np.random.Generator
Labels = Any  # a series of any type


@dataclass(frozen=True)
class Case:
    """An odd data set.

    Attributes:
        number: which one; it determines all else.
        oddities: what is odd about it.
        x: features of modality 1 and 2, of the types and in the row order that files get.
        ids: of the cells, by modality.
        labels: of all cells by id, of the type that files get.
        text: the same as text, which is what every container must come to.
        features: names of the features, by modality.
        folder: name of the folder that the files lie in.
        refusable: why `bench` may refuse some forms of it; "" where all must be read.
    """

    number: int
    oddities: tuple[str, ...]
    x: tuple[NDArray[Any], NDArray[Any]]
    ids: tuple[NDArray[np.str_], NDArray[np.str_]]
    labels: Labels
    text: Labels
    features: tuple[list[str], list[str]]
    folder: str = "screen"
    refusable: str = ""
    group: str = "group"

    @property
    def plain(self) -> "Case":
        """The same cells, in a form that is nothing but plain."""
        order = [np.argsort(ids, kind="stable") for ids in self.ids]
        x = [values[rows].astype(np.float32) for values, rows in zip(self.x, order, strict=True)]
        ids = [names[rows] for names, rows in zip(self.ids, order, strict=True)]
        return replace(
            self, x=(x[0], x[1]), ids=(ids[0], ids[1]), labels=self.text, folder="plain",
            group="group", oddities=(), features=(_numbered(x[0]), _numbered(x[1])),
        )  # fmt: skip


def _numbered(x: NDArray[Any]) -> list[str]:
    return [f"f{j}" for j in range(x.shape[1])]


@dataclass
class Draft:
    """A case in the making."""

    rng: Generator
    names: list[str]
    codes: NDArray[np.int64]
    ids: NDArray[np.str_]
    x: list[NDArray[Any]]
    keep: list[NDArray[np.bool_]]
    features: list[list[str]]
    cast: Callable[[Labels], Labels] = field(default=lambda series: series)
    folder: str = "screen"
    group: str = "group"
    refusable: str = ""
    shuffled: bool = False

    def finished(self, number: int, oddities: tuple[str, ...]) -> Case:
        """The case, its rows in another order for each modality where they are shuffled."""
        words = pd.Series([self.names[code] for code in self.codes], index=self.ids, dtype=object)
        rows = [np.flatnonzero(keep) for keep in self.keep]
        if self.shuffled:
            rows = [self.rng.permutation(part) for part in rows]
        odd = self.cast(words)
        text = pd.Series([str(value) for value in odd], index=words.index, dtype=object)
        return Case(
            number, oddities, (self.x[0][rows[0]], self.x[1][rows[1]]),
            (self.ids[rows[0]], self.ids[rows[1]]), odd, text,
            (self.features[0], self.features[1]), self.folder, self.refusable, self.group,
        )  # fmt: skip


Oddity = Callable[[Draft], None]


def drafted(rng: Generator, sizes: list[int]) -> Draft:
    """An ordinary data set with so many cells of each label: means of labels, and noise."""
    codes = rng.permutation(np.repeat(np.arange(len(sizes)), sizes)).astype(np.int64)
    widths = (int(rng.integers(4, 9)), int(rng.integers(3, 8)))
    shared = rng.normal(size=(len(codes), 3))
    x: list[NDArray[Any]] = []
    for width in widths:
        means = 2 * rng.normal(size=(len(sizes), width))
        values = means[codes] + shared @ rng.normal(size=(3, width))
        x.append((values + 0.3 * rng.normal(size=values.shape)).astype(np.float32))
    ids = np.array([f"cell{k:04d}" for k in rng.permutation(len(codes))])
    everywhere = np.ones(len(codes), dtype=bool)
    return Draft(
        rng, [f"drug{k}" for k in range(len(sizes))], codes, ids, x,
        [everywhere, everywhere.copy()], [[f"f{j}" for j in range(w)] for w in widths],
    )  # fmt: skip


# Types of the label column.


def _numbers(kind: str) -> Oddity:
    def change(draft: Draft) -> None:
        start = int(draft.rng.integers(0, 9))
        draft.names = [str(start + k) for k in range(len(draft.names))]
        draft.cast = lambda series: series.astype(int).astype(kind)

    return change


def _two_truths(draft: Draft) -> None:
    draft.codes = draft.codes % 2
    draft.names = ["False", "True"]
    draft.cast = lambda series: series == "True"


def _typed(kind: str) -> Oddity:
    def change(draft: Draft) -> None:
        draft.cast = lambda series: series.astype(kind)

    return change


def _unused_categories(draft: Draft) -> None:
    known = ["absent", *draft.names[::-1], "never"]
    draft.cast = lambda series: series.astype(pd.CategoricalDtype(known))


def _numeric_categories(draft: Draft) -> None:
    draft.names = [str(10 * k) for k in range(len(draft.names))]
    draft.cast = lambda series: series.astype(int).astype("category")


def _named(words: list[str]) -> Oddity:
    def change(draft: Draft) -> None:
        draft.names = [
            words[k % len(words)] + "'" * (k // len(words)) for k in range(len(draft.names))
        ]

    return change


LABELS: dict[str, Oddity] = {
    "labels int": _numbers("int64"),
    "labels int8": _numbers("int8"),
    "labels float": _numbers("float64"),
    "labels nullable": _numbers("Int64"),
    "labels bool": _two_truths,
    "labels string": _typed("string"),
    "labels arrow": _typed("string[pyarrow]"),
    "labels category": _typed("category"),
    "labels unused categories": _unused_categories,
    "labels numeric categories": _numeric_categories,
    "labels padded": _named(["1", "01", "001", "1.0", "0.1", "0.10"]),
    "labels missing-like": _named(["NA", "None", "nan", "null", "N/A", "-"]),
    "labels slashes": _named(["a/b", "a\\b", "/etc", "../x", "a//b", "."]),
    "labels commas": _named(["a,b", "a;b", "a\tb", "a|b", "a:b", '"a"']),
    "labels unicode": _named(["α-TNF", "β", "ß", "ä", "a\u0308", "日本", "😀"]),
    "labels blanks": _named([" a", "a", "a ", "a  b", "a b", "A"]),
    "labels quotes": _named(['he"llo', "it's", "=1+1", "#x", "%s", "{0}"]),
    "labels dates": _named(["2026-01-01", "1e5", "1_000", "inf", "True", "0x1F"]),
    "labels truth-like": _named(["yes", "no", "on", "off", "true", "TRUE"]),
}

# Features.


def _cast_features(kind: str, factor: float) -> Oddity:
    def change(draft: Draft) -> None:
        for m in range(2):
            scaled = np.clip(draft.x[m] * factor, -100, 100)
            draft.x[m] = (scaled > 0) if kind == "bool" else scaled.astype(kind)

    return change


def _in_one(change: Callable[[NDArray[Any], Generator], NDArray[Any]]) -> Oddity:
    def applied(draft: Draft) -> None:
        m = int(draft.rng.integers(2))
        draft.x[m] = change(draft.x[m].astype(np.float32), draft.rng)

    return applied


def _constant(x: NDArray[Any], rng: Generator) -> NDArray[Any]:
    x[:, rng.integers(x.shape[1])] = rng.choice([0.0, 7.0, -1e10])
    return x


def _twice(x: NDArray[Any], rng: Generator) -> NDArray[Any]:
    x[:, 1] = x[:, 0]
    return x


def _empty_rows(x: NDArray[Any], rng: Generator) -> NDArray[Any]:
    x[rng.permutation(len(x))[: len(x) // 5]] = 0
    return x


def _large(x: NDArray[Any], rng: Generator) -> NDArray[Any]:
    return x * np.float32(1e30)


def _tiny(x: NDArray[Any], rng: Generator) -> NDArray[Any]:
    return x * np.float32(1e-30)


def _one_far_cell(x: NDArray[Any], rng: Generator) -> NDArray[Any]:
    x[rng.integers(len(x))] = 1e30
    return x


def _wild_scales(x: NDArray[Any], rng: Generator) -> NDArray[Any]:
    return np.asarray(x * np.exp(rng.normal(0, 6, x.shape[1])), dtype=np.float32)


def _missing_value(draft: Draft) -> None:
    m = int(draft.rng.integers(2))
    draft.x[m] = draft.x[m].astype(np.float32)
    draft.x[m][draft.rng.integers(len(draft.x[m])), 0] = draft.rng.choice([np.nan, np.inf])


def _one_name(draft: Draft) -> None:
    draft.features[0][1] = draft.features[0][0]
    draft.refusable = "two features of one name"


def _odd_feature_names(draft: Draft) -> None:
    pool = ["a/b", "b,c", "ü", " lead", "1", "01", "NA", "group", "x.y"]
    draft.features = [pool[: len(names)] for names in draft.features]
    draft.refusable = "a feature called as the label column"


FEATURES: dict[str, Oddity] = {
    "float16": _cast_features("float16", 1.0),
    "float64": _cast_features("float64", 1.0),
    "int8": _cast_features("int8", 10.0),
    "int64": _cast_features("int64", 10.0),
    "bool": _cast_features("bool", 1.0),
    "constant feature": _in_one(_constant),
    "feature twice": _in_one(_twice),
    "empty rows": _in_one(_empty_rows),
    "1e30": _in_one(_large),
    "1e-30": _in_one(_tiny),
    "one far cell": _in_one(_one_far_cell),
    "wild scales": _in_one(_wild_scales),
    "missing value": _missing_value,
    "feature names twice": _one_name,
    "feature names odd": _odd_feature_names,
}

# Cells and files.


def _shuffled(draft: Draft) -> None:
    draft.shuffled = True


def _missing_cells(draft: Draft) -> None:
    """Some cells of each label were measured in one modality only."""
    for m in range(2):
        for code in np.unique(draft.codes):
            rows = np.flatnonzero(draft.codes == code)
            draft.keep[m][rows[m::2][: len(rows) // 6]] = False


def _ids(words: Callable[[int], str]) -> Oddity:
    def change(draft: Draft) -> None:
        places = np.argsort(np.argsort(draft.ids))
        draft.ids = np.array([words(int(place)) for place in places])

    return change


def _in_folder(name: str) -> Oddity:
    def change(draft: Draft) -> None:
        draft.folder = name

    return change


def _grouped_by(name: str) -> Oddity:
    def change(draft: Draft) -> None:
        draft.group = name

    return change


CELLS: dict[str, Oddity] = {
    "rows shuffled": _shuffled,
    "cells missing": _missing_cells,
    "ids slashes": _ids(lambda k: f"plate/{k:03d}/a"),
    "ids unicode": _ids(lambda k: f"Zelle-ß{k:03d}"),
    "ids blanks": _ids(lambda k: f" {k:03d}"),
    "ids padded": _ids(lambda k: f"{k:05d}"),
    "ids commas": _ids(lambda k: f'{k:03d},"x"'),
    "ids barcodes": _ids(lambda k: f"AC{k:03d}GT-1"),
    "ids NA-like": _ids(lambda k: "NA" if k == 0 else f"nan{k}"),
    "folder dots": _in_folder("run.v1.2-seed0"),
    "folder commas": _in_folder("a,b"),
    "folder blank": _in_folder(" my screen"),
    "folder unicode": _in_folder("größe-日本"),
    "folder suffix": _in_folder("screen.h5ad"),
    "folder brackets": _in_folder("a[1]{b}*?"),
    "group column unicode": _grouped_by("Störung"),
    "group column blank": _grouped_by("drug name"),
}


def _sizes(number: int, rng: Generator) -> tuple[list[int], tuple[str, ...]]:
    """Cells per label: mostly 3 to 5 labels of 8 to 12, now and then what is at the edge."""
    if number % 250 == 249:
        return [5] * 1000, ("1000 groups of 5",)
    if number % 25 == 24:
        return [10, 9, 1], ("one group of 1",)
    if number % 25 == 12:
        return [6] * 8, ("8 groups of 6",)
    return [int(rng.integers(8, 13)) for _ in range(rng.integers(3, 6))], ()


def odd_case(number: int, seed: int = 0) -> Case:
    """The case of that number: one type of labels, up to two oddities of features and cells."""
    rng = np.random.default_rng([seed, number])
    sizes, oddities = _sizes(number, rng)
    draft = drafted(rng, sizes)
    chosen: list[tuple[str, Oddity]] = []
    for pool, most in ((LABELS, 1), (FEATURES, 1), (CELLS, 2)):
        names = rng.choice(list(pool), size=int(rng.integers(0, most + 1)) or most, replace=False)
        chosen += [(str(name), pool[str(name)]) for name in names if rng.random() < 0.75]
    if len(sizes) > 100:  # text alone can tell so many apart
        chosen = [(name, change) for name, change in chosen if name not in LABELS]
    for _, change in chosen:
        change(draft)
    return draft.finished(number, oddities + tuple(name for name, _ in chosen))


def odd_cases(count: int, seed: int = 0) -> Iterator[Case]:
    """The first so many cases."""
    for number in range(count):
        yield odd_case(number, seed)
