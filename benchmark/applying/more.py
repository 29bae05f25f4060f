"""New cells of one modality, matched by what was fitted to others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmark.applying.match import Match, Modality, Side
from weakpair.errors import DataError, ParameterError

if TYPE_CHECKING:
    from aligners.base import Aligner
    from benchmark.datasets.base import Samples
    from benchmark.datasets.preprocessing.pipeline import FittedPipeline
    from learners.base import Learner


@dataclass(frozen=True, eq=False)
class Fit:
    """Fitted methods of a match: they map cells that they have not seen.

    Attributes:
        learner: fitted.
        aligner: its settings.
        pipelines: fitted preprocessing of modality 1 and 2.
        features: names of the features that each of them takes.
        device: where to compute.
    """

    learner: Learner
    aligner: Aligner
    pipelines: tuple[FittedPipeline, FittedPipeline]
    features: tuple[tuple[str, ...], tuple[str, ...]]
    device: str


def match_more(match: Match, cells: Samples, modality: Modality) -> Match:
    """Match new cells of a modality with the known cells of the other one.

    Nothing is fitted: preprocessing and learner are those of the match. Cells of labels that the
    other modality does not have are refused; with a labelled aligner its cells of other labels are
    left out.

    Args:
        match: as it was made, or as it was read from a file.
        cells: their features may stand in another order, and be more.
        modality: that of the new cells.

    Raises:
        ParameterError: the match has no fit, or `modality` is neither 1 nor 2.
        DataError: a feature or a label is missing.
    """
    fit, known = match.fit, match.side(3 - modality)
    if fit is None:
        why = match.settings.get("fit_not_written", "it was not made here")
        raise ParameterError(f"this match has no fit, it takes no more cells: {why}")
    new = _side(fit, cells, modality, match.side(modality).name)
    lost = sorted(map(str, set(new.labels) - set(known.labels)))
    if lost:
        raise DataError(
            f"{len(lost)} perturbations of the new cells, {lost[0]!r} among them, have no cell in "
            f"{known.name}; leave their cells out"
        )
    if fit.aligner.needs_labels:
        known = _only(known, np.isin(known.labels, new.labels))
    one, two = (new, known) if modality == 1 else (known, new)
    plan = fit.aligner.align(one.latents, one.labels, two.latents, two.labels, device=fit.device)
    settings = {**match.settings, "converged": plan.converged, "more": {"modality": modality}}
    return replace(match, one=one, two=two, plan=plan, settings=settings)


def _only(side: Side, kept: NDArray[np.bool_]) -> Side:
    return replace(
        side,
        ids=side.ids[kept],
        labels=side.labels[kept],
        x=side.x[kept],
        latents=side.latents[kept],
    )


def _side(fit: Fit, cells: Samples, modality: Modality, name: str) -> Side:
    wanted = fit.features[modality - 1]
    places = {feature: place for place, feature in enumerate(cells.features)}
    missing = [feature for feature in wanted if feature not in places]
    if missing:
        raise DataError(
            f"the new cells lack {len(missing)} of {len(wanted)} features of {name}, "
            f"{missing[0]!r} among them"
        )
    x: Any = cells.x[:, [places[feature] for feature in wanted]]
    pipeline = fit.pipelines[modality - 1]
    prepared = pipeline.apply(x)
    z = fit.learner.transform(prepared, modality=modality)
    latents = np.asarray(z, dtype=np.float32)
    return Side(name, cells.ids, cells.labels, prepared, pipeline.features, latents)
