"""Claims of the propensity scores' paper (Xi et al. 2024), and the tests that decide them."""

from collections.abc import Iterator

import pandas as pd

from tables.papers.claims.contests import decided
from tables.papers.claims.fields import Combination, Field, fields, rank_correlation
from tables.papers.claims.laws import MOSTLY, mostly_better
from tables.papers.claims.model import UNTESTED, Claim, Decision, Finding

_PS, _VAE = "ps", "davae"
_OT, _SNN = "labeled-eot-xi", "snn-propensity"
_METRICS = ("latent-mse", "trace", "foscttm")
_CONSISTENT = 0.5


def transport_beats_neighbours(results: pd.DataFrame) -> Decision:
    """Matching by transport against matching by shared neighbours, with each of both learners."""
    return mostly_better(
        decided(_pairs(results, [((one, _OT), (one, _SNN)) for one in (_PS, _VAE)]))
    )


def scores_beat_the_autoencoder(results: pd.DataFrame) -> Decision:
    """Propensity scores against the autoencoder, with each of both aligners."""
    return mostly_better(
        decided(_pairs(results, [((_PS, one), (_VAE, one)) for one in (_OT, _SNN)]))
    )


def better_matching_predicts_better(results: pd.DataFrame) -> Decision:
    """Rank correlation over combinations between Trace and R², per data set."""
    traces = {f.where: f.means for f in fields(results, "matching", ["trace"])}
    found = {
        f.where: rank_correlation(traces[f.where], f.means)
        for f in fields(results, "imputation", ["r2"])
        if f.where in traces and len(f.means) > 2
    }
    if not found:
        return UNTESTED
    values = ", ".join(f"{where} {value:+.2f}" for where, value in found.items())
    finding = Finding.OPEN
    if all(value > _CONSISTENT for value in found.values()):
        finding = Finding.HOLDS
    elif not any(value > 0 for value in found.values()):
        finding = Finding.FAILS
    return Decision(finding, f"rank correlation of Trace and R²: {values}")


def _pairs(
    results: pd.DataFrame, wanted: list[tuple[Combination, Combination]]
) -> Iterator[tuple[Field, Combination, Combination]]:
    for found in fields(results, "matching", _METRICS):
        for one, other in wanted:
            if {one, other} <= set(found.means):
                yield found, one, other


CLAIMS = (
    Claim(
        "PS",
        "abstract",
        "Matching by transport beats shared nearest neighbours.",
        "of propensity scores and of the autoencoder, in the error of latents, Trace and FOSCTTM: "
        f"{MOSTLY}",
        transport_beats_neighbours,
    ),
    Claim(
        "PS",
        "abstract",
        "Propensity scores beat the cross-modal autoencoder.",
        f"with the paper's transport and neighbours, in the same metrics: {MOSTLY}",
        scores_beat_the_autoencoder,
    ),
    Claim(
        "PS",
        "section 5",
        "Better matching gives better prediction.",
        "rank correlation of Trace and R² over combinations above 0.5 on every data set",
        better_matching_predicts_better,
    ),
)
