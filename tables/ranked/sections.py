"""Sections of a table: score matrices of combinations that are ranked together."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import nan
from typing import Any, cast

import numpy as np
import pandas as pd

from tables.about import UNKNOWN, About
from tables.overlaps import known_overlap
from tables.ranked.seeds import ONE_SEED, Seeds, over_seeds
from weakpair.errors import DataError
from weakpair.vocabulary.metrics import METRICS

Combination = tuple[str, str]
"""A learner's and an aligner's name; "-" where there is none."""


def combination(name: Combination) -> str:
    """A combination as tables write it.

    >>> combination(("-", "uniform")), combination(("ps", "eot"))
    ('uniform', 'ps + eot')
    """
    return " + ".join(part for part in name if part != "-") or "-"


_COMBINATION = ["learner", "aligner"]
_UNIT = ["replicate", "fold"]


_TABLE = ["dataset", "split", "training_cells", "target"]


@dataclass(frozen=True)
class Protocol:
    """The place that combinations must share to stand in one table.

    `target` is the modality that was imputed, 0 where none was or nobody knows; `about` is what is
    known of the data.
    """

    dataset: str
    split: str
    training_cells: str
    target: int = 0
    about: About = UNKNOWN

    @property
    def direction(self) -> str:
        """Say what is imputed from what, "" where nothing is."""
        return self.about.direction(self.target)


@dataclass(frozen=True)
class Section:
    """Combinations that are ranked against each other.

    `scores` holds, per metric, rows = `combinations` and columns = (replicate, fold), NaN where
    there is no score; pairs on which nobody's score is defined have no column. `total` pairs were
    expected, `expected` of them per metric. `notes` say why a score is not defined, `thinned` on
    which part of the cells a metric was computed, "" for all, `suspects` on
    how many pairs a fit is not to be trusted, by the reason. `test_to_train` is the mean of test /
    training rows over the folds, NaN where the results do not say it. `seeds` says how scores of
    one fold differ by seed alone.
    """

    variant: str
    roles: Mapping[Combination, str]
    scores: Mapping[str, pd.DataFrame]
    total: int
    expected: Mapping[str, int]
    sources: Mapping[tuple[Combination, str], tuple[str, ...]]
    unconverged: frozenset[Combination]
    dropped: int = 0
    notes: Mapping[tuple[Combination, str], Mapping[tuple[int, str], str]] = field(
        default_factory=dict
    )
    thinned: Mapping[str, str] = field(default_factory=dict)
    suspects: Mapping[Combination, Mapping[str, int]] = field(default_factory=dict)
    test_to_train: float = nan
    seeds: Seeds = ONE_SEED

    @property
    def combinations(self) -> list[Combination]:
        """All combinations by name: the rows of the scores."""
        return sorted(self.roles)

    @property
    def units(self) -> set[tuple[int, str]]:
        """The (replicate, fold) pairs on which something is defined."""
        frames = self.scores.values()
        return {cast("tuple[int, str]", unit) for frame in frames for unit in frame.columns}

    def excuse(self, name: Combination, metric: str) -> str:
        """Say why a combination lacks scores of a metric that others have; "" if no note does."""
        scores, notes = self.scores[metric].loc[[name]], self.notes.get((name, metric), {})
        lacking = scores.columns[scores.isna().to_numpy()[0]]
        if len(lacking) != self.expected[metric] - (scores.shape[1] - len(lacking)):
            return ""
        reasons = {notes.get(unit, "") for unit in lacking}
        return "" if "" in reasons else "; ".join(sorted(reasons))

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
    gaps = _aimed(gaps, results)
    where = pd.concat([frame[[*_TABLE, "variant"]] for frame in (results, gaps) if len(frame)])
    for names, variants in where.drop_duplicates().groupby(_TABLE, sort=False):
        dataset, split, cells, target = cast("tuple[str, str, str, int]", names)
        chosen = dict(zip(_TABLE, (dataset, split, cells, target), strict=True))
        yield (
            Protocol(dataset, split, cells, target, About.of(_select(results, chosen))),
            [
                _section(
                    variant,
                    _select(results, {**chosen, "variant": variant}),
                    _select(gaps, {**chosen, "variant": variant}),
                    expected,
                )
                for variant in variants["variant"]
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
    defined = {metric: frame[entrants].notna() for metric, frame in section.scores.items()}
    scored = [frame for frame in defined.values() if frame.to_numpy().any()]
    able = np.logical_and.reduce([frame.any(axis=1).to_numpy() for frame in scored])
    lacking = {unit for frame in scored for unit in frame.columns[~frame[able].all()]}
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


def _aimed(gaps: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """Gaps that do not say what was to be imputed count for every target of their place."""
    place = [*_TABLE[:3], "variant"]
    targets = results[results["target"] > 0][[*place, "target"]].drop_duplicates()
    if gaps.empty or targets.empty:
        return gaps
    open_ = gaps["target"] == 0
    meant = gaps[open_].drop(columns="target").merge(targets, on=place, how="left")
    meant["target"] = meant["target"].fillna(0).astype("int64")
    return pd.concat([gaps[~open_], meant], ignore_index=True)


def _select(frame: pd.DataFrame, chosen: Mapping[str, Any]) -> pd.DataFrame:
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
    metrics = METRICS.in_order(results["metric"])
    averaged, seeds = over_seeds(results)
    scores = {m: _matrix(averaged[averaged["metric"] == m], sorted(roles)) for m in metrics}
    return Section(
        variant=variant,
        roles=roles,
        scores={metric: frame for metric, (frame, _) in scores.items()},
        total=total,
        expected={metric: max(total - empty, 0) for metric, (_, empty) in scores.items()},
        sources=_sources(results),
        unconverged=frozenset(name for name, ok in _named(results, "converged") if not ok),
        notes=_notes(results),
        thinned=_thinned(results),
        suspects=_suspects(results),
        test_to_train=known_overlap(results),
        seeds=seeds,
    )


def _notes(
    results: pd.DataFrame,
) -> dict[tuple[Combination, str], dict[tuple[int, str], str]]:
    """Reasons why scores are not defined, by combination, metric and unit."""
    undefined = results[results["value"].isna() & (results["note"] != "")]
    notes: dict[tuple[Combination, str], dict[tuple[int, str], str]] = {}
    units = zip(undefined["replicate"], undefined["fold"], strict=True)
    rows = zip(_named(undefined, "metric"), units, undefined["note"], strict=True)
    for (name, metric), unit, note in rows:
        notes.setdefault((name, metric), {})[unit] = str(note).removeprefix("not defined: ")
    return notes


def _thinned(results: pd.DataFrame) -> dict[str, str]:
    """Notes of scores that are defined, by metric: the part of the cells they are of."""
    noted = results[results["value"].notna() & (results["note"] != "")]
    parts = {str(metric): set(rows["note"]) for metric, rows in noted.groupby("metric")}
    return {metric: " or ".join(sorted(parts[metric])) for metric in METRICS.in_order(parts)}


def _suspects(results: pd.DataFrame) -> dict[Combination, dict[str, int]]:
    """Count the units on which a combination's fits are not to be trusted, by the reason."""
    suspected = results[results["suspect"] != ""]
    suspected = suspected.drop_duplicates([*_COMBINATION, *_UNIT, "suspect"])
    found: dict[Combination, dict[str, int]] = {}
    for name, reason in _named(suspected, "suspect"):
        counts = found.setdefault(name, {})
        counts[reason] = counts.get(reason, 0) + 1
    return found


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
