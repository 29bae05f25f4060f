"""Cells of a table: how a number is written, and marks of the best."""

from collections.abc import Mapping, Sequence
from math import isfinite

from tables.metrics import decimals
from tables.model import Cell, Mark
from tables.ranked.gaps import Share
from tables.ranked.sections import Combination, combination
from tables.ranked.standings import Standing
from weakpair.registry import RANKED_ROLES
from weakpair.vocabulary.metrics import METRICS

NOTHING = "–"


def method_cell(name: Combination, standing: Standing) -> Cell:
    """Name a combination; one that is set apart by its role says so where it is ranked."""
    text = combination(name)
    role = standing.section.roles[name]
    if role not in RANKED_ROLES and name in standing.ranked:
        text = f"{text} ({role})"
    of = {Mark.UNCONVERGED: standing.section.unconverged, Mark.SUSPECT: standing.section.suspects}
    return Cell(None, text, marks=frozenset(mark for mark, names in of.items() if name in names))


def rank_cell(name: Combination, standing: Standing) -> Cell:
    """Mean rank with one decimal, two where one does not tell it; a dash if not ranked."""
    rank = standing.mean_rank.get(name)
    if rank is None:
        return Cell(None, NOTHING)
    exact = all(abs(r * 10 - round(r * 10)) < 1e-9 for r in standing.mean_rank.values())
    return Cell(rank, f"{rank:.1f}" if exact else f"{rank:.2f}")


def score_cell(
    name: Combination, metric: str, standing: Standing, digits: int, marks: frozenset[Mark]
) -> Cell:
    """Mean ± SE (or SD, as the metric has it), with n/N where scores are missing."""
    expected = standing.section.expected.get(metric, 0)
    if expected == 0:
        return Cell(None, NOTHING)
    found = standing.estimates[metric][name]
    width = found.sd if METRICS.heading(metric).spread == "sd" else found.se
    spread = f" ± {width:.{digits}f}" if isfinite(width) else ""
    number = f"{found.mean:z.{digits}f}{spread}" if found.done else NOTHING
    whole = not standing.shows_gaps(name, metric)
    return Cell(
        value=found.mean if found.done else None,
        display=number if whole else f"{number} ({found.done}/{expected})",
        sources=standing.section.sources.get((name, metric), ()),
        marks=marks,
        se=found.se if isfinite(found.se) else None,
        n=found.n,
        done=found.done,
        expected=expected,
    )


def share_cell(share: Share | None, sources: tuple[str, ...] = ()) -> Cell:
    """A share of a gap ± its SE, in percent; a dash where it is not defined."""
    if share is None:
        return Cell(None, NOTHING)
    se = share.se if isfinite(share.se) else None
    return Cell(share.value, percent(share.value, share.se), sources, se=se, n=share.n)


def percent(share: float, se: float) -> str:
    """Write a share of a gap; an SE that is not known is left out.

    How far below the floor a score is, in gaps that may be narrow, says little: below -100 % it is
    not written out.

    >>> percent(0.444, 0.05), percent(0.444, float("nan")), percent(-14.7, 0.6)
    ('44 % ± 5', '44 %', '< -100 %')
    """
    if share < -1:
        return "< -100 %"
    shown = f"{100 * share:.0f} %"
    return f"{shown} ± {100 * se:.0f}" if isfinite(se) else shown


def column_digits(metric: str, standings: Sequence[Standing]) -> int:
    """Decimals of a column, by the means of what is ranked."""
    means = (m for standing in standings for m in standing.complete_means(metric).values())
    return decimals(metric, means)


def best_marks(
    metric: str, standing: Standing, digits: int, *, higher_is_better: bool
) -> Mapping[Combination, frozenset[Mark]]:
    """Mark the best and the second-best of all ranked combinations, shown or not.

    What reads the same is marked the same; a metric that reads the same for everyone is not
    marked at all, and neither is a mean over only some of the scores.
    """
    means = standing.complete_means(metric)
    written = {name: f"{mean:z.{digits}f}" for name, mean in means.items()}
    order = sorted(means, key=means.__getitem__, reverse=higher_is_better)
    places = list(dict.fromkeys(written[name] for name in order))
    if len(places) < 2:
        return {}
    marked = dict(zip(places, (Mark.BEST, Mark.SECOND), strict=False))
    return {name: frozenset({marked[text]}) for name, text in written.items() if text in marked}
