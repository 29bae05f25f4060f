"""Fits one combination to all cells of a data set."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import aligners
import learners
from benchmark.applying.match import Match, Side
from benchmark.applying.more import Fit
from benchmark.datasets.base import Dataset
from benchmark.datasets.preprocessing.pipeline import Pipeline
from weakpair import __version__
from weakpair.errors import ConfigError
from weakpair.registry import Entry


@dataclass(frozen=True)
class Methods:
    """A learner and an aligner by their names, with parameters.

    Attributes:
        learner: its name.
        aligner: its name.
        learner_params: what differs from its defaults.
        aligner_params: likewise.
    """

    learner: str
    aligner: str
    learner_params: Mapping[str, Any] = field(default_factory=dict)
    aligner_params: Mapping[str, Any] = field(default_factory=dict)


def match_dataset(
    dataset: Dataset,
    methods: Methods,
    pipelines: tuple[Pipeline, Pipeline] = (Pipeline(), Pipeline()),
    *,
    seed: int = 0,
    device: str = "cpu",
) -> Match:
    """Fit a learner to all cells of both modalities and align them.

    Preprocessing, learner and aligner see all cells. True pairs, where there are any, are shown to
    none of them: cells stand in a random order of their own in either modality.

    Args:
        dataset: two modalities; their numbers of cells may differ.
        methods: what is fitted.
        pipelines: preprocessing of modality 1 and 2.
        seed: of the fit, and of the order.
        device: a torch device, "cpu" or "cuda".

    Raises:
        ConfigError: a method that needs true pairs or a known truth.
        InputError: an unknown name or parameter, or data that a method refuses.
    """
    learner = _usable(learners.REGISTRY.entry(methods.learner), "learner")
    aligner = _usable(aligners.REGISTRY.entry(methods.aligner), "aligner")
    fitted = learner.make(**methods.learner_params)
    coupling = aligner.make(**methods.aligner_params)
    rng = np.random.default_rng(seed)
    one, two = dataset.modality1, dataset.modality2
    one_ready, first = pipelines[0].fit_apply(one.x, one.features)
    two_ready, second = pipelines[1].fit_apply(two.x, two.features)
    labels = one.labels, two.labels
    order = rng.permutation(len(first)), rng.permutation(len(second))
    fitted.fit(
        first[order[0]],
        labels[0][order[0]],
        second[order[1]],
        labels[1][order[1]],
        seed=seed,
        device=device,
    )
    z1, z2 = fitted.transform(first, modality=1), fitted.transform(second, modality=2)
    plan = coupling.align(z1, labels[0], z2, labels[1], device=device)
    settings = {
        "learner": {"name": methods.learner, "params": dict(fitted.get_params())},
        "aligner": {"name": methods.aligner, "params": dict(coupling.get_params())},
        "preprocess": [pipeline.recipe() for pipeline in pipelines],
        "seed": seed,
        "device": device,
        "data": {"name": dataset.name, "digest": dataset.digest},
        "modalities": list(dataset.names),
        "converged": plan.converged,
        "facts": dict(fitted.report_.facts),
        "weakpair": __version__,
    }
    sides = [
        Side(name, samples.ids, samples.labels, x, names, np.asarray(z, dtype=np.float32))
        for name, samples, x, names, z in (
            (dataset.names[0], one, first, one_ready.features, z1),
            (dataset.names[1], two, second, two_ready.features, z2),
        )
    ]
    names = tuple(one.features), tuple(two.features)
    return Match(
        sides[0],
        sides[1],
        plan,
        settings,
        Fit(fitted, coupling, (one_ready, two_ready), names, device),
    )


def _usable(entry: Entry[Any], kind: str) -> Entry[Any]:
    if entry.needs_pairing or entry.reads != "features":
        raise ConfigError(
            f"{kind} {entry.name!r} is an oracle: it is told what nobody knows of your cells; "
            f"bench list {kind}s names the others"
        )
    return entry
