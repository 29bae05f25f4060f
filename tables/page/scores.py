"""Sections about scores: ranked tables, statistics, heat maps, every fold's score."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from tables.build import build
from tables.inference.tables import statistics_tables
from tables.metrics import decimals, in_print
from tables.model import Column
from tables.page.charts import Strip, draw_strips
from tables.page.material import Material
from tables.page.model import (
    Entry,
    Gallery,
    Heat,
    HeatCell,
    Part,
    Picture,
    Section,
    Sheet,
    Text,
)
from tables.perturbations.table import perturbation_tables
from tables.ranked.boards import Board, boards
from tables.ranked.captions import title
from tables.ranked.sections import Combination, combination
from tables.ranked.standings import Standing
from weakpair.registry import ROLES
from weakpair.vocabulary.columns import KEY
from weakpair.vocabulary.tasks import TASKS

MOST_STRIPS = 10
MOST_TESTED = 20
"""Combinations of a table of tests: below them differences from the best are large."""

_BLUR = (
    f"{in_print('foscttm')} rewards blur: the mean of many cells of a label is near to "
    "each of them, so that a plan that spreads scores better than one that decides, on equal "
    "knowledge. Compare it with label-uniform's, and read it beside Trace."
)


@dataclass(frozen=True)
class Scored:
    """The material with its boards, made once."""

    material: Material

    @property
    def options(self) -> dict[str, Any]:
        """Options of `tables.build`, the same everywhere on the page."""
        return {
            "missing": self.material.missing,
            "failures": self.material.gaps,
            "include": tuple(self.material.include),
            "ratios": self.material.ratios,
            "all_metrics": self.material.all_metrics,
        }

    @cached_property
    def gaps(self) -> pd.DataFrame:
        """Cells that no run has scores for: what one run lacks another may have."""
        gaps, results = self.material.gaps, self.material.results
        if gaps is None:
            return pd.DataFrame()
        keys = [name for name in KEY if name in gaps]
        done = pd.MultiIndex.from_frame(results[keys].astype(str))
        return gaps[~pd.MultiIndex.from_frame(gaps[keys].astype(str)).isin(done)]

    @cached_property
    def tasks(self) -> list[str]:
        """The tasks of the page."""
        scored_tasks = set(self.material.results["task"])
        return list(self.material.tasks or [task for task in TASKS if task in scored_tasks])

    @cached_property
    def boards(self) -> list[Board]:
        """The boards of all tasks."""
        return [
            b for task in self.tasks for b in boards(self.material.results, task, **self.options)
        ]


def ranking(scored: Scored) -> Section:
    """Ranked tables, a part per board."""
    material = scored.material
    parts = []
    for task in scored.tasks:
        listed = build(
            material.results, task, top=material.top, ties=material.ratios, **scored.options
        )
        parts += [Part(table.title, [Sheet(table)]) for table in listed]
    blocks = [Text(_BLUR)] if "foscttm" in set(material.results["metric"]) else []
    return Section("ranking", "Ranked tables", blocks, parts)


def statistics(scored: Scored) -> Section:
    """Tests of differences, intervals of ranks, learner × aligner interaction."""
    material = scored.material
    parts = [
        Part(table.title, [Sheet(table)])
        for task in scored.tasks
        for table in statistics_tables(
            material.results, task, top=material.top or MOST_TESTED, **scored.options
        )
    ]
    blocks = [] if material.top else [Text(f"Of each ranking the first {MOST_TESTED}.")]
    return Section("differences", "Which differences are real", blocks, parts)


def heat_maps(scored: Scored) -> Section:
    """Means by learner and aligner, a heat map per metric and variant."""
    parts = []
    for board in scored.boards:
        maps = [_heat(board, standing, metric) for standing, metric in _panels(board)]
        drawn = [heat for heat in maps if len(heat.rows) > 1 and len(heat.columns) > 1]
        where = title(board.task, board.protocol)
        if drawn:
            parts.append(Part(where, [Gallery(drawn, _HEAT)]))
    absent = [] if parts else [Text("A heat map needs two learners and two aligners.")]
    return Section("heat", "Learner × aligner", absent, parts)


_HEAT = (
    "Mean scores; darker (in dark mode: brighter) is better, whichever way the metric points. The "
    "shade is the share of the gap from the best control to the best oracle; where that is not "
    "defined, each map has its own scale. Framed: the best aligner of a learner. n/N: only n of N "
    "scores are there. –: not in the grid. Controls and oracles are left out."
)


def _panels(board: Board) -> Iterator[tuple[Standing, str]]:
    for standing in board.standings:
        yield from ((standing, m) for m in board.metrics if m in standing.section.scores)


def _panel_title(board: Board, standing: Standing, metric: str) -> str:
    heading = Column(metric, in_print(metric), board.higher_is_better[metric]).heading
    variant = standing.section.variant
    return f"{heading}, {variant}" if variant else heading


def _heat(board: Board, standing: Standing, metric: str) -> Heat:
    found = standing.estimates[metric]
    names = [n for n in (*standing.ranked, *standing.incomplete) if found[n].done]
    learners = list(dict.fromkeys(learner for learner, _ in names))
    aligners = list(dict.fromkeys(aligner for _, aligner in names if aligner != "-"))
    sign = 1 if board.higher_is_better[metric] else -1
    better = {name: sign * found[name].mean for name in names}
    low, high = min(better.values(), default=0), max(better.values(), default=0)
    shares = standing.shares.get(metric, {})
    digits = decimals(metric, [found[name].mean for name in names])
    expected = standing.section.expected[metric]

    def cell(name: Combination) -> HeatCell | None:
        if name not in better:
            return None
        estimate = found[name]
        count = "" if estimate.done >= expected else f" ({estimate.done}/{expected})"
        own_scale = (better[name] - low) / (high - low) if high > low else 0.5
        share = shares.get(name)
        shade = own_scale if not shares else 0.0 if share is None else min(max(share.value, 0), 1)
        row = [better[other] for other in names if other[0] == name[0]]
        best = len(row) > 1 and better[name] == max(row)
        return HeatCell(f"{estimate.mean:z.{digits}f}{count}", shade, best)

    rows = [
        ("no learner" if row == "-" else row, [cell((row, column)) for column in aligners])
        for row in learners
    ]
    return Heat(_panel_title(board, standing, metric), aligners, rows)


def by_perturbation(scored: Scored) -> Section:
    """Perturbations × methods, for the tasks that have scores by label."""
    material = scored.material
    known = material.by_label
    keys = set() if known is None else set(known["score_key"])
    results = material.results[material.results["score_key"].isin(keys)]
    options = {name: value for name, value in scored.options.items() if name != "failures"}
    parts = [
        Part(table.title, [Sheet(table)])
        for task in scored.tasks
        if known is not None and (results["task"] == task).any()
        for table in perturbation_tables(results, known, task, top=material.top, **options)
    ]
    why = material.absent.get("perturbations") or ["The runs have no scores by perturbation."]
    absent = [] if parts else [Text(text) for text in why]
    return Section("perturbations", "Perturbation by perturbation", absent, parts)


def by_fold(scored: Scored) -> Section:
    """Every fold's score, a drawing per metric and variant."""
    parts = []
    for board in scored.boards:
        pictures = [_picture(board, standing, metric) for standing, metric in _panels(board)]
        caption = (
            f"One dot per {board.unit}; the bar is their mean. The first {MOST_STRIPS} ranked "
            "combinations, best on top, then the controls."
        )
        parts.append(Part(title(board.task, board.protocol), [Gallery(pictures, caption)]))
    return Section("folds", "Fold by fold", [], parts)


