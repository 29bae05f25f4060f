"""The first screen: which combination, for each task and data set of the page."""

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite

import numpy as np
import pandas as pd

from tables.inference.bootstrap import LEVEL, RankInterval, standing_intervals
from tables.inference.comparisons import compare_best
from tables.inference.statistics import NotIdentifiable
from tables.metrics import in_print
from tables.model import Cell, Column, Group, Row, Table
from tables.page.charts import Spot, draw_spots
from tables.page.model import Block, Entry, Panel, Panels, Picture, Section, Sheet, Text
from tables.page.scores import Scored
from tables.ranked.boards import Board
from tables.ranked.captions import unconverged_part
from tables.ranked.cells import NOTHING, method_cell, share_cell
from tables.ranked.sections import Combination, combination
from tables.ranked.standings import Standing
from weakpair.registry import ROLES
from weakpair.vocabulary.columns import KEYS

SHOWN = 5
LEAST = -0.2
"""Share of the gap below which a drawing does not go: how far below the floor says little."""

_KEYS = [key for key in KEYS if key != "score_key"]
_BLANK = Cell(None, NOTHING)


def choice(scored: Scored) -> Section:
    """A panel per ranking: its best combinations, their cost, and what to be careful about."""
    spent = _spent(scored)
    panels = [
        Panel(place_in_words(board, standing), _blocks(scored, board, standing, spent))
        for board in scored.boards
        for standing in board.standings
    ]
    return Section("choice", "Which combination", [Panels("Task and data set", panels)])


def place_in_words(board: Board, standing: Standing) -> str:
    """Task, data set, variant, split and training cells of a ranking."""
    protocol = board.protocol
    task = f"{board.task} of {protocol.direction}" if protocol.direction else board.task
    parts = (task, protocol.dataset, standing.section.variant, protocol.split)
    return ", ".join((*(part for part in parts if part), f"{protocol.training_cells} cells"))


def _blocks(
    scored: Scored, board: Board, standing: Standing, spent: Mapping[str, float]
) -> Sequence[Block]:
    if not standing.ranked:
        why = " (no true pairs)" if board.protocol.about.unpaired else ""
        return [Text(f"Nothing is ranked{why}.")]
    seconds = _seconds(scored, board, standing, spent)
    table = _table(scored, board, standing, seconds)
    picture = _picture(standing, seconds)
    notes = [Text(text) for text in _cautions(board, standing)]
    return [Sheet(table), *([picture] if picture else []), *notes]


def _table(
    scored: Scored, board: Board, standing: Standing, seconds: Mapping[Combination, float]
) -> Table:
    found = standing_intervals(board, standing)
    intervals = {} if isinstance(found, NotIdentifiable) else found
    tied = _tied(scored, board, standing)
    rows = [
        Row(
            (
                method_cell(name, standing),
                share_cell(standing.closed.get(name)),
                _rank(standing.mean_rank[name], intervals.get(name)),
                Cell(None, "=" if place and name in tied else ""),
                _time(seconds.get(name)),
            )
        )
        for place, name in enumerate(standing.ranked[:SHOWN])
    ]
    columns = (
        Column("method", "Combination", numeric=False),
        Column("gap", "Share of the gap"),
        Column("mean-rank", f"Mean rank, {LEVEL:.0%} interval"),
        Column("tied", "As good as the first", numeric=False),
        Column("seconds", "Seconds"),
    )
    return Table("The first five", _caption(standing), columns, (Group("", tuple(rows)),))


def _caption(standing: Standing) -> str:
    over = ", ".join(in_print(metric) for metric in standing.rankers) or "no metric"
    share = (
        f"Share of the gap: from the best control (0 %) to the best oracle (100 %), mean over "
        f"{', '.join(map(in_print, standing.closing))} ± SE."
        if standing.closing
        else "Share of the gap: not known here, see below."
    )
    return (
        f"By mean rank over {over}. {share} =: no test tells it from the first in any of them. "
        "Seconds: fit, alignment and imputation of one fold."
    )


def _rank(rank: float, interval: RankInterval | None) -> Cell:
    if interval is None:
        return Cell(rank, f"{rank:.2f}")
    return Cell(rank, f"{rank:.2f} ({interval.lower:.1f} to {interval.upper:.1f})")


