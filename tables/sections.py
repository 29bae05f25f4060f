"""From tidy results to the score matrices of one ranked section of a table."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import pandas as pd

from tables.metrics import in_order
from weakpair.errors import DataError

Combination = tuple[str, str]
"""A learner's and an aligner's name; "-" where there is none."""

_COMBINATION = ["learner", "aligner"]
_UNIT = ["replicate", "fold"]


@dataclass(frozen=True)
class Protocol:
    """What combinations must share to stand in one table."""

    dataset: str
    split: str
    training_cells: str


@dataclass(frozen=True)
class Section:
    """Combinations that are ranked against each other.

    `scores` holds, per metric, rows = `combinations` and columns = (replicate, fold), NaN where
    there is no score; pairs on which nobody's score is defined have no column. `total` pairs were
    expected, `expected` of them per metric.
    """

    variant: str
    roles: Mapping[Combination, str]
    scores: Mapping[str, pd.DataFrame]
    total: int
    expected: Mapping[str, int]
    sources: Mapping[tuple[Combination, str], tuple[str, ...]]
    unconverged: frozenset[Combination]
    dropped: int = 0

    @property
    def combinations(self) -> list[Combination]:
        """All combinations by name: the rows of the scores."""
        return sorted(self.roles)

    @property
    def units(self) -> set[tuple[int, str]]:
        """The (replicate, fold) pairs on which something is defined."""
        frames = self.scores.values()
        return {cast("tuple[int, str]", unit) for frame in frames for unit in frame.columns}

    def of_roles(self, roles: Collection[str]) -> list[Combination]:
        """Combinations with one of these roles, by name."""
        return [name for name in self.combinations if self.roles[name] in roles]


def split_sections(
    results: pd.DataFrame, gaps: pd.DataFrame, expected: int | None
) -> Iterator[tuple[Protocol, list[Section]]]:
    """Yield each table's protocol and its sections, one per variant, in the results' order.

    Args:
        results: checked results of one task.
        gaps: checked cells without a result.
        expected: (replicate, fold) pairs a combination should have; None = the most that any
            combination of the section has, finished or not.
    """
    keys = ["dataset", "split", "training_cells"]
    where = pd.concat([frame[[*keys, "variant"]] for frame in (results, gaps) if len(frame)])
    for names, here in where.drop_duplicates().groupby(keys, sort=False):
        chosen = {key: str(name) for key, name in zip(keys, names, strict=True)}
        yield (
            Protocol(**chosen),
            [
                _section(
                    variant,
                    _select(results, {**chosen, "variant": variant}),
                    _select(gaps, {**chosen, "variant": variant}),
                    expected,
                )
                for variant in here["variant"]
            ],
        )


def on_common_units(section: Section, ranked: Collection[Combination]) -> Section:
    """Drop the (replicate, fold) pairs that some ranked combination lacks.

    Combinations without any score in some metric stay out of it: they cannot be ranked, and
    would leave nothing in common.

    Raises:
        DataError: no pair is left.
    """
    entrants = [name in ranked for name in section.combinations]
    there = {metric: frame[entrants].notna() for metric, frame in section.scores.items()}
    told = [frame for frame in there.values() if frame.to_numpy().any()]
    able = np.logical_and.reduce([frame.any(axis=1).to_numpy() for frame in told])
    lacking = {unit for frame in told for unit in frame.columns[~frame[able].all()]}
    scores = {
        metric: frame.loc[:, [unit not in lacking for unit in frame.columns]]
        for metric, frame in section.scores.items()
    }
    left = len(section.units - lacking)
    if lacking and not left:
        raise DataError(
            "no fold is common to all combinations, so missing='drop' leaves nothing; "
            "'strict' or 'worst' will do"
        )
    return replace(
        section,
        scores=scores,
        total=left,
        expected={metric: frame.shape[1] for metric, frame in scores.items()},
        dropped=section.total - left,
    )


def _select(frame: pd.DataFrame, chosen: Mapping[str, str]) -> pd.DataFrame:
    for column, name in chosen.items():
        frame = frame[frame[column] == name]
    return frame


def _section(
    variant: str, results: pd.DataFrame, gaps: pd.DataFrame, expected: int | None
) -> Section:
    named = [frame[[*_COMBINATION, *_UNIT, "role"]] for frame in (results, gaps) if len(frame)]
    cells = pd.concat(named)
    counts = cells.drop_duplicates([*_COMBINATION, *_UNIT]).groupby(_COMBINATION).size()
    total = int(counts.max()) if expected is None else expected
    # Results come first: a gap without a role must not turn a control into a method.
    roles = dict(reversed([*_named(cells, "role")]))
    metrics = in_order(results["metric"])
    scores = {m: _matrix(results[results["metric"] == m], sorted(roles)) for m in metrics}
    return Section(
        variant=variant,
        roles=roles,
        scores={metric: frame for metric, (frame, _) in scores.items()},
        total=total,
        expected={metric: max(total - empty, 0) for metric, (_, empty) in scores.items()},
        sources=_sources(results),
        unconverged=frozenset(name for name, ok in _named(results, "converged") if not ok),
    )


def _named(frame: pd.DataFrame, column: str) -> Iterator[tuple[Combination, Any]]:
    """Each row's combination with its entry in a column."""
    names = zip(frame["learner"], frame["aligner"], strict=True)
    yield from zip(names, frame[column], strict=True)


def _matrix(scores: pd.DataFrame, rows: list[Combination]) -> tuple[pd.DataFrame, int]:
    """Scores by combination and unit, and on how many units they are not defined for anyone."""
    wide = scores.pivot(index=_COMBINATION, columns=_UNIT, values="value").sort_index(axis=1)
    defined = wide.loc[:, wide.notna().any()]
    index = pd.MultiIndex.from_tuples(rows, names=_COMBINATION)
    return defined.reindex(index), wide.shape[1] - defined.shape[1]


def _sources(results: pd.DataFrame) -> dict[tuple[Combination, str], tuple[str, ...]]:
    """The score artefacts behind each combination's number, in the order of its units."""
    ordered = results[results["score_key"] != ""].sort_values([*_UNIT, "score_key"])
    keys: dict[tuple[Combination, str], dict[str, None]] = {}
    for (name, key), metric in zip(_named(ordered, "score_key"), ordered["metric"], strict=True):
        keys.setdefault((name, metric), {})[key] = None
    return {place: tuple(found) for place, found in keys.items()}
