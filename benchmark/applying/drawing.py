"""Picture of a match: the latents of both modalities in one plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmark.applying.match import Match
from weakpair.errors import ParameterError

if TYPE_CHECKING:
    from tables.figures.projection import Method
    from tables.figures.style import Drawing


def draw_match(
    match: Match, *, method: Method = "tsne", points: int = 1000, seed: int = 0
) -> Drawing:
    """Draw cells of both modalities by perturbation and by modality.

    Args:
        match: whose latents are drawn.
        method: of the projection, "tsne" or "umap".
        points: at most so many cells, drawn at random from either modality alike.
        seed: of drawing and projection.

    Raises:
        ParameterError: the latents have no space in common, or there are fewer than three cells.
    """
    from tables.figures.embedding import Embeddings, embedding

    widths = [side.latents.shape[1] for side in (match.one, match.two)]
    if widths[0] != widths[1]:
        raise ParameterError(
            f"latents of {widths[0]} and of {widths[1]} dimensions have no plane in common; choose "
            "a learner that maps both modalities into one space"
        )
    rng = np.random.default_rng(seed)
    sides = (match.one, match.two)
    rows = [
        np.sort(rng.permutation(len(side.ids))[: max(1, round(points * share))])
        for side, share in zip(sides, _shares(match), strict=True)
    ]
    both = list(zip(sides, rows, strict=True))
    found = Embeddings(
        {match.settings["learner"]["name"]: np.concatenate([s.latents[r] for s, r in both])},
        {
            "perturbation": np.concatenate([s.labels[r] for s, r in both]),
            "modality": np.concatenate([np.full(len(r), s.name) for s, r in both]),
        },
        repr(match),
        "A point is a cell.",
        sum(len(side.ids) for side in sides),
    )
    return embedding(found, method=method, seed=seed)


def _shares(match: Match) -> tuple[float, float]:
    """Share of either modality in all cells."""
    counts = len(match.one.ids), len(match.two.ids)
    return counts[0] / sum(counts), counts[1] / sum(counts)
