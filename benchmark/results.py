"""The files of a run: results, gaps, how every stage ended, grid, provenance."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from benchmark.cells import Cell
from benchmark.expansion import Expansion
from benchmark.graph import KINDS, Graph
from benchmark.grid import GridSpec
from benchmark.naming import whats
from benchmark.rows import table_of
from benchmark.run_folder import (
    GAPS,
    GRID,
    PROVENANCE,
    RESULTS,
    STAGES,
    TABLES,
    anchored,
    clear,
    digests,
)
from benchmark.store import Artefact
from benchmark.worker import Outcome
from weakpair.errors import StoreError

__all__ = [
    "GAPS",
    "GAP_SCHEMA",
    "GRID",
    "PROVENANCE",
    "RESULTS",
    "RESULT_SCHEMA",
    "STAGES",
    "collect",
    "describe",
    "stage_table",
    "start_run",
    "write_run",
]
_CELL: dict[str, pa.DataType] = {
    **dict.fromkeys(("dataset", "variant"), pa.string()),
    "replicate": pa.int64(),
    **dict.fromkeys(
        ("split", "training_cells", "fold", "learner", "aligner", "role", "task"), pa.string()
    ),
}
_ABOUT: dict[str, pa.DataType] = {
    "target": pa.int64(),
    **dict.fromkeys(("settings", "protocol", "data"), pa.string()),
    **dict.fromkeys(("pairs", "cells1", "cells2"), pa.int64()),
    **dict.fromkeys(("pairing", "modality1", "modality2", "preprocess"), pa.string()),
}
_KEYS = dict.fromkeys(("fit_key", "align_key", "impute_key", "score_key"), pa.string())
RESULT_SCHEMA = pa.schema(
    {
        **_CELL,
        "metric": pa.string(),
        "value": pa.float64(),
        "higher_is_better": pa.bool_(),
        "note": pa.string(),
        "converged": pa.bool_(),
        "seed": pa.int64(),
        "suspect": pa.string(),
        **_ABOUT,
        **_KEYS,
    }
)
GAP_SCHEMA = pa.schema(
    {
        **_CELL,
        "seed": pa.int64(),
        "status": pa.string(),
        "error": pa.string(),
        **_ABOUT,
        **_KEYS,
    }
)
STAGE_SCHEMA = pa.schema(
    {
        **dict.fromkeys(("key", "kind", "what", "status"), pa.string()),
        "cached": pa.bool_(),
        **dict.fromkeys(("seconds", "cpu_seconds", "peak_rss_mb", "peak_gpu_mb"), pa.float64()),
        **dict.fromkeys(("error", "log"), pa.string()),
    }
)


def collect(
    cells: Iterable[Cell],
    outcomes: Mapping[str, Outcome],
    read: Callable[[str], Artefact],
    suspicion: Callable[[str], str],
) -> tuple[pa.Table, pa.Table]:
    """The results, one row per cell and metric, and the gaps: cells that have no scores.

    Scores that cannot be read any more are a gap, too.

    Args:
        cells: the cells of the grid.
        outcomes: how stages ended, by key.
        read: gives the artefact of a key.
        suspicion: says why the fit of a key is not to be trusted, if it is not.
    """
    scored: list[dict[str, Any]] = []
    gaps: list[dict[str, Any]] = []
    for cell in cells:
        known = cell.row()
        outcome = outcomes.get(cell.score_key)
        if outcome is None or outcome.status not in ("done", "cached"):
            status, error = (outcome.status, outcome.error) if outcome else ("missing", "")
            gaps.append({**known, "status": status, "error": error})
            continue
        try:
            scores = read(cell.score_key)
        except StoreError as error:
            gaps.append({**known, "status": "missing", "error": str(error)})
            continue
        known["converged"] = bool(scores.facts["converged"])
        judged = cell.fit_key and cell.role != "control"  # a constant one has collapsed by design
        known["suspect"] = suspicion(cell.fit_key) if judged else ""
        scored += [{**known, **score} for score in scores.table.to_pylist()]
    return (
        table_of(scored, RESULT_SCHEMA),
        table_of(gaps, GAP_SCHEMA),
    )


def stage_table(graph: Graph, outcomes: Mapping[str, Outcome]) -> pa.Table:
    """One row per stage that the run looked at: key, kind, status, seconds, memory, error."""
    order = {kind: rank for rank, kind in enumerate(KINDS)}
    stages = sorted(graph.stages.items(), key=lambda item: (order[item[1].kind], item[0]))
    rows = []
    named = whats(graph)
    for key, stage in stages:
        if key in outcomes:
            outcome = outcomes[key]
            rows.append(
                {
                    "key": key,
                    "kind": stage.kind,
                    "what": named[key],
                    "status": outcome.status,
                    "cached": outcome.status == "cached",
                    "seconds": outcome.seconds,
                    "cpu_seconds": outcome.cpu_seconds,
                    "peak_rss_mb": outcome.peak_rss_mb,
                    "peak_gpu_mb": outcome.peak_gpu_mb,
                    "error": outcome.error,
                    "log": outcome.log,
                }
            )
    return table_of(rows, STAGE_SCHEMA)


def describe(params: Mapping[str, Any]) -> str:
    """The telling parameters of a stage in a few words."""
    words = [str(params[k]) for k in ("fold", "learner", "aligner", "part", "task") if k in params]
    return " ".join(words)


def start_run(out: Path, grid: GridSpec, provenance: Mapping[str, Any]) -> None:
    """Make the run's folder, so that `bench status` knows the run from the start.

    What another grid's run found there is removed; of an earlier run of this grid it stays until
    `write_run` replaces it, and `strangers` tells that it is older.

    Raises:
        StoreError: the folder cannot be written.
    """
    content = anchored(grid.model_dump(mode="json", exclude_unset=True))
    with _one_line(out):
        out.mkdir(parents=True, exist_ok=True)
        clear(out, grid)
        _replace(out / GRID, yaml.safe_dump({"name": grid.name, **content}, sort_keys=False))
        known = {**provenance, TABLES: {}}
        _replace(out / PROVENANCE, json.dumps(known, indent=2) + "\n")


def write_run(
    out: Path,
    made: Expansion,
    outcomes: Mapping[str, Outcome],
    read: Callable[[str], Artefact],
    suspicion: Callable[[str], str],
    provenance: Mapping[str, Any],
) -> int:
    """Write what a run found; each file is replaced whole.

    Returns:
        How many cells have scores.

    Raises:
        StoreError: the folder cannot be written.
    """
    results, gaps = collect(made.cells, outcomes, read, suspicion)
    stages = stage_table(made.graph, outcomes)
    with _one_line(out):
        for name, table in ((RESULTS, results), (GAPS, gaps), (STAGES, stages)):
            _replace(out / name, table)
        known = {**provenance, TABLES: digests(out)}
        _replace(out / PROVENANCE, json.dumps(known, indent=2) + "\n")
    return len(made.cells) - int(gaps.num_rows)


@contextmanager
def _one_line(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"cannot write the run to {out}: {error.strerror or error}") from error


def _replace(path: Path, content: pa.Table | str) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    if isinstance(content, str):
        temporary.write_text(content, encoding="utf-8")
    else:
        # An opened file: pyarrow would take a path such as "run:1/x" for an address.
        with pa.OSFile(str(temporary), "wb") as sink:
            pq.write_table(content, sink)
    temporary.replace(path)
