"""Claims of IPIC's paper, and the tests that decide them."""

from collections.abc import Collection, Iterator

import pandas as pd

from tables.papers.claims.contests import Contest, decided
from tables.papers.claims.fields import Combination, Field, fields, rank_correlation
from tables.papers.claims.laws import CONSISTENTLY, MOSTLY, consistently_better, mostly_better
from tables.papers.claims.model import UNTESTED, Claim, Decision, Finding

_IPIC: Combination = ("ipic", "-")
_VARIANT = "ipic-"
"""Beginning of the names of IPIC's own variants, in the registry and in grids; no baselines."""

_AGAIN = (("ipic-rematch", "ipic"), ("ipic-intra-rematch", "ipic-intra"))
"""Names of one loss with pairs matched anew in every epoch, and with pairs matched once."""

_WITH_LABELS = ("supcon", "infocore", "match-once-ot", "match-once-snn", "ipic")
_WITHOUT_LABELS = ("infonce-unpaired", "wcl", "xdc")
_CONSISTENT = 0.5  # a rank correlation below minus this counts as opposition


def beats_the_baselines(results: pd.DataFrame) -> Decision:
    """IPIC against every learner that is no variant of it, in both accuracies."""
    others = results[~results["learner"].str.startswith(_VARIANT)]
    return consistently_better(_against(others, ("task-accuracy", "treatment-accuracy"), None))


def beats_raw_features(results: pd.DataFrame) -> Decision:
    """IPIC against the features themselves in both accuracies."""
    return mostly_better(_against(results, ("task-accuracy", "treatment-accuracy"), ("raw",)))


def matching_again_helps(results: pd.DataFrame) -> Decision:
    """The same loss with pairs matched anew in every epoch against pairs matched once.

    IPIC against match-once-ot and match-once-snn is no such test: they differ in the loss.
    """
    return mostly_better(
        decided(
            (found, (again, "-"), (once, "-"))
            for found in fields(results, "probe", ("task-accuracy",))
            for again, once in _AGAIN
            if {(again, "-"), (once, "-")} <= set(found.means)
        )
    )


def two_modalities_beat_one(results: pd.DataFrame) -> Decision:
    """IPIC's downstream accuracy from both embeddings against that from either."""
    both = {f.where: f for f in fields(results, "probe", ["task-accuracy"])}
    pairs = []
    for modality in ("task-accuracy-1", "task-accuracy-2"):
        for single in fields(results, "probe", [modality]):
            joint = both.get(single.where)
            if joint and _IPIC in joint.means and _IPIC in single.means:
                pairs.append(_beside(joint, single, modality))
    return mostly_better(decided(pairs))


def labels_help_treatment(results: pd.DataFrame) -> Decision:
    """Every learner that uses treatment labels against every one that does not."""
    return mostly_better(
        decided(
            (f, (one, "-"), (other, "-"))
            for f in fields(results, "probe", ["treatment-accuracy"])
            for one in _WITH_LABELS
            for other in _WITHOUT_LABELS
            if {(one, "-"), (other, "-")} <= set(f.means)
        )
    )


def treatment_opposes_task(results: pd.DataFrame) -> Decision:
    """Rank correlation over learners between both accuracies, per data set."""
    task = {f.where: f.means for f in fields(results, "probe", ["task-accuracy"])}
    treatment = {f.where: f.means for f in fields(results, "probe", ["treatment-accuracy"])}
    found = {
        where: rank_correlation(task[where], treatment[where])
        for where in task
        if where in treatment and len(task[where]) > 2
    }
    if not found:
        return UNTESTED
    opposed = [value < -_CONSISTENT for value in found.values()]
    finding = Finding.HOLDS if all(opposed) else Finding.OPEN
    if not any(value < 0 for value in found.values()):
        finding = Finding.FAILS
    values = ", ".join(f"{where} {value:+.2f}" for where, value in found.items())
    return Decision(finding, f"rank correlation of both accuracies: {values}")


def _against(
    results: pd.DataFrame, metrics: Collection[str], others: Collection[str] | None
) -> list[Contest]:
    return decided(_pairs(results, metrics, others))


def _pairs(
    results: pd.DataFrame, metrics: Collection[str], others: Collection[str] | None
) -> Iterator[tuple[Field, Combination, Combination]]:
    for found in fields(results, "probe", metrics):
        for other in found.combinations:
            wanted = others is None or other[0] in others
            if _IPIC in found.means and other != _IPIC and wanted:
                yield found, _IPIC, other


def _beside(joint: Field, single: Field, modality: str) -> tuple[Field, Combination, Combination]:
    """A field of two rows: IPIC's accuracy from both modalities, and from one."""
    rows = pd.concat([joint.scores.loc[[_IPIC]], single.scores.loc[[_IPIC]]])
    alone = (f"ipic, {modality}", "-")
    rows.index = pd.MultiIndex.from_tuples([_IPIC, alone], names=rows.index.names)
    return Field(joint.where, joint.task, joint.metric, rows, joint.test_to_train), _IPIC, alone


CLAIMS = (
    Claim(
        "IPIC",
        "abstract",
        "IPIC consistently outperforms the baselines.",
        "against every learner that is no variant of it, in treatment and task accuracy: "
        f"{CONSISTENTLY}",
        beats_the_baselines,
    ),
    Claim(
        "IPIC",
        "section 4",
        "IPIC surpasses raw features.",
        f"in treatment and task accuracy: {MOSTLY}",
        beats_raw_features,
    ),
    Claim(
        "IPIC",
        "section 4",
        "Matching again and again beats matching once.",
        "task accuracy of ipic-rematch against ipic, and of ipic-intra-rematch against ipic-intra "
        f"(ipic against match-once-* would compare losses): {MOSTLY}",
        matching_again_helps,
    ),
    Claim(
        "IPIC",
        "section 4, Table 8",
        "Both modalities together beat either.",
        f"IPIC's task accuracy from both embeddings against each: {MOSTLY}",
        two_modalities_beat_one,
    ),
    Claim(
        "IPIC",
        "section 4",
        "Methods that use treatment labels predict treatment better.",
        f"each of them against each without: {MOSTLY}",
        labels_help_treatment,
    ),
    Claim(
        "IPIC",
        "section 4",
        "Methods that excel at treatment do worse on the task.",
        "rank correlation of both accuracies over learners below -0.5 on every data set",
        treatment_opposes_task,
    ),
)
