"""Laws of every kind of stage, and the recipe of CONTRIBUTING.md followed for a toy."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pytest

from benchmark.engine.dispatch.executors import serial
from benchmark.engine.engine import Run
from benchmark.engine.scheduling import Timings, outlook
from benchmark.grids.expand import Expansion, expand_grid
from benchmark.grids.spec import validate_grid
from benchmark.runs.results import stage_table
from benchmark.stages import table
from benchmark.stages.fit import Fit
from benchmark.stages.graph.context import Context, Output
from benchmark.stages.graph.node import Node
from benchmark.stages.graph.stage import Stage, unkeyed
from benchmark.stages.table import COLUMNS, ORDER, STAGES, stage_of
from benchmark.store.store import Store
from tests.benchmark.engine.test_engine import Recorder
from weakpair.vocabulary.columns import KEYS

GRID = {
    "name": "toy",
    "datasets": [{"name": "digits", "subsample": 10}],
    "splits": ["holdout"],
    "learners": ["pca"],
    "aligners": ["uniform"],
    "ensembles": [{"label": "mean", "of": ["- + uniform"]}],
    "tasks": ["matching", "imputation", "surrogate", "probe"],
    "surrogate": {"merges": 1},
    "imputer": {"kind": "mean"},
}


@dataclass(frozen=True)
class Norms(Stage):
    """Mean norms of the latents of every modality; reads `latents`."""

    kind: ClassVar = "norms"
    version: ClassVar = "1"
    telling: ClassVar = ("power",)
    typical_seconds: ClassVar = 0.01

    power: float
    why: str = unkeyed()

    def run(self, context: Context) -> Output:
        """A row per modality."""
        latents = context.vectors("latents", "z")
        norms = [
            float((np.linalg.norm(latents[modality, "train"].values, axis=1) ** self.power).mean())
            for modality in (1, 2)
        ]
        return Output(pa.table({"modality": [1, 2], "norm": norms}), {"power": self.power})


def expanded(store: Path) -> Expansion:
    return expand_grid(validate_grid(GRID), Store(store))


def fit_of(expansion: Expansion) -> Node:
    """The fit of all labels, before those of merged ones."""
    return next(node for node in expansion.graph.nodes.values() if node.kind == Fit.kind)


def test_every_kind_is_frozen_named_and_documented() -> None:
    for kind, stage in STAGES.items():
        assert is_dataclass(stage)
        assert stage.__dataclass_params__.frozen  # type: ignore[attr-defined]
        assert stage.kind == kind == stage.__module__.rpartition(".")[2]
        assert stage.version
        assert stage.__doc__
    assert tuple(KEYS) == COLUMNS, "results have a column for every kind that a point names"


def test_a_stored_recipe_gives_the_stage_back(tmp_path: Path) -> None:
    nodes = expanded(tmp_path).graph.nodes.values()
    assert {node.kind for node in nodes} == set(STAGES)
    for node in nodes:
        stage = stage_of(node)
        assert type(stage) is STAGES[node.kind]
        assert stage.content == node.params


def test_what_is_unkeyed_stands_in_no_key() -> None:
    """And what is keyed does, as does the version."""
    base = Norms(2.0).node({"device": "cpu"})
    assert Norms(2.0, "because").node({"device": "cpu"}).key == base.key
    assert Norms(1.0).node({"device": "cpu"}).key != base.key
    assert Norms(2.0).node({"device": "cuda"}).key != base.key
    newer = type("Newer", (Norms,), {"version": "2"})
    assert newer(2.0).node({"device": "cpu"}).key != base.key
    assert {f.name for f in fields(Norms)} == {"power", "why"}


def test_a_new_kind_needs_its_class_a_place_in_the_table_and_somebody_who_asks_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Engine, store, timings, names and the table of stages take it from there."""
    kinds: Mapping[str, Any] = {**STAGES, Norms.kind: Norms}
    for name, known in (
        ("STAGES", kinds),
        ("ORDER", {kind: place for place, kind in enumerate(kinds)}),
    ):
        target: dict[str, Any] = getattr(table, name)
        for kind, value in known.items():
            monkeypatch.setitem(target, kind, value)
    expansion, store = expanded(tmp_path), Store(tmp_path)
    graph = expansion.graph
    node = graph.add(Norms(2.0).node({"device": "cpu", "threads": 1}, latents=fit_of(expansion)))
    run = Run(graph, store, (node.key,))
    run.execute(lambda: serial(str(tmp_path)), Recorder())
    assert run.outcomes[node.key].status == "done", run.outcomes[node.key].log
    artefact = store.read(node.key)
    assert artefact.table.column_names == ["modality", "norm"]
    assert artefact.facts == {"power": 2.0}
    rows = stage_table(graph, run.outcomes).to_pylist()
    (row,) = [row for row in rows if row["kind"] == "norms"]
    assert row["what"].split()[:2] == ["holdout-0", "pca"]
    assert rows[-1] == row, "kinds stand in the order of the table"
    again = Run(graph, store, (node.key,))
    assert again.survey() == set()
    assert ORDER["norms"] == len(kinds) - 1, "the last"
    shares = outlook(graph, {node.key}, Timings()).shares
    assert shares["norms"].todo == 1
