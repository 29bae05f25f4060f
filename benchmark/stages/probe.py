"""Scores the latents themselves: what can be read off pairs of test cells (IPIC, section 4, C)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from benchmark.metrics.probe_cases import BATCH, DOWNSTREAM, TREATMENT, Embedded, ProbeCase, View
from benchmark.probing import ProbeSpec, pair_within, strata
from benchmark.stages.graph.context import Context, Output, true_pairs
from benchmark.stages.graph.node import Node
from benchmark.stages.graph.stage import unkeyed
from benchmark.stages.score import MetricStage, scored
from benchmark.store.codecs import PARTS, Part, Slot, Vectors
from weakpair.errors import ConfigError

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Cells:
    """The cells of one part: latents and labels of both modalities."""

    vectors: tuple[Vectors, Vectors]
    labels: tuple[Mapping[str, NDArray[np.str_]], Mapping[str, NDArray[np.str_]]]

    def views(self, pairs: tuple[Rows, Rows]) -> dict[View, Embedded]:
        """Views: each modality's own cells, and pairs of them with the labels of modality 1."""
        one, two = (Embedded(v.values, t) for v, t in zip(self.vectors, self.labels, strict=True))
        i, j = pairs
        sides = np.concatenate([one.x[i], two.x[j]], axis=1)
        both = Embedded(sides, {kind: label[i] for kind, label in one.labels.items()})
        return {"both": both, "1": one, "2": two}

    def pairs_by(self, kinds: tuple[str, ...], seed: int) -> tuple[Rows, Rows]:
        """Random pairs of cells that have the same labels of these kinds."""
        one, two = self.labels
        first, second = strata([(one[kind], two[kind]) for kind in kinds if kind in one])
        return pair_within(first, second, seed)

    def scored_pairs(self, paired: bool, seed: int) -> tuple[Rows, Rows]:
        """Pairs of test cells to score: the true ones; without any, cells of the same labels."""
        return true_pairs(*self.vectors) if paired else self.pairs_by((TREATMENT, DOWNSTREAM), seed)


@dataclass(frozen=True)
class Probe(MetricStage):
    """The metrics of latents themselves; reads `data`, which knows further labels, and `latents`.

    Attributes:
        probe: the spec of the probe.
        columns: the metadata columns that are the downstream label and the batch.
        metrics: name → version of every metric.
        fold: identity of the fold: all latents of one meet the same pairs of cells.
    """

    kind: ClassVar = "probe"
    version: ClassVar = "2"
    typical_seconds: ClassVar = 1.0

    probe: Mapping[str, Any]
    columns: Mapping[str, str | None]
    metrics: Mapping[str, int | str]
    fold: str = unkeyed()

    def draws(self, inputs: Mapping[str, Node]) -> dict[str, Any]:  # noqa: ARG002
        """The fold, and no learner: differences between learners are free of what judges draw."""
        return {"fold": self.fold}

    def run(self, context: Context) -> Output:
        """Columns metric, value, higher_is_better, note."""
        spec = ProbeSpec(**self.probe)
        data = context.artefact("data")
        latents = context.vectors("latents", "z")
        paired = bool(data.facts["paired"])
        parts = {part: cells_of(latents, part, data.table, self.columns) for part in PARTS}
        case = ProbeCase(
            train=parts["train"].views(_training_pairs(parts["train"], spec, paired, context)),
            test=parts["test"].views(parts["test"].scored_pairs(paired, context.seed + 1)),
            spec=spec,
            paired=paired,
        )
        return Output(scored(case, self.metrics), {"converged": case.converged})


def _training_pairs(
    cells: Cells, spec: ProbeSpec, paired: bool, context: Context
) -> tuple[Rows, Rows]:
    if spec.training_pairs != "pairs":
        kinds = (TREATMENT, DOWNSTREAM) if spec.training_pairs == "labels" else (TREATMENT,)
        return cells.pairs_by(kinds, context.seed)
    pairs = true_pairs(*cells.vectors) if paired else (np.empty(0, np.int64),) * 2
    if not len(pairs[0]):
        raise ConfigError(
            "probe.training_pairs 'pairs' needs true pairs among the training cells, and there are "
            "none; use 'labels' or 'group'"
        )
    return pairs


def cells_of(
    latents: Mapping[Slot, Vectors], part: Part, data: pa.Table, columns: Mapping[str, str | None]
) -> Cells:
    """The cells of a part; `columns` names the downstream label and the batch in `data`."""
    one, two = (_labels(latents[modality, part], data, modality, columns) for modality in (1, 2))
    return Cells((latents[1, part], latents[2, part]), (one, two))


def _labels(
    vectors: Vectors, data: pa.Table, modality: int, columns: Mapping[str, str | None]
) -> dict[str, NDArray[np.str_]]:
    """Labels of cells by kind; downstream label and batch are metadata of the data set."""
    own = data.filter(pc.equal(data.column("modality"), modality))
    place = {sample: row for row, sample in enumerate(own.column("sample").to_pylist())}
    lines = own.column("obs").take(pa.array([place[str(cell)] for cell in vectors.ids]))
    obs = [json.loads(line) for line in lines.to_pylist()]
    found = {TREATMENT: vectors.labels}
    for kind in (DOWNSTREAM, BATCH):
        if name := columns[kind]:
            found[kind] = np.array([row[name] for row in obs], dtype=np.str_)
    return found
