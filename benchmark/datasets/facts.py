"""What a data set is, in a few plain numbers: for the first lines of a run and for reports."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from benchmark.datasets.base import Dataset
from benchmark.datasets.inspection import Finding, look


def describe(dataset: Dataset) -> dict[str, Any]:
    """Names of the modalities, cells, features, groups, pairs and what the values look like.

    Everything is plain (JSON): it stands among the facts of the stored data set.
    """
    counts = dataset.counts()
    smallest = min(counts, key=lambda label: (min(counts[label]), label))
    both = (dataset.modality1, dataset.modality2)
    return {
        "names": list(dataset.names),
        "cells": [len(samples) for samples in both],
        "widths": [samples.x.shape[1] for samples in both],
        "pairs": len(dataset.pairs()[0]),
        "pairing": dataset.pairing if dataset.paired else "none",
        "groups": {
            "count": len(counts),
            "smallest": smallest,
            "cells": list(counts[smallest]),
        },
        "findings": [asdict(finding) for finding in look(dataset)],
    }


def findings_of(facts: Mapping[str, Any]) -> tuple[Finding, ...]:
    """What `describe` saw in the values, both modalities."""
    return tuple(Finding(**found) for found in facts["findings"])
