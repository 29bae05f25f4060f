"""Claims of GROOVE's paper, and the tests that decide them."""

from collections.abc import Iterator
from itertools import combinations, permutations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tables.inference.statistics import holm
from tables.papers.claims.contests import LEVEL, Contest, decided, p_values
from tables.papers.claims.fields import Combination, Field, fields, rank_correlation
from tables.papers.claims.laws import MOSTLY, ON_PAR, could_tell, mostly_better, never_worse
from tables.papers.claims.model import UNTESTED, Claim, Decision, Finding

_FULL, _NO_GROUPCLIP, _AUTOENCODER = "groove-cosine", "groove-no-groupclip", "groove-autoencoder"
_GROOVE = (_FULL, "groove-tdist")
_ABLATIONS = (_NO_GROUPCLIP, _AUTOENCODER)


def _compared(results: pd.DataFrame) -> list[Field]:
    """Matching and imputation without the ablations."""
    rows = results[~results["learner"].isin(_ABLATIONS)]
    return [found for task in ("matching", "imputation") for found in fields(rows, task)]


def no_aligner_dominates(results: pd.DataFrame) -> Decision:
    """Every aligner is beaten by another one with the same learner somewhere."""
    contests = decided(
        (f, (learner, p), (learner, q))
        for f in _compared(results)
        for learner, aligners in _aligners(f).items()
        for p, q in permutations(aligners, 2)
    )
    if not contests:
        return UNTESTED
    beaten: dict[str, Contest] = {}
    for contest in contests:
        if contest.lost:
            known = beaten.get(contest.one[1])
            if known is None or contest.p < known.p:
                beaten[contest.one[1]] = contest
    every = {contest.one[1] for contest in contests}
    unbeaten = sorted(every - set(beaten))
    if not unbeaten:
        clearest = max(beaten.values(), key=lambda contest: contest.p)
        return Decision(
            Finding.HOLDS, f"each of {len(every)} loses somewhere; e.g. {clearest.in_words()}"
        )
    winners = {contest.one[1] for contest in contests if contest.won}
    finding = Finding.FAILS if winners & set(unbeaten) else Finding.OPEN
    return Decision(finding, f"never beaten: {', '.join(unbeaten)}")


def on_par_or_better(results: pd.DataFrame) -> Decision:
    """GROOVE's best combination against all others, by data set and metric."""
    return never_worse(decided(_best_against_rest(_compared(results))))


def best_trace(results: pd.DataFrame) -> Decision:
    """The highest Trace at every shared fraction is GROOVE's.

    Holds if its mean is the highest everywhere and the second-best is beaten beyond chance in more
    than half of the places; fails if any other combination beats it.
    """
    rows = results[results["dataset"].str.startswith("simulation")]
    contests = decided(_best_against_rest([f for f in _compared(rows) if f.metric == "trace"]))
    if not contests:
        return UNTESTED
    nearest: dict[str, Contest] = {}
    for contest in contests:
        known = nearest.get(contest.field.where)
        if known is None or contest.gap < known.gap:
            nearest[contest.field.where] = contest
    ahead = sum(contest.gap > 0 for contest in nearest.values())
    beyond = sum(contest.won for contest in nearest.values())
    lost = [contest for contest in contests if contest.lost]
    shown = min(lost or nearest.values(), key=lambda contest: (contest.gap > 0, contest.p))
    evidence = (
        f"highest mean in {ahead} of {len(nearest)}, beyond chance in {beyond}; {shown.in_words()}"
    )
    if lost:
        return Decision(Finding.FAILS, evidence)
    if ahead == len(nearest) < 2 * beyond:
        return Decision(Finding.HOLDS, evidence)
    return Decision(Finding.OPEN, f"{evidence}; {could_tell(nearest.values())}")


def groupclip_is_the_driver(results: pd.DataFrame) -> Decision:
    """Decide whether GroupCLIP adds more than back-translation adds to an autoencoder."""
    drops: list[tuple[Field, str, float]] = []
    gaps: list[NDArray[np.float64]] = []
    overlaps: list[float] = []
    for found in (f for task in ("matching", "imputation") for f in fields(results, task)):
        for aligner in sorted({aligner for _, aligner in found.combinations}):
            names = [(learner, aligner) for learner in (_FULL, *_ABLATIONS)]
            if all(each in found.means for each in names):
                drop = found.difference(names[0], names[1])
                other = found.difference(names[1], names[2])
                drops.append((found, aligner, float(drop.mean())))
                gaps += [drop, drop - other]
                overlaps += [found.test_to_train] * 2
    if not drops:
        return UNTESTED
    adjusted = holm(p_values(gaps, overlaps))
    sure = [g.mean() > 0 and p <= LEVEL for g, p in zip(gaps, adjusted, strict=True)]
    both = sum(a and b for a, b in zip(sure[::2], sure[1::2], strict=True))
    against = sum(g.mean() < 0 and p <= LEVEL for g, p in zip(gaps, adjusted, strict=True))
    mostly = Finding.HOLDS if 2 * both > len(drops) else Finding.OPEN
    finding = Finding.FAILS if against else mostly
    found, aligner, drop_mean = drops[0]
    return Decision(
        finding,
        f"both in {both} of {len(drops)} comparisons, the opposite in {against}; without GroupCLIP "
        f"{found.metric} with {aligner} worsens by {drop_mean:.3f} ({found.where})",
    )


