"""Runs of one benchmark, computed at different places, as one run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import yaml

from benchmark.runs.files import provenance_text
from benchmark.runs.folder import (
    BY_LABEL,
    COMPUTED,
    ENDED,
    GAPS,
    GRID,
    PROVENANCE,
    RESULTS,
    SKIPPED,
    STAGES,
    TABLES,
    RunFolder,
)
from tables.merging import merged, read_results
from weakpair.errors import ConfigError, ParameterError
from weakpair.files.parquet import write_table
from weakpair.files.whole import write_whole
from weakpair.vocabulary.columns import KEY

_POINT = list(KEY)


@dataclass(frozen=True)
class Joined:
    """Counts of a joined run: points with scores, and those that several runs had."""

    points: int
    shared: int
    gaps: int


def join_runs(folders: Sequence[Path], out: Path) -> Joined:
    """Write several runs as one run's folder; of what several have, the last one's is kept.

    Scores, scores by label, gaps and stages are put together; the grid includes theirs; the
    provenance is the last one's, with all that computed, and what was joined under `merged`.

    Args:
        folders: of runs that have ended.
        out: a folder that is not there yet.

    Raises:
        ParameterError: it is there, or fewer than two runs are named.
        ConfigError: a folder is none of a run that has ended.
        DataError: two data sets, protocols or settings under one name.
    """
    if len(folders) < 2:
        raise ParameterError("name at least two runs")
    if out.exists():
        raise ParameterError(f"{out} exists already; remove it or choose another name")
    runs = [RunFolder(path) for path in folders]
    for run in runs:
        if run.unfinished or not (run.path / RESULTS).is_file():
            raise ConfigError(f"{run.path}: no run that has ended")
    read = [(str(path), read_results(path)) for path in folders]
    results = merged(read)
    points = results[_POINT].drop_duplicates()
    all_points = sum(len(frame[_POINT].drop_duplicates()) for _, frame in read)
    gaps = _gaps(runs, points)
    tables = {
        RESULTS: pa.Table.from_pandas(results, preserve_index=False),
        BY_LABEL: _by_label(runs, set(results["score_key"])),
        GAPS: gaps,
        STAGES: _stages(runs),
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    with write_whole(out) as temporary:
        temporary.mkdir()
        for name, table in tables.items():
            if table is not None:
                write_table(table, temporary / name)
        (temporary / GRID).write_text(_grid(runs, out.name), encoding="utf-8")
        known = provenance_text(_provenance(runs), RunFolder(temporary).digests())
        (temporary / PROVENANCE).write_text(known, encoding="utf-8")
    return Joined(len(points), all_points - len(points), 0 if gaps is None else gaps.num_rows)


def _joined(
    tables: Sequence["pa.Table | None"], chosen: Callable[[pd.DataFrame], pd.DataFrame]
) -> "pa.Table | None":
    """Rows that are chosen of tables put below each other; None without any table."""
    there = [table for table in tables if table is not None]
    if not there:
        return None
    whole = pa.concat_tables(there, promote_options="permissive")
    frame = chosen(whole.to_pandas())
    return whole.take(pa.array(frame.index.to_numpy()))


def _by_label(runs: Sequence[RunFolder], keys: set[str]) -> "pa.Table | None":
    def chosen(frame: pd.DataFrame) -> pd.DataFrame:
        kept = frame[frame["score_key"].isin(keys)]
        return kept.drop_duplicates(["score_key", "label", "metric"], keep="last")

    return _joined([run.by_label() for run in runs], chosen)


def _gaps(runs: Sequence[RunFolder], points: pd.DataFrame) -> "pa.Table | None":
    """Points that no run has scores of."""

    def chosen(frame: pd.DataFrame) -> pd.DataFrame:
        found = pd.MultiIndex.from_frame(points)
        lacking = frame[~pd.MultiIndex.from_frame(frame[_POINT]).isin(found)]
        return lacking.drop_duplicates(_POINT, keep="last")

    return _joined([run.gaps() for run in runs], chosen)


def _stages(runs: Sequence[RunFolder]) -> "pa.Table | None":
    """Stages of all runs: of one that several name, the time of whoever computed it."""

    def chosen(frame: pd.DataFrame) -> pd.DataFrame:
        ordered = frame.sort_values("cached", kind="stable")
        return ordered.drop_duplicates("key", keep="first").sort_index()

    return _joined([run.stages() for run in runs], chosen)


def _grid(runs: Sequence[RunFolder], name: str) -> str:
    contents = [run.content for run in runs]
    parts = list(chain.from_iterable(content.get("include", [content]) for content in contents))
    about = f"Joined from {', '.join(str(content.get('name', '?')) for content in contents)}"
    return yaml.safe_dump({"name": name, "about": about, "include": parts}, sort_keys=False)


def _provenance(runs: Sequence[RunFolder]) -> Mapping[str, Any]:
    known = [run.provenance for run in runs]
    last = {key: value for key, value in known[-1].items() if key != TABLES}
    whom = [one for each in known for one in each.get(COMPUTED, [])]
    told = ("started", ENDED, "git", "processor", "device")
    merged = [
        {"from": str(run.path), **{key: each[key] for key in told if key in each}}
        for run, each in zip(runs, known, strict=True)
    ]
    skipped = list(dict.fromkeys(one for each in known for one in each.get(SKIPPED, [])))
    ended = max(str(each.get(ENDED, "")) for each in known)
    return {**last, COMPUTED: whom, SKIPPED: skipped, ENDED: ended, "merged": merged}
