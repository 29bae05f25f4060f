"""The claims of the papers beside what our results say, as tables."""

from collections.abc import Iterator, Mapping
from math import isnan

import pandas as pd

from tables.model import Cell, Column, Group, Row, Table
from tables.papers.claims import groove, ipic, ps
from tables.papers.claims.contests import LEVEL
from tables.papers.claims.fields import Combination, Field, fields, rank_correlation
from tables.papers.claims.margins import stated
from tables.papers.claims.model import Claim, Decision, Finding
from tables.papers.published import of_the_papers
from tables.ranked.sections import combination
from tables.results import checked
from weakpair.errors import DataError
from weakpair.registry import RANKED_ROLES
from weakpair.vocabulary.columns import RATIO
from weakpair.vocabulary.splits import SAME, TrainingCells

CLAIMS: tuple[Claim, ...] = (*groove.CLAIMS, *ipic.CLAIMS, *ps.CLAIMS)

_COLUMNS = (
    Column("claim", "Claim", numeric=False),
    Column("test", "Holds if", numeric=False),
    Column("methods", "Among the papers' learners", numeric=False),
    Column("all", "With all others", numeric=False),
    Column("evidence", "Evidence", numeric=False),
)


def claims(results: pd.DataFrame, ratios: Mapping[str, float] | None = None) -> list[Table]:
    """Put every claim of the papers to the test, once for each kind of training cells.

    Args:
        results: tidy results, as for `tables.build`. Of imputations those of modality 1 are taken,
            as the papers have it.
        ratios: for results that do not say it, kind of split → test / training rows of its folds
            of `same` training cells (see `weakpair.vocabulary.splits`).

    Returns:
        A table per kind of training cells, and, where results of `same` and of other training
        cells stand side by side, one that compares them.

    Raises:
        DataError: a wrong column or value, or results of controls and oracles only.
    """
    rows = checked(results)
    rows = rows[rows["role"].isin(RANKED_ROLES) & (rows["target"] != 2)]
    if rows.empty:
        raise DataError("the results hold controls and oracles only; claims are about learners")
    rows = _with_ratios(rows, ratios or {})
    kinds = list(dict.fromkeys(rows["training_cells"]))
    tables = [_table(rows[rows["training_cells"] == kind], kind) for kind in kinds]
    return [*tables, *_carried_over(rows, kinds)]


def _with_ratios(rows: pd.DataFrame, ratios: Mapping[str, float]) -> pd.DataFrame:
    """Rows that say how far their folds overlap, where they or their grids know it."""
    known = [
        ratios[split] / TrainingCells.parse(cells).share
        if isnan(ratio) and split in ratios
        else ratio
        for ratio, split, cells in zip(
            rows[RATIO], rows["split"], rows["training_cells"], strict=True
        )
    ]
    return rows.assign(**{RATIO: known})


def _table(rows: pd.DataFrame, kind: str) -> Table:
    caption = (
        f"Training cells: {kind}. Paired tests across replicates or folds (Nadeau–Bengio where "
        f"folds share training cells), Holm-adjusted within a claim at {LEVEL:g}. A contest is one "
        "data set, variant and metric with one opponent. On par: not worse by the margin, by a "
        f"one-sided test of the same kind. {stated()} Smallest difference told: half the width of "
        "the interval of the mean difference, adjusted over the contests of the claim. The "
        "combination a claim speaks for was chosen by the same scores, which favours it."
    )
    found: dict[str, list[Row]] = {}
    untested = []
    for claim in CLAIMS:
        row = _row(rows, claim)
        if row is None:
            untested.append(claim.statement)
        else:
            found.setdefault(claim.paper, []).append(row)
    groups = [Group(paper, tuple(tested)) for paper, tested in found.items()]
    if untested:
        caption += f" Not in these results: {' '.join(untested)}"
    return Table(f"The papers' claims ({kind} training cells)", caption, _COLUMNS, tuple(groups))


def _row(rows: pd.DataFrame, claim: Claim) -> Row | None:
    """The claim and what is found, None if the results hold nothing that it speaks of."""
    without = claim.decide(among_the_papers(rows))
    joined = claim.decide(rows)
    if without.finding is joined.finding is Finding.UNTESTED:
        return None
    return Row(
        tuple(
            Cell(None, text)
            for text in (
                f"{claim.statement} ({claim.where})",
                claim.test,
                without.finding.value,
                joined.finding.value,
                _evidence(without, joined),
            )
        )
    )


def among_the_papers(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of methods that stand in the papers' tables, and of their variants."""
    own = rows["learner"].map(of_the_papers).astype(bool)
    return rows[own & (rows["role"] == "method")]


def _evidence(without: Decision, joined: Decision) -> str:
    if without.evidence == joined.evidence:
        return without.evidence
    evidence = (f"papers' learners: {without.evidence}", f"with all others: {joined.evidence}")
    return ". ".join(text for text in evidence if not text.endswith(": "))


def _carried_over(rows: pd.DataFrame, kinds: list[str]) -> Iterator[Table]:
    """Compare rankings on the same training cells with those on others."""
    trace = {kind: _by_place(rows[rows["training_cells"] == kind]) for kind in kinds}
    same = trace.pop(SAME, {})
    found = [
        _comparison(f"{where}, {kind}", same[where].means, then.means)
        for kind, others in trace.items()
        for where, then in others.items()
        if where in same
    ]
    if not found:
        return
    columns = (
        Column("where", "Data", numeric=False),
        Column("correlation", "Rank correlation"),
        Column("first", "Best on the same cells", numeric=False),
        Column("then", "Its rank then"),
        Column("now", "Best then", numeric=False),
        Column("fall", "Falls most", numeric=False),
    )
    caption = "Trace, means over units, methods and baselines. Rank 1 is the best."
    title = "From the same training cells to others"
    yield Table(title, caption, columns, (Group("", tuple(found)),))


def _by_place(rows: pd.DataFrame) -> dict[str, Field]:
    return {found.where: found for found in fields(rows, "matching", ["trace"])}


def _comparison(
    label: str, before: Mapping[Combination, float], after: Mapping[Combination, float]
) -> Row:
    both = [each for each in before if each in after]
    first, now = max(both, key=lambda e: before[e]), max(both, key=lambda e: after[e])
    fall = max(both, key=lambda e: before[e] - after[e])
    rank = 1 + sum(after[each] > after[first] for each in both)
    correlation = rank_correlation(before, after)
    return Row(
        (
            Cell(None, label),
            Cell(correlation, f"{correlation:.2f}"),
            Cell(None, f"{combination(first)} {before[first]:.3f}"),
            Cell(float(rank), f"{rank} of {len(both)}"),
            Cell(None, f"{combination(now)} {after[now]:.3f}"),
            Cell(None, f"{combination(fall)} {before[fall]:.3f} → {after[fall]:.3f}"),
        )
    )
