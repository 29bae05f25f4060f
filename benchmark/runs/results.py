"""The tables of a run: results, gaps, how every stage ended."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pyarrow as pa

from benchmark.engine.worker import Outcome
from benchmark.grids.point import Point
from benchmark.stages.graph.graph import Graph
from benchmark.stages.naming import whats
from benchmark.stages.table import COLUMNS, ORDER
from benchmark.store.rows import table_of
from benchmark.store.store import Artefact
from weakpair.errors import StoreError
from weakpair.vocabulary import columns

_TYPES: dict[columns.Kind, pa.DataType] = {
    "text": pa.string(),
    "whole": pa.int64(),
    "number": pa.float64(),
    "flag": pa.bool_(),
}
# A kind of stage that points name brings its column along.
_KEYS: Mapping[str, columns.Kind] = dict.fromkeys(COLUMNS, "text")
RESULT_SCHEMA = pa.schema({n: _TYPES[kind] for n, kind in {**columns.RESULTS, **_KEYS}.items()})
GAP_SCHEMA = pa.schema({n: _TYPES[kind] for n, kind in {**columns.GAPS, **_KEYS}.items()})
LABEL_SCHEMA = pa.schema({n: _TYPES[kind] for n, kind in columns.BY_LABEL.items()})
_KEY_SCHEMA = pa.schema({"score_key": pa.string()})
STAGE_SCHEMA = pa.schema(
    {
        **dict.fromkeys(("key", "kind", "what", "status"), pa.string()),
        "cached": pa.bool_(),
        **dict.fromkeys(("seconds", "cpu_seconds", "peak_rss_mb", "peak_gpu_mb"), pa.float64()),
        **dict.fromkeys(("error", "log"), pa.string()),
    }
)


Row = dict[str, Any]


class Collected(NamedTuple):
    """Tables of a run: a row per point and metric, points without scores, scores by label."""

    results: pa.Table
    gaps: pa.Table
    by_label: pa.Table


@dataclass
class Collector:
    """Reads the scores of points as they come; those of a point are read once.

    Attributes:
        points: the points of the grid.
        read: gives the artefact of a key.
        suspicion: says why the fit of a key is not to be trusted, if it is not.
    """

    points: Sequence[Point]
    read: Callable[[str], Artefact]
    suspicion: Callable[[str], str]
    _scored: dict[int, list[Row]] = field(default_factory=dict)
    _by_label: dict[str, pa.Table] = field(default_factory=dict)

    def collect(self, outcomes: Mapping[str, Outcome]) -> Collected:
        """The tables as they are by now.

        Scores that cannot be read any more are a gap, too; those that were read before are not.
        """
        gaps = []
        for number, point in enumerate(self.points):
            if number not in self._scored:
                gap = self._look(number, point, outcomes.get(point.score_key))
                gaps += [] if gap is None else [gap]
        done = sorted(self._scored)
        scored = [row for number in done for row in self._scored[number]]
        keys = dict.fromkeys(self.points[number].score_key for number in done)
        by_label = [table_of([], LABEL_SCHEMA), *(self._by_label[key] for key in keys)]
        return Collected(
            table_of(scored, RESULT_SCHEMA), table_of(gaps, GAP_SCHEMA), pa.concat_tables(by_label)
        )

    def _look(self, number: int, point: Point, outcome: Outcome | None) -> Row | None:
        """File the scores of a cell, or tell why it has none."""
        known = point.row()
        if outcome is None or outcome.status not in ("done", "cached"):
            status, error = (outcome.status, outcome.error) if outcome else ("missing", "")
            return {**known, "status": status, "error": error}
        try:
            scores = self.read(point.score_key)
        except StoreError as error:
            return {**known, "status": "missing", "error": str(error)}
        known["converged"] = bool(scores.facts["converged"])
        judged = point.fit_key and point.role != "control"  # a constant one has collapsed by design
        known["suspect"] = self.suspicion(point.fit_key) if judged else ""
        whole, by_label = _divided(scores.table, point.score_key)
        self._scored[number] = [{**known, **score} for score in whole.to_pylist()]
        self._by_label[point.score_key] = by_label
        return None


def _divided(scores: pa.Table, key: str) -> tuple[pa.Table, pa.Table]:
    """Scores over all cells, which stand first, and those by label with the key they are of."""
    if "label" not in scores.column_names:
        return scores, table_of([], LABEL_SCHEMA)
    first = scores.column("label").to_pylist().count("")
    by_label = scores.slice(first)
    keys = table_of([{"score_key": key}] * len(by_label), _KEY_SCHEMA).column("score_key")
    keyed = by_label.append_column("score_key", keys).select(LABEL_SCHEMA.names)
    return scores.slice(0, first).drop_columns(["label", "cells"]), keyed


def stage_table(graph: Graph, outcomes: Mapping[str, Outcome]) -> pa.Table:
    """Table of the stages that the run looked at: key, kind, status, seconds, memory, error."""
    stages = sorted(graph.nodes.items(), key=lambda item: (ORDER[item[1].kind], item[0]))
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
