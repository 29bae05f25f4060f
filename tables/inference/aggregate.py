"""Shares of the gap over data sets: which combination in general."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan, sqrt
from typing import Any

import pandas as pd

from tables.inference.bootstrap import LEVEL, RESAMPLES, RankInterval, rank_intervals
from tables.model import Cell, Column, Group, Row, Table
from tables.ranked.boards import Board, boards
from tables.ranked.captions import training_cells
from tables.ranked.cells import NOTHING, percent
from tables.ranked.sections import Combination, Protocol, combination
from weakpair.registry import RANKED_ROLES
from weakpair.vocabulary.splits import split_in_print


@dataclass(frozen=True)
class Aggregate:
    """Shares of the gap that combinations close on several data sets, under one protocol.

    Attributes:
        task: what was scored.
        protocol: of the first data set; the others have the same split, cells and target.
        shares: rows = combinations, the best mean first, columns = data sets; NaN where a
            combination has none. The variants of a data set are averaged.
        roles: of the combinations.
        left_out: data sets without a gap, with the reason.
    """

    task: str
    protocol: Protocol
    shares: pd.DataFrame
    roles: Mapping[Combination, str]
    left_out: Mapping[str, str]

    @property
    def complete(self) -> list[Combination]:
        """Combinations with a share on every data set, the best mean first."""
        return list(self.shares.index[self.shares.notna().all(axis=1)])

    def intervals(self, seed: int = 0) -> dict[Combination, RankInterval]:
        """Ranks by the mean share with bootstrap intervals; none for a single data set."""
        names = self.complete
        if self.shares.shape[1] < 2 or not names:
            return {}
        ranked = rank_intervals({"share": self.shares.loc[names]}, {"share": True}, seed=seed)
        return dict(zip(names, ranked, strict=True))


def aggregates(results: pd.DataFrame, task: str, **options: Any) -> list[Aggregate]:
    """Shares over data sets, once for each split, kind of training cells and imputed modality.

    Args:
        results: tidy results of several data sets, as for `tables.build`.
        task: "matching", "imputation" or "probe".
        options: of `tables.ranked.boards`.
    """
    together: dict[tuple[str, str, int], list[Board]] = {}
    for board in boards(results, task, **options):
        protocol = board.protocol
        key = (protocol.split, protocol.training_cells, protocol.target)
        together.setdefault(key, []).append(board)
    return [_aggregate(task, found) for found in together.values()]


def _aggregate(task: str, found: Sequence[Board]) -> Aggregate:
    columns, roles, left_out = {}, dict[Combination, str](), {}
    for board in found:
        own = [standing for standing in board.standings if standing.closed]
        if not own:
            left_out[board.protocol.dataset] = _reason(board)
            continue
        by_variant = [
            pd.Series({name: s.closed[name].value for name in s.ranked if name in s.closed})
            for s in own
        ]
        # A combination that some variant lacks has no mean over the variants.
        columns[board.protocol.dataset] = pd.concat(by_variant, axis=1).mean(axis=1, skipna=False)
        for standing in own:
            roles |= standing.section.roles
    shares = pd.DataFrame(columns)
    order = shares.mean(axis=1).sort_values(ascending=False, kind="stable").index
    return Aggregate(task, found[0].protocol, shares.loc[order], roles, left_out)


def _reason(board: Board) -> str:
    gaps = [gap for standing in board.standings for gap in standing.gaps.values()]
    return gaps[0].reason if gaps else "nobody knows how far its folds overlap"


def aggregate_tables(
    results: pd.DataFrame, task: str, *, top: int | None = None, seed: int = 0, **options: Any
) -> list[Table]:
    """Tables of combinations by their mean share of the gap over data sets.

    Args:
        results: tidy results, as for `tables.build`.
        task: "matching", "imputation" or "probe".
        top: how many combinations to show; None = all.
        seed: of the bootstrap over data sets.
        options: of `tables.ranked.boards`.
    """
    return [_table(found, top, seed) for found in aggregates(results, task, **options)]


def _table(found: Aggregate, top: int | None, seed: int) -> Table:
    intervals = found.intervals(seed)
    complete = found.complete
    partly = [name for name in found.shares.index if name not in set(complete)]
    groups = [
        Group(label, tuple(_row(name, found, intervals.get(name)) for name in names))
        for label, names in (("", complete[:top]), ("not on every data set", partly[:top]))
        if names
    ]
    columns = (
        Column("method", "Method", numeric=False),
        Column("gap-closed", "Gap closed", higher_is_better=True),
        Column("rank", "Rank"),
        Column("lower", f"Lower {LEVEL:.0%}"),
        Column("upper", f"Upper {LEVEL:.0%}"),
        *(Column(name, name, higher_is_better=True) for name in found.shares.columns),
    )
    return Table(aggregate_title(found), aggregate_caption(found), columns, tuple(groups))


def _row(name: Combination, found: Aggregate, interval: RankInterval | None) -> Row:
    shares = found.shares.loc[[name]].iloc[0]
    known = shares.dropna()
    error = float(known.std(ddof=1)) / sqrt(len(known)) if len(known) > 1 else nan
    ranks = (
        [Cell(None, NOTHING)] * 3
        if interval is None
        else [
            Cell(rank, f"{rank:.2f}")
            for rank in (interval.mean_rank, interval.lower, interval.upper)
        ]
    )
    mean = Cell(
        float(known.mean()),
        percent(float(known.mean()), error),
        se=None if isnan(error) else error,
        n=len(known),
    )
    cells = (
        Cell(None, NOTHING) if isnan(share) else Cell(share, percent(share, nan))
        for share in shares.tolist()
    )
    return Row((Cell(None, combination(name)), mean, *ranks, *cells))


def aggregate_title(found: Aggregate) -> str:
    """Task, split and training cells of an aggregate."""
    protocol = found.protocol
    target = f" of modality {protocol.target}" if protocol.target else ""
    how = f"{split_in_print(protocol.split)}, {protocol.training_cells} training cells"
    return f"{found.task.capitalize()}{target} over data sets: {how}"


def aggregate_caption(found: Aggregate) -> str:
    """Say what was averaged over which data sets, and which ones do not count."""
    sets = list(found.shares.columns)
    out = "; ".join(f"{name}: {reason}" for name, reason in found.left_out.items())
    ranked = sum(found.roles[name] in RANKED_ROLES for name in found.complete)
    sentences = [
        f"Share of the gap from the best control to the best oracle, {_over(sets)}, variants of a "
        "data set averaged"
        if sets
        else "On no data set is there a gap to close",
        f"ranks of {ranked} combinations by that mean, {LEVEL:.0%} intervals of {RESAMPLES} "
        "bootstrap resamples of the data sets"
        if len(sets) > 1
        else "",
        f"left out: {out}" if out else "",
        training_cells(found.protocol),
    ]
    return " ".join(f"{text[0].upper()}{text[1:]}." for text in sentences if text)


def _over(sets: Sequence[str]) -> str:
    """Say over which data sets shares are averaged.

    >>> _over(["a", "b"]), _over(["a"])
    ('mean ± SE over 2 data sets (a, b)', 'on one data set (a)')
    """
    names = ", ".join(sets)
    if len(sets) == 1:
        return f"on one data set ({names})"
    return f"mean ± SE over {len(sets)} data sets ({names})"
