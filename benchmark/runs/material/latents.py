"""Reads from the store what the figure of embeddings shows: latents of the same test cells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmark.metrics.probe_cases import BATCH, DOWNSTREAM, TREATMENT
from benchmark.stages.probe import Cells, cells_of
from benchmark.store.codecs import table_to_vectors
from benchmark.store.store import Artefact, Store
from tables.figures.embedding import Embeddings
from weakpair.errors import ConfigError, DataError, StoreError, UnknownNameError

MOST_LEARNERS = 4
"""Rows of a figure."""

BEFORE_AND_AFTER = ("raw", "ipic")

_CASE = ("dataset", "variant", "split", "training_cells")
_UNIT = ("replicate", "fold")
_PAIRS = (
    "A point is a {pair} of test cells, its two latents side by side, each modality scaled to the "
    "same total variance."
)
_CELLS = "A point is a test cell of either modality, both in the same coordinates."

Columns = Mapping[str, str | None]


@dataclass(frozen=True)
class Choice:
    """Choice of what is shown.

    Attributes:
        learners: by name; None = raw and ipic where the run has both, else its first ones.
        replicate: None = the first that all learners have, as for `fold`.
        fold: its name, e.g. "holdout-0".
        of: what a point is: a pair of test cells with both latents side by side, which is what the
            probe classifies, or a cell, which needs latents in one space.
        most: points, drawn at random where there are more.
        seed: of the drawing.
    """

    learners: Sequence[str] | None = None
    replicate: int | None = None
    fold: str | None = None
    of: Literal["pairs", "cells"] = "pairs"
    most: int = 1000
    seed: int = 0


def embeddings(results: pd.DataFrame, store: Store, choice: Choice) -> Embeddings:
    """Latents of the same test cells by several learners, as they were stored.

    Args:
        results: tidy results of one data set, variant and split.
        store: of the runs.
        choice: learners, fold, and what a point is.

    Raises:
        ConfigError: several data sets, variants or splits; too many learners; no fold that all
            learners have; cells asked of latents that have no space in common.
        DataError: the results have no fits, or fits of different cells.
        StoreError: the store lacks an artefact.
        UnknownNameError: no such learner, replicate or fold.
    """
    fits = _fits(results)
    learners = _learners(fits, choice.learners)
    replicate, fold = _unit(fits, learners, choice)
    chosen = fits[(fits["replicate"] == replicate) & (fits["fold"] == fold)]
    rows = {row["learner"]: row for row in chosen.to_dict("records")}
    data, columns, cells = _read([rows[name] for name in learners], store)
    _check_same(cells)
    view = _by_cell(cells) if choice.of == "cells" else _by_pair(cells, data, choice.seed)
    drawn = np.random.default_rng(choice.seed).permutation(view.count)[: choice.most]
    return Embeddings(
        latents={name: x[drawn] for name, x in view.latents.items()},
        labels={_shown(kind, columns): names[drawn] for kind, names in view.labels.items()},
        place=_place(rows[learners[0]]),
        points=view.points,
        of=view.count,
    )


@dataclass(frozen=True, eq=False)
class _View:
    """All points: latents by learner, labels by kind, and what a point is."""

    latents: Mapping[str, NDArray[np.float32]]
    labels: Mapping[str, NDArray[np.str_]]
    points: str

    @property
    def count(self) -> int:
        return len(self.labels[TREATMENT])


def _fits(results: pd.DataFrame) -> pd.DataFrame:
    """Rows of fits, one per fit of one place; the row of its probe where there is one."""
    if "fit_key" not in results or (results["fit_key"].fillna("") == "").all():
        raise DataError("the runs have no fits: their results name no latents in the store")
    fits = results[results["fit_key"].fillna("") != ""]
    for column in _CASE:
        names = [str(name) for name in fits[column].unique()]
        if len(names) > 1:
            raise ConfigError(
                f"the runs have more than one {column}: {', '.join(names)}; choose by "
                f"--{column.replace('_', '-')}"
            )
    ordered = fits.assign(probed=fits["task"] == "probe").sort_values("probed", kind="stable")
    return ordered.drop_duplicates(["learner", *_UNIT], keep="last").sort_index()


def _learners(fits: pd.DataFrame, asked: Sequence[str] | None) -> list[str]:
    known = list(dict.fromkeys(fits["learner"]))
    if asked is None:
        both = set(BEFORE_AND_AFTER) <= set(known)
        return list(BEFORE_AND_AFTER) if both else known[:MOST_LEARNERS]
    for name in asked:
        if name not in known:
            raise UnknownNameError("learner", name, known)
    if not 1 <= len(asked) <= MOST_LEARNERS:
        raise ConfigError(f"--learners: name one to {MOST_LEARNERS}, not {len(asked)}")
    return list(dict.fromkeys(asked))


def _unit(fits: pd.DataFrame, learners: list[str], choice: Choice) -> tuple[int, str]:
    """The first replicate and fold that were chosen, and that all learners have."""
    for column, value in (("replicate", choice.replicate), ("fold", choice.fold)):
        if value is not None:
            known = fits[column].unique()
            if value not in known:
                raise UnknownNameError(column, str(value), map(str, known))
            fits = fits[fits[column] == value]
    chosen = [
        set(zip(*(fits[fits["learner"] == n][c] for c in _UNIT), strict=True)) for n in learners
    ]
    for unit in zip(*(fits[column] for column in _UNIT), strict=True):
        if all(unit in have for have in chosen):
            return int(unit[0]), str(unit[1])
    raise ConfigError(
        f"no fold was finished by all of {', '.join(learners)}; choose other --learners"
    )


def _read(
    rows: Sequence[Mapping[Any, Any]], store: Store
) -> tuple[Artefact, Columns, dict[str, Cells]]:
    """The data set of the fits, its columns of labels, and the test cells of every learner."""
    try:
        data, columns = _source(rows[0], store)
        cells = {}
        for row in rows:
            latents = table_to_vectors(store.read(row["fit_key"]).table, "z")
            cells[row["learner"]] = cells_of(latents, "test", data.table, columns)
    except StoreError as error:
        raise StoreError(
            f"{store.root} lacks latents of the run, or their data: name the run's store by "
            f"--store ({error})"
        ) from error
    return data, columns, cells


def _source(row: Mapping[Any, Any], store: Store) -> tuple[Artefact, Columns]:
    """The data set of a fit, and its columns of downstream label and batch, as the probe has it."""
    if row["task"] == "probe":
        recipe = store.recipe(row["score_key"])
        columns = recipe["params"]["columns"]
        # An older store calls the downstream label a task.
        columns = {DOWNSTREAM: columns.get("task"), **columns}
        return store.read(recipe["inputs"]["data"]), columns
    fold = store.recipe(row["fit_key"])["inputs"]["fold"]
    return store.read(store.recipe(fold)["inputs"]["data"]), {DOWNSTREAM: None, BATCH: None}


def _check_same(cells: Mapping[str, Cells]) -> None:
    (first, one), *others = cells.items()
    for name, other in others:
        pairs = zip(one.vectors, other.vectors, strict=True)
        if not all(np.array_equal(a.ids, b.ids) for a, b in pairs):
            raise DataError(f"{first} and {name} have other test cells: their runs read other data")


def _by_pair(cells: Mapping[str, Cells], data: Artefact, seed: int) -> _View:
    """Pairs of test cells, the same for all learners."""
    paired = bool(data.facts["paired"])
    first = next(iter(cells.values()))
    pairs = first.scored_pairs(paired, seed)
    views = {name: found.views(pairs)["both"] for name, found in cells.items()}
    split = {name: found.vectors[0].values.shape[1] for name, found in cells.items()}
    return _View(
        {name: _even(view.x, split[name]) for name, view in views.items()},
        first.views(pairs)["both"].labels,
        _PAIRS.format(pair="true pair" if paired else "random pair of the same labels"),
    )


def _by_cell(cells: Mapping[str, Cells]) -> _View:
    """Cells of both modalities in their common space, and which modality each is of."""
    for name, found in cells.items():
        one, two = (vectors.values.shape[1] for vectors in found.vectors)
        if one != two:
            raise ConfigError(
                f"{name}: latents of {one} and {two} dimensions are in no common space; use --of "
                "pairs, or other --learners"
            )
    first = next(iter(cells.values()))
    sides = first.labels
    labels = {kind: np.concatenate([sides[0][kind], sides[1][kind]]) for kind in sides[0]}
    labels["modality"] = np.repeat(["1", "2"], [len(v.ids) for v in first.vectors])
    latents = {n: np.concatenate([v.values for v in f.vectors]) for n, f in cells.items()}
    return _View(latents, labels, _CELLS)


def _even(x: NDArray[np.float32], split: int) -> NDArray[np.float32]:
    """Both modalities with the same total variance: neither decides alone who is near whom."""
    sides = (x[:, :split], x[:, split:])
    spreads = [float(np.sqrt(side.var(axis=0).sum())) for side in sides]
    return np.concatenate([s / (d or 1.0) for s, d in zip(sides, spreads, strict=True)], axis=1)


def _shown(kind: str, columns: Columns) -> str:
    """A kind of label with the column that it stands in."""
    name = columns.get(kind)
    return f"{kind} ({name})" if name else kind


def _place(row: Mapping[Any, Any]) -> str:
    parts = (row["dataset"], row["variant"], f"replicate {row['replicate']}", row["fold"])
    return f"{', '.join(part for part in parts if part)} ({row['training_cells']} training cells)"
