"""Material of a page: plain data, gathered by the code that opens runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tables.about import MODALITIES
from tables.ranked.ranking import Missing

STAGE_COLUMNS = ("kind", "what", "status", "seconds", "peak_rss_mb", "error", "log")


@dataclass(frozen=True)
class RunRecord:
    """A run beside its scores.

    `stages` has a row per stage with the columns of `STAGE_COLUMNS`; of one that came from the
    store the seconds it took when it was computed, NaN where nobody knows. `provenance` and `grid`
    are shown as they are.
    """

    name: str
    stages: pd.DataFrame
    provenance: Mapping[str, Any]
    grid: str


@dataclass(frozen=True)
class Curve:
    """The learning curve of one fit: per loss one value per epoch.

    Curves of the same `place` (data set, split, training cells) and `learner` share their charts;
    `unit` (replicate, fold) tells them apart there.
    """

    place: str
    learner: str
    unit: str
    series: Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class LatentMap:
    """Test latents of both modalities in the plane: points (n, 2), modality (n,), labels (n,)."""

    place: str
    learner: str
    points: NDArray[np.floating]
    modality: NDArray[np.integer]
    labels: NDArray[np.str_]
    unit: str = ""
    of: int = 0
    names: tuple[str, str] = MODALITIES


@dataclass(frozen=True)
class Material:
    """Everything a page says.

    Args:
        title: of the page.
        results: tidy results, as for `tables.build`.
        gaps: cells without scores, with the reason in the columns `status` and `error`.
        by_label: scores by label, see `weakpair.vocabulary.columns.BY_LABEL`; None = none.
        runs: the runs that the results were merged from.
        curves: learning curves, in the order to be shown.
        maps: latent maps, in the order to be shown.
        absent: sentences on what could not be gathered, and why, by section: curves, latents,
            perturbations.
        tasks: the tasks to show; None = all of the results.
        top: how many ranked combinations tables show; None = all.
        missing: how incomplete combinations are ranked.
        include: roles to rank with the methods.
        ratios: kind of split → test / training rows, for the tests, where the results do not say
            it (see `tables.inference.comparisons`).
        all_metrics: rank over metrics, too, that cannot tell the best oracle from the best control.
    """

    title: str
    results: pd.DataFrame
    gaps: pd.DataFrame | None = None
    by_label: pd.DataFrame | None = None
    runs: Sequence[RunRecord] = ()
    curves: Sequence[Curve] = ()
    maps: Sequence[LatentMap] = ()
    absent: Mapping[str, Sequence[str]] = field(default_factory=dict)
    tasks: Sequence[str] | None = None
    top: int | None = None
    missing: Missing = "strict"
    include: Sequence[str] = ()
    ratios: Mapping[str, float] = field(default_factory=dict)
    all_metrics: bool = False
