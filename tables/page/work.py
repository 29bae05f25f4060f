"""Sections about the work: failures with their logs, time and memory, provenance."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from tables.model import Cell, Column, Group, Row, Table
from tables.page.charts import draw_bars
from tables.page.material import STAGE_COLUMNS, Material, RunRecord
from tables.page.model import Block, Facts, Gallery, Log, Part, Picture, Section, Sheet, Text
from tables.page.scores import Scored
from weakpair.quantities import duration, size

MOST_LOGS = 50
MOST_METHODS = 60
MOST_GAPS = 500

_ONCE = "of what came from the store, what it took when it was computed"
_MACHINE = (
    "ended",
    "weakpair",
    "git",
    "processor",
    "cores",
    "gpu",
    "device",
    "workers",
    "packages",
)
"""Names in a run's provenance that say where and by what it was computed."""

_METHODS = ("fit", "align", "impute", "probe")


def failures(scored: Scored) -> Section:
    """Every failed stage with its log, and the cells that have no scores for it."""
    blocks: list[Block] = []
    for run in scored.material.runs:
        failed = run.stages[run.stages["status"] == "failed"]
        blocks += [_log(run.name, row) for row in failed.head(MOST_LOGS).to_dict("records")]
        if len(failed) > MOST_LOGS:
            blocks.append(Text(f"{run.name}: {len(failed) - MOST_LOGS} more failed stages."))
    if len(scored.gaps):
        blocks.append(Sheet(_gaps(scored.gaps)))
    return Section("failures", "Failures", blocks or [Text("No stage failed.")])


def _log(run: str, row: Mapping[Any, Any]) -> Log:
    what = f" ({row['what']})" if row["what"] else ""
    text = str(row["log"] or row["error"])
    return Log(f"{run}: {row['kind']}{what}: {row['error']}", text)


def _gaps(gaps: pd.DataFrame) -> Table:
    names = ("dataset", "variant", "split", "replicate", "fold", "learner", "aligner", "task")
    shown = [n for n in (*names, "status", "error") if n in gaps]
    columns = tuple(Column(name, name.capitalize(), numeric=False) for name in shown)
    rows = tuple(
        Row(tuple(Cell(None, str(entry)) for entry in row))
        for row in gaps[shown].head(MOST_GAPS).itertuples(index=False)
    )
    cut = f" The first {MOST_GAPS}." if len(gaps) > MOST_GAPS else ""
    caption = f"Blocked: a stage it depends on failed.{cut}"
    return Table(f"Cells without scores: {len(gaps):,}", caption, columns, (Group("", rows),))


def costs(material: Material) -> Section:
    """Seconds and memory by kind of stage and by method, a part per run."""
    parts = [Part(run.name, _costs(run)) for run in material.runs if len(run.stages)]
    absent = [] if parts else [Text("The runs left no record of their stages.")]
    return Section("costs", "Time and memory", absent, parts)


def _costs(run: RunRecord) -> list[Block]:
    stages = _known(run.stages[list(STAGE_COLUMNS)])
    kinds = list(dict.fromkeys(stages["kind"]))
    # A kind of which nobody knows what it took has no bar, rather than one of length zero.
    spent = stages.groupby("kind")["seconds"].sum(min_count=1)
    bars = [(k, float(spent[k]), duration(float(spent[k]))) for k in kinds if spent[k] >= 0]
    picture = Picture("Seconds by kind of stage", draw_bars("Seconds by kind of stage", bars))
    by_kind = _table("Kinds of stages", [(k, stages[stages["kind"] == k]) for k in kinds])
    methods = stages[stages["kind"].isin(_METHODS)]
    groups = [
        (f"{kind} {what}".strip(), rows) for (kind, what), rows in methods.groupby(["kind", "what"])
    ]
    groups.sort(key=lambda group: -group[1]["seconds"].sum())
    lost = int((stages["status"].eq("cached") & stages["seconds"].isna()).sum())
    caption = f"Summed over workers; {_ONCE}."
    if lost:
        caption += f" What {lost:,} of them took is not known: the store has them no more."
    return [
        Gallery([picture], caption),
        Sheet(by_kind),
        *([Sheet(_costliest(groups))] if groups else []),
    ]


def _costliest(groups: list[tuple[str, pd.DataFrame]]) -> Table:
    """The table of methods, costliest first, with what is left out in its name."""
    left = len(groups) - MOST_METHODS
    name = "Methods, the costliest first"
    if left > 0:
        rest = sum(float(rows["seconds"].sum()) for _, rows in groups[MOST_METHODS:])
        name = f"{name}; {left:,} more took {duration(rest)} together"
    return _table(name, groups[:MOST_METHODS])


def kinds_table(run: RunRecord) -> Table:
    """Time and memory of a run by kind of stage, with its machine and versions in the caption."""
    stages = _known(run.stages[list(STAGE_COLUMNS)])
    kinds = list(dict.fromkeys(stages["kind"]))
    table = _table(f"Run {run.name}", [(k, stages[stages["kind"] == k]) for k in kinds])
    told = [
        f"{name}: {_written(run.provenance[name])}"
        for name in _MACHINE
        if run.provenance.get(name) is not None
    ]
    return replace(table, caption=f"{table.caption} {'; '.join(told)}.")


def _known(stages: pd.DataFrame) -> pd.DataFrame:
    """Stages with NaN where nobody knows what a stage from the store took: 0 s is no answer."""
    unknown = (stages["status"] == "cached") & ~(stages["seconds"] > 0)
    return stages.assign(seconds=stages["seconds"].mask(unknown))


def _table(name: str, groups: list[tuple[str, pd.DataFrame]]) -> Table:
    columns = (
        Column("stage", "Stage", numeric=False),
        Column("computed", "Computed"),
        Column("cached", "From the store"),
        Column("failed", "Failed or blocked"),
        Column("total", "Total"),
        Column("median", "Median"),
        Column("longest", "Longest"),
        Column("memory", "Peak memory"),
    )
    caption = (
        f"Wall time; {_ONCE}. Peak memory is that of the worker's process, which earlier stages "
        "may have raised."
    )
    rows = tuple(_cost_row(label, stages) for label, stages in groups)
    return Table(name, caption, columns, (Group("", rows),))


def _cost_row(label: str, stages: pd.DataFrame) -> Row:
    status = stages["status"]
    done = stages[status.isin(["done", "cached"]) & stages["seconds"].notna()]
    bad = int(status.isin(["failed", "blocked"]).sum())
    counts = (int((status == "done").sum()), int((status == "cached").sum()), bad)
    times = [done["seconds"].sum(), done["seconds"].median(), done["seconds"].max()]
    memory = done["peak_rss_mb"].max()
    none = Cell(None, "–")
    return Row(
        (
            Cell(None, label),
            *(Cell(float(count), f"{count:,}") for count in counts),
            *(Cell(float(t), duration(float(t))) if len(done) else none for t in times),
            Cell(float(memory), size(float(memory) * 2**20)) if len(done) else none,
        )
    )


def provenance(material: Material) -> Section:
    """Versions, machine and grid of every run."""
    parts = [
        Part(
            run.name,
            [Facts(_facts(run.provenance)), *([Log("grid.yaml", run.grid)] if run.grid else [])],
        )
        for run in material.runs
    ]
    return Section("provenance", "Provenance", [], parts)


def _facts(known: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(str(name), _written(value)) for name, value in known.items()]


def _written(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_written(entry)}" for key, entry in value.items())
    if isinstance(value, list) and value:
        return "; ".join(map(_written, value))
    return value if isinstance(value, str) else json.dumps(value)