def matching_is_not_imputation(results: pd.DataFrame) -> Decision:
    """Two combinations, one better in Trace, the other in MSE, each beyond chance."""
    rows = results[~results["learner"].isin(_ABLATIONS)]
    matching = {f.where: f for f in fields(rows, "matching", ["trace"])}
    imputing = {f.where: f for f in fields(rows, "imputation", ["mse"])}
    pairs, correlations = [], []
    for where in [place for place in matching if place in imputing]:
        one, two = matching[where], imputing[where]
        both = [each for each in one.combinations if each in two.means]
        correlations.append(rank_correlation(one.means, two.means))
        pairs += [(f, a, b) for a, b in combinations(both, 2) for f in (one, two)]
    contests = decided(pairs)
    if not contests:
        return UNTESTED
    reversals = [
        (trace, mse)
        for trace, mse in zip(contests[::2], contests[1::2], strict=True)
        if (trace.won and mse.lost) or (trace.lost and mse.won)
    ]
    ranks = ", ".join(f"{value:.2f}" for value in correlations)
    evidence = f"{len(reversals)} of {len(contests) // 2} pairs reversed; rank correlation {ranks}"
    if not reversals:
        return Decision(Finding.OPEN, evidence)
    examples = " but ".join(c.in_words() for c in min(reversals, key=lambda r: max(r[0].p, r[1].p)))
    return Decision(Finding.HOLDS, f"{evidence}; e.g. {examples}")


def cosine_is_a_good_default(results: pd.DataFrame) -> Decision:
    """The cosine kernel against the t-distribution, each with the same aligner."""
    return mostly_better(
        decided(
            (f, (_GROOVE[0], aligner), (_GROOVE[1], aligner))
            for f in _compared(results)
            for aligner in sorted({aligner for _, aligner in f.combinations})
            if all((learner, aligner) in f.means for learner in _GROOVE)
        )
    )


def _aligners(found: Field) -> dict[str, list[str]]:
    """The aligners that each learner stands with."""
    names: dict[str, list[str]] = {}
    for learner, aligner in found.combinations:
        names.setdefault(learner, []).append(aligner)
    return names


def _best_against_rest(found: list[Field]) -> Iterator[tuple[Field, Combination, Combination]]:
    """GROOVE's best combination against every combination of another learner."""
    for each in found:
        one = each.best(name for name in each.combinations if name[0] in _GROOVE)
        for other in each.combinations:
            if one is not None and other[0] not in _GROOVE:
                yield each, one, other


CLAIMS = (
    Claim(
        "GROOVE",
        "abstract",
        "No aligner uniformly dominates.",
        "every aligner loses to another with the same learner, in some data set and metric",
        no_aligner_dominates,
    ),
    Claim(
        "GROOVE",
        "abstract",
        "GROOVE is on par with or better than existing approaches.",
        f"its best combination against every other, by data set and metric: {ON_PAR}",
        on_par_or_better,
    ),
    Claim(
        "GROOVE",
        "section 5.1",
        "GROOVE has the highest Trace at every shared fraction.",
        "its best combination has the highest mean everywhere, beats the second-best beyond chance "
        "in more than half of the fractions, and no other beats it",
        best_trace,
    ),
    Claim(
        "GROOVE",
        "abstract, section 5.3",
        "GroupCLIP is the key component.",
        "without it scores worsen, and by more than back-translation adds to an autoencoder: both "
        "in more than half of the comparisons, the opposite in none",
        groupclip_is_the_driver,
    ),
    Claim(
        "GROOVE",
        "sections 5.1, 6",
        "Better matching does not guarantee better imputation.",
        "two combinations, one better in Trace and the other in MSE",
        matching_is_not_imputation,
    ),
    Claim(
        "GROOVE",
        "section 5.2",
        "The cosine kernel is often a good default.",
        f"against the t-distribution by aligner, data set and metric: {MOSTLY}",
        cosine_is_a_good_default,
    ),
)