def _time(seconds: float | None) -> Cell:
    return _BLANK if seconds is None else Cell(seconds, f"{seconds:.3g}")


def _tied(scored: Scored, board: Board, standing: Standing) -> set[Combination]:
    """Combinations that differ from the first beyond chance in none of the ranked metrics."""
    first = standing.ranked[0]
    tested = compare_best(board, standing, scored.material.ratios)
    ranked = [one for one in tested if one.metric in standing.rankers]
    alike = [{one.best, *one.tied} if first in {one.best, *one.tied} else {first} for one in ranked]
    return set.intersection(*alike) if alike else set()


def _spent(scored: Scored) -> Mapping[str, float]:
    """Seconds of each stage by its key, where the runs say them."""
    known: dict[str, float] = {}
    for run in scored.material.runs:
        if "key" in run.stages:
            timed = run.stages.dropna(subset=["seconds"])
            known.update(zip(timed["key"], timed["seconds"].astype(float), strict=True))
    return known


def _seconds(
    scored: Scored, board: Board, standing: Standing, spent: Mapping[str, float]
) -> dict[Combination, float]:
    """Mean seconds of the stages behind one fold's score, of combinations of which all are known.

    What several combinations share, such as a fit, counts for each of them.
    """
    protocol, results = board.protocol, scored.material.results
    keys = [key for key in _KEYS if key in results]
    if not spent or not keys:
        return {}
    place = {
        "task": board.task,
        "dataset": protocol.dataset,
        "variant": standing.section.variant,
        "split": protocol.split,
        "training_cells": protocol.training_cells,
        "target": protocol.target,
    }
    here = [results[name] == value for name, value in place.items() if name in results]
    # Two names of one setting share their scores.
    once = ["learner", "aligner", "score_key"]
    rows = results[np.logical_and.reduce(here)].drop_duplicates(once)
    each = pd.DataFrame({key: rows[key].map(spent).where(rows[key] != "", 0.0) for key in keys})
    summed = rows[["learner", "aligner"]].assign(seconds=each.sum(axis=1, skipna=False))
    totals = summed.groupby(["learner", "aligner"], as_index=False)["seconds"].mean().dropna()
    names = zip(totals["learner"].astype(str), totals["aligner"].astype(str), strict=True)
    return dict(zip(names, totals["seconds"].tolist(), strict=True))


def _picture(standing: Standing, seconds: Mapping[Combination, float]) -> Picture | None:
    """Quality against time; None where either is not known."""
    quality = {name: share.value for name, share in standing.closed.items()}
    names = [
        name
        for name in standing.ranked
        if isfinite(quality.get(name, np.nan)) and seconds.get(name, 0.0) > 0
    ]
    if len(names) < 2:
        return None
    spots = [
        Spot(
            combination(name),
            standing.section.roles[name],
            seconds[name],
            100 * max(quality[name], LEAST),
            str(place) if (place := standing.ranked.index(name) + 1) <= SHOWN else "",
        )
        for name in names
    ]
    present = {spot.role for spot in spots}
    legend = [Entry(role, f"dot {role}") for role in ROLES if role in present]
    title = f"Share of the gap (%, at least {100 * LEAST:.0f}) against seconds"
    return Picture(title, draw_spots(title, spots), legend)


def _cautions(board: Board, standing: Standing) -> Iterator[str]:
    """Cautions for a reader of this ranking."""
    shares = [share.value for share in standing.closed.values()]
    if standing.closed and max(shares) <= 0:
        yield "Nothing is above the best control."
    for metric in standing.blunt:
        yield f"{in_print(metric)}: {standing.gaps[metric].words()}."
    if not standing.closing and standing.gaps:
        why = dict.fromkeys(gap.reason for gap in standing.gaps.values() if gap.reason)
        yield f"No share of the gap: {'; '.join(why)}."
    shown = set(standing.ranked[:SHOWN])
    if shown & set(standing.section.unconverged):
        yield f"†: {unconverged_part(board.task)}s that did not converge."
    if shown & set(standing.section.suspects):
        yield "‡: fits that are not to be trusted; the ranked table says why."
    if standing.incomplete:
        yield f"Not ranked, for scores that are missing: {len(standing.incomplete)} combinations."