def _picture(board: Board, standing: Standing, metric: str) -> Picture:
    from tables.inference.statistics import by_unit

    section = standing.section
    controls = [
        n
        for n in standing.set_aside.get("control", ())
        if section.scores[metric].loc[[n]].notna().any(axis=None)
    ]
    names = [*standing.ranked[:MOST_STRIPS], *controls] or list(standing.incomplete[:MOST_STRIPS])
    scores = by_unit(section.scores[metric], board.unit)
    replicates = {replicate for replicate, _ in section.units}
    strips = [
        Strip(
            combination(name),
            section.roles[name],
            dict(
                zip(
                    [_unit(u, len(replicates) > 1) for u in scores.columns],
                    scores.loc[[name]].to_numpy(float)[0].tolist(),
                    strict=True,
                )
            ),
        )
        for name in names
    ]
    heading = _panel_title(board, standing, metric)
    present = {strip.role for strip in strips}
    legend = [Entry(role, f"dot {role}") for role in ROLES if role in present]
    return Picture(heading, draw_strips(heading, strips), legend)


def _unit(unit: Any, several: bool) -> str:
    """A replicate's number, or a fold's name, with its replicate where there are several."""
    if not isinstance(unit, tuple):
        return f"replicate {unit}"
    return f"replicate {unit[0]}, {unit[1]}" if several else str(unit[1])
