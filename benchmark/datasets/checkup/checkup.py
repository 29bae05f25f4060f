"""All notes on a data set, from its cells to what a benchmark on it can tell."""

from collections.abc import Iterator

import numpy as np

from benchmark.datasets.base import Dataset, Samples
from benchmark.datasets.checkup.labels import explained, readable
from benchmark.datasets.checkup.note import Level, Note
from benchmark.datasets.facts import Facts
from weakpair.errors import UnknownNameError

_FEW = 10
"""Cells of a label below which its test cells hardly show anything."""
_COPIES = 0.01
_HIDE = 4
"""Labels that hidden labels need (see the task `surrogate`)."""


def checkup(dataset: Dataset, control: str | None = None) -> Iterator[Note]:
    """Look at a data set and say what a person should know before a run.

    Args:
        dataset: the cells, as they were read: nothing is preprocessed.
        control: label of the unperturbed cells, if there are some.

    Raises:
        UnknownNameError: no label is called like the control.
    """
    if control is not None and control not in dataset.labels:
        raise UnknownNameError("label", control, dataset.labels)
    facts = Facts.of(dataset)
    sides = tuple(zip((dataset.modality1, dataset.modality2), dataset.names, strict=True))
    yield from _labels(dataset, facts)
    yield _pairs(facts)
    for samples, name in sides:
        yield _copies(samples, name)
    for finding, name in zip(facts.findings, facts.names, strict=True):
        told = "; ".join(finding.complaints())
        remedy = f"; --preprocess{finding.modality} {finding.remedy}" if told else ""
        yield Note("mind" if told else "ok", f"values, {name}", f"{told or 'no oddity'}{remedy}")
    for (samples, name), finding in zip(sides, facts.findings, strict=True):
        yield readable(samples, name, counts=finding.counts)
    for samples, name in sides:
        yield from explained(samples, name)
    yield from _design(dataset, facts)
    if control is not None:
        yield _control(dataset, control)
    yield from (Note("mind", "reading", line) for line in facts.notes)


def _labels(dataset: Dataset, facts: Facts) -> Iterator[Note]:
    counts = {label: min(both) for label, both in dataset.counts().items()}
    cells = " and ".join(f"{count:,}" for count in facts.cells)
    yield Note("ok", "cells", f"{cells} cells, {facts.groups} perturbations in both modalities")
    if facts.groups < 2:
        yield Note("wrong", "perturbations", "one label alone: nothing pairs cells weakly")
        return
    few = sorted(label for label, count in counts.items() if count < _FEW)
    sizes = f"from {min(counts.values())} to {max(counts.values())} cells each"
    if min(counts.values()) < 2:
        lone = next(label for label in few if counts[label] < 2)
        text = f"{lone!r} has one cell in a modality: no split has both training and test cells"
        yield Note("wrong", "perturbations", f"{text}; --set datasets.min_cells=2 leaves it out")
    elif few:
        named = ", ".join(few[:5]) + (", …" if len(few) > 5 else "")
        text = f"{len(few)} of {len(counts)} have fewer than {_FEW} cells ({named}); {sizes}"
        yield Note("mind", "perturbations", text)
    else:
        yield Note("ok", "perturbations", sizes)


def _pairs(facts: Facts) -> Note:
    if not facts.pairs:
        text = "none: matching cannot be scored; --tasks surrogate needs none"
        return Note("mind", "true pairs", text)
    share = facts.pairs / min(facts.cells)
    text = f"{facts.pairs:,}, {share:.0%} of the smaller modality's cells, by {facts.pairing}"
    return Note("ok", "true pairs", text)


def _copies(samples: Samples, name: str) -> Note:
    distinct = len(np.unique(np.ascontiguousarray(samples.x), axis=0))
    copies = len(samples) - distinct
    level: Level = "mind" if copies > _COPIES * len(samples) else "ok"
    return Note(level, f"duplicates, {name}", f"{copies} of {len(samples):,} cells repeat another")


def _design(dataset: Dataset, facts: Facts) -> Iterator[Note]:
    """Splits that are possible, and what a benchmark with them can tell apart."""
    if facts.groups < 2:
        return
    smallest = min(min(both) for both in dataset.counts().values())
    able = {
        "holdout": smallest >= 2,
        "kfold:5": smallest >= 5,
        "lopo": facts.groups >= 3,
        "training cells disjoint": smallest >= 5,
        "hidden labels": facts.groups >= _HIDE,
    }
    can = ", ".join(name for name, possible in able.items() if possible) or "none"
    cannot = ", ".join(name for name, possible in able.items() if not possible)
    text = f"possible: {can}" + (f"; too few cells or labels for {cannot}" if cannot else "")
    yield Note("ok" if able["kfold:5"] else "mind", "splits", text)
    if facts.pairs and able["kfold:5"]:
        yield _resolution(dataset, facts)


def _resolution(dataset: Dataset, facts: Facts) -> Note:
    """Trace of a plan that knows labels alone, and the difference that so many cells can show.

    By k-fold every pair is tested once. A cell hits with the chance p of its label's 1 / n; the
    difference of two independent means of so many hits has a standard error of √(2 p (1 − p) / n),
    and 2.8 of these are seen at 5 % with 80 % power.
    """
    test = np.array([max(1, min(both) // 5) for both in dataset.counts().values()], dtype=float)
    chance = float(len(test) / test.sum())
    error = float(np.sqrt(2 * chance * (1 - chance) / facts.pairs))
    text = (
        f"5 folds: labels alone give a Trace of about {chance:.3f}; {facts.pairs:,} pairs show "
        f"differences from about {2.8 * error:.3f} on"
    )
    return Note("ok", "resolution", text)


def _control(dataset: Dataset, control: str) -> Note:
    first, second = dataset.counts()[control]
    median = float(np.median([min(both) for both in dataset.counts().values()]))
    text = f"{control!r} has {first:,} and {second:,} cells, the median label {median:,.0f}"
    return Note("ok" if min(first, second) >= median else "mind", "control", text)
