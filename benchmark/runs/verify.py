"""Recomputes stages of a finished run and compares them with what the store holds, bit for bit."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa

from benchmark.engine.failures import line_of
from benchmark.engine.together import TOGETHER
from benchmark.runs.folder import RunFolder
from benchmark.runs.recomputing import Recomputation, recomputation
from benchmark.stages.graph.context import Output
from benchmark.stages.graph.graph import Graph
from benchmark.stages.graph.node import Node
from benchmark.stages.naming import words
from benchmark.store.keys import canonical_json, table_digest
from benchmark.store.store import Artefact, Store
from weakpair.errors import BenchError, ConfigError, StoreError
from weakpair.registry.foreign import Foreign


@dataclass(frozen=True)
class Difference:
    """A stage that came out otherwise, or not at all."""

    stage: Node
    why: str

    def __str__(self) -> str:
        what = " ".join(filter(None, (self.stage.kind, words(self.stage.params))))
        return f"differs {self.stage.key[:12]} ({what}): {self.why}"


@dataclass
class Verification:
    """Checks a sample of a run's stages; iterating computes, and yields differences.

    `checked` counts the stages looked at so far.
    """

    stages: list[Node]
    store: Store
    checked: int = field(default=0, init=False)

    def __iter__(self) -> Iterator[Difference]:
        with recomputation(self.store) as again:
            for stage in self.stages:
                why = _difference(stage, again)
                self.checked += 1
                if why:
                    yield Difference(stage, why)


def verification(run: Path, store: Store, sample: str, seed: int) -> Verification:
    """Draw stages of a run that are stored together with their inputs.

    Args:
        run: the run's folder; its device and threads are those of the run.
        store: where its artefacts are.
        sample: a share like "5%", or a number of stages.
        seed: which stages are drawn.

    Raises:
        ConfigError: `run` is no run's folder, or `sample` makes no sense.
        StoreError: nothing of the run is stored.
    """
    graph = _graph(run, store)
    there = {key for key in graph.nodes if store.has(key)}
    stages = [
        stage
        for key, stage in sorted(graph.nodes.items())
        if key in there and there.issuperset(stage.inputs.values())
    ]
    if not stages:
        raise StoreError(f"the store {store.root} has no stage of {run} with its inputs")
    drawn = Random(seed).sample(stages, min(len(stages), _number(sample, len(stages))))
    return Verification(drawn, store)


def _graph(run: Path, store: Store) -> Graph:
    """The graph that was run."""
    with Foreign() as foreign:
        return RunFolder(run).expanded(store, foreign.describe).graph


def _number(sample: str, of: int) -> int:
    """Number of stages that a sample stands for, at least one.

    >>> _number("5%", 300), _number("7", 300), _number("1%", 3)
    (15, 7, 1)
    """
    text = sample.strip()
    try:
        number = float(text[:-1]) / 100 * of if text.endswith("%") else float(int(text))
    except (ValueError, OverflowError):
        number = 0.0
    if not 0 < number < float("inf"):
        raise ConfigError(f"--sample {sample!r}: give a share like 5%, or a number of stages")
    return max(1, round(number))


def _difference(stage: Node, again: Recomputation) -> str:
    """Compute a stage again and say what is different; empty if nothing is."""
    try:
        stored = again.store.read(stage.key)
        output = again.output(stage)
    except BenchError as error:
        return " ".join(str(error).split())
    except Exception as error:  # noqa: BLE001 - whatever a method raises, it did not before
        return line_of(error)
    why, together = compare(stored, output), int(stored.provenance.get(TOGETHER, 1))
    if why and together > 1:
        return f"{why}; it was trained together with {together - 1} others, which rounds otherwise"
    return why


def compare(stored: Artefact, output: Output) -> str:
    """The first difference between an artefact and what came out now; provenance aside."""
    now, then = output.table.replace_schema_metadata(None), stored.table
    if now.column_names != then.column_names:
        return f"columns {now.column_names}, stored {then.column_names}"
    if now.num_rows != then.num_rows:
        return f"{now.num_rows} rows, stored {then.num_rows}"
    for name in now.column_names:
        if table_digest(now.select([name]), {}) != table_digest(then.select([name]), {}):
            return f"column {name!r}{_how_far(then.column(name), now.column(name))}"
    facts = json.loads(canonical_json(dict(output.facts)))
    for name in sorted(set(facts) | set(stored.facts)):
        if facts.get(name) != stored.facts.get(name):
            return f"fact {name!r}"
    return ""


def _how_far(then: pa.ChunkedArray, now: pa.ChunkedArray) -> str:
    """The largest difference of numbers, to tell rounding from another result."""
    import numpy as np

    flat = [np.concatenate([_values(chunk) for chunk in both.chunks]) for both in (then, now)]
    if flat[0].shape != flat[1].shape or not np.issubdtype(flat[0].dtype, np.number):
        return ""
    difference = np.abs(flat[0].astype(np.float64) - flat[1].astype(np.float64))
    return f", by up to {np.nanmax(difference, initial=0.0):.3g}"


def _values(chunk: pa.Array) -> Any:
    """The numbers of a column, or of its lists."""
    inner = chunk.flatten() if pa.types.is_list(chunk.type) else chunk
    return inner.to_numpy(zero_copy_only=False)
