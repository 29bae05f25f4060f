"""What IPIC's paper claims, and the tests that decide it."""

from collections.abc import Collection, Iterator

import pandas as pd

from tables.claims.contests import Combination, Contest, Field, decided, fields, rank_correlation
from tables.claims.model import UNTESTED, Claim, Decision, Finding, mostly_better, never_worse

_IPIC: Combination = ("ipic", "-")
_ONCE = ("match-once-ot", "match-once-snn")
_WITH_LABELS = ("supcon", "infocore", *_ONCE, "ipic")
_WITHOUT_LABELS = ("infonce-unpaired", "wcl", "xdc")
_CONSISTENT = 0.5  # a rank correlation below minus this counts as opposition


def beats_the_baselines(results: pd.DataFrame) -> Decision:
    """IPIC against every other learner in both accuracies."""
    return never_worse(_against(results, ("task-accuracy", "treatment-accuracy"), None))


def beats_raw_features(results: pd.DataFrame) -> Decision:
    """IPIC against the features themselves in both accuracies."""
    return mostly_better(_against(results, ("task-accuracy", "treatment-accuracy"), ("raw",)))


def beats_matching_once(results: pd.DataFrame) -> Decision:
    """IPIC against the same matching done once, in the downstream accuracy."""
    return mostly_better(_against(results, ("task-accuracy",), _ONCE))


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
    told = ", ".join(f"{where} {value:+.2f}" for where, value in found.items())
    return Decision(finding, f"rank correlation of both accuracies: {told}")


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
        "it loses to no other learner in treatment or task accuracy",
        beats_the_baselines,
    ),
    Claim(
        "IPIC",
        "section 4",
        "IPIC surpasses raw features.",
        "it beats them in some accuracy and loses in none",
        beats_raw_features,
    ),
    Claim(
        "IPIC",
        "section 4",
        "Matching again and again beats matching once.",
        "task accuracy against match-once-ot and match-once-snn: wins, and no loss",
        beats_matching_once,
    ),
    Claim(
        "IPIC",
        "section 4, Table 8",
        "Both modalities together beat either.",
        "IPIC's task accuracy from both embeddings against each: wins, and no loss",
        two_modalities_beat_one,
    ),
    Claim(
        "IPIC",
        "section 4",
        "Methods that use treatment labels predict treatment better.",
        "each of them against each without: wins, and no loss",
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
