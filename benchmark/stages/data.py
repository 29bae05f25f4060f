"""Reads a data set from where it lies and files it in the store, validated."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from benchmark.datasets import Dataset, DatasetSpec, Samples, load_as
from benchmark.datasets.facts import Facts
from benchmark.stages.graph.context import RECENT, Context, Output
from benchmark.stages.graph.node import Node
from benchmark.stages.graph.stage import Stage, unkeyed
from benchmark.store.codecs import (
    Slot,
    Vectors,
    chosen,
    release,
    table_to_vectors,
    vectors_to_table,
    with_vectors,
)
from benchmark.store.store import Artefact


@dataclass(frozen=True)
class Data(Stage):
    """A data set as it is read.

    Attributes:
        source: digest of its files, or of a simulation's parameters.
        spec: the data set as JSON, for reading it; determines nothing.
        origin: digest of its content, from which seeds derive; empty for a simulation, whose
            seeds derive from its parameters, and before the content is known.
    """

    kind: ClassVar = "data"
    version: ClassVar = "4"
    typical_seconds: ClassVar = 0.5
    takes_resources: ClassVar = False

    source: str
    spec: str = unkeyed()
    origin: str = unkeyed()

    @property
    def hints(self) -> dict[str, str]:
        """The data set's spec."""
        return {"spec": self.spec}

    def draws(self, inputs: Mapping[str, Node]) -> dict[str, Any]:
        """The content rather than the bytes of the files."""
        if not self.origin:
            return super().draws(inputs)
        return {"params": {"origin": self.origin}, "inputs": {}}

    def run(self, context: Context) -> Output:  # noqa: ARG002 - it reads no artefact
        """Columns modality, part ("train" throughout), sample, label, x, metadata, truths."""
        spec = DatasetSpec.model_validate_json(self.spec)
        # Its digest was taken when the run began, maybe hours ago: it stands in every key.
        return _filed(load_as(spec, self.source))


def _filed(dataset: Dataset) -> Output:
    samples = (dataset.modality1, dataset.modality2)
    slots: dict[Slot, Samples] = {(1, "train"): samples[0], (2, "train"): samples[1]}
    table = vectors_to_table(
        {slot: Vectors(s.ids, s.labels, s.x) for slot, s in slots.items()}, "x"
    )
    seen = Facts.of(dataset)
    for name in seen.truths:
        table = with_vectors(table, {slot: s.truth[name] for slot, s in slots.items()}, name)
    obs = pa.array([line for s in samples for line in _records(s)], pa.string())
    facts = {
        "name": dataset.name,
        "paired": dataset.paired,
        "digest": dataset.digest,
        "features": [list(s.features) for s in samples],
        "seen": asdict(seen),
    }
    return Output(table.append_column("obs", obs), facts)


def _records(samples: Samples) -> list[str]:
    """JSON objects with the metadata columns, one per sample."""
    columns = {name: samples.obs[name].astype(str).tolist() for name in samples.obs.columns}
    rows = range(len(samples.ids))
    return [json.dumps({name: values[i] for name, values in columns.items()}) for i in rows]


def dataset_of(context: Context) -> Dataset:
    """The data set that the input named "data" holds."""
    RECENT.make_room()  # for a large data set a large fold goes
    dataset = _filed_in(context.artefact("data"))
    release()
    return dataset


def _filed_in(artefact: Artefact) -> Dataset:
    facts = artefact.facts
    seen = Facts.from_plain(facts["seen"])
    modality = artefact.table.column("modality").to_numpy()
    first, second = (
        _samples(chosen(artefact.table, np.flatnonzero(modality == m)), features, seen.truths)
        for m, features in zip((1, 2), facts["features"], strict=True)
    )
    return Dataset(facts["name"], first, second, seen.paired, seen.names, seen.pairing)


def _samples(table: pa.Table, features: list[str], known: tuple[str, ...]) -> Samples:
    import pandas as pd

    (vectors,) = table_to_vectors(table, "x").values()
    obs = pd.DataFrame([json.loads(line) for line in table.column("obs").to_pylist()])
    return Samples(
        x=vectors.values,
        labels=vectors.labels,
        ids=vectors.ids,
        features=tuple(features),
        obs=obs,
        truth={name: next(iter(table_to_vectors(table, name).values())).values for name in known},
    )
