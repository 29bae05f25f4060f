"""Does one aligner dominate? The variance of a metric by learner, aligner and their interaction."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tables.inference.statistics import NotIdentifiable, by_unit
from tables.metrics import in_print
from tables.model import Cell, Column, Group, Row, Table
from tables.ranked.boards import Board
from tables.ranked.captions import title
from tables.ranked.standings import Standing


@dataclass(frozen=True)
class Interaction:
    """Shares of the sum of squares of a complete learner × aligner × unit grid; they sum to 1.

    `unit` is what a replicate or fold adds for all combinations alike, `residual` what it adds for
    each of its own. `by_chance` is the share that `interaction` would have on average if learner
    and aligner did not interact. `best_aligner` is best over all learners, for `best_for` of them
    it is best by itself. `left_out` learners and aligners lack some combination.
    """

    learner: float
    aligner: float
    interaction: float
    unit: float
    residual: float
    by_chance: float
    best_aligner: str
    best_for: int
    learners: tuple[str, ...]
    aligners: tuple[str, ...]
    left_out: tuple[str, ...] = ()


def variance_shares(values: NDArray[np.float64]) -> dict[str, float]:
    """Split the sum of squares of a complete grid (analysis of variance with units as blocks).

    Args:
        values: shape (learners, aligners, units), at least two of each, without NaN.

    Returns:
        Shares of the total sum of squares by the names of `Interaction`; all 0 where nothing
        varies.
    """
    n_learners, n_aligners, n_units = values.shape
    centred = values - values.mean()
    by_learner, by_aligner, by_unit_ = (
        centred.mean(axis=axes) for axes in ((1, 2), (0, 2), (0, 1))
    )
    meeting = centred.mean(axis=2) - by_learner[:, None] - by_aligner
    rest = centred - centred.mean(axis=2)[:, :, None] - by_unit_
    sums = {
        "learner": n_aligners * n_units * float(by_learner @ by_learner),
        "aligner": n_learners * n_units * float(by_aligner @ by_aligner),
        "interaction": n_units * float((meeting**2).sum()),
        "unit": n_learners * n_aligners * float(by_unit_ @ by_unit_),
        "residual": float((rest**2).sum()),
    }
    degrees = (n_learners - 1) * (n_aligners - 1)
    per_degree = sums["residual"] / ((n_learners * n_aligners - 1) * (n_units - 1))
    total = float((centred**2).sum())
    shares = {name: part / total if total > 0 else 0.0 for name, part in sums.items()}
    return shares | {"by_chance": degrees * per_degree / total if total > 0 else 0.0}


def interaction(board: Board, standing: Standing, metric: str) -> Interaction | NotIdentifiable:
    """Split the variance of a metric over the ranked combinations of a section.

    The grid must be complete: learners and aligners that lack a combination are left out, those
    that lack most first, until it is.
    """
    names = list(standing.complete_means(metric)) if metric in standing.section.scores else []
    names = [(learner, aligner) for learner, aligner in names if "-" not in (learner, aligner)]
    present = (
        pd.crosstab(*np.array(names, dtype=object).reshape(-1, 2).T) if names else pd.DataFrame()
    )
    complete = _complete(present)
    left_out = [
        *present.index.difference(complete.index),
        *present.columns.difference(complete.columns),
    ]
    if min(complete.shape) < 2:
        return NotIdentifiable("fewer than two learners that share two aligners")
    scores = by_unit(standing.section.scores[metric], board.unit)
    if scores.shape[1] < 2:
        return NotIdentifiable(f"a single {board.unit} cannot tell interaction from residual")
    learners, aligners = list(complete.index), list(complete.columns)
    grid = np.stack([scores.loc[[(row, a) for a in aligners]].to_numpy(float) for row in learners])
    best, best_for = _best(grid.mean(axis=2), board.higher_is_better[metric])
    return Interaction(
        **variance_shares(grid),
        best_aligner=aligners[best],
        best_for=best_for,
        learners=tuple(learners),
        aligners=tuple(aligners),
        left_out=tuple(left_out),
    )


def _complete(present: pd.DataFrame) -> pd.DataFrame:
    """The grid without the learners and aligners that lack combinations, the worst first."""
    while present.size and not present.to_numpy().all():
        rows, columns = present.mean(axis=1), present.mean(axis=0)
        if rows.min() <= columns.min():
            present = present.drop(index=rows.idxmin())
        else:
            present = present.drop(columns=columns.idxmin())
    return present


def _best(means: NDArray[np.float64], higher: bool) -> tuple[int, int]:
    """The aligner with the best mean over the learners, and for how many it is the best."""
    better = means if higher else -means
    best = int(better.mean(axis=0).argmax())
    return best, int((better.max(axis=1) == better[:, best]).sum())


def interaction_table(board: Board) -> Table:
    """A row per metric, a group per section."""
    unit = board.unit.capitalize()
    shares = ("Learner", "Aligner", "Learner × aligner", unit, "Residual", "By chance")
    names = ("learner", "aligner", "interaction", "unit", "residual", "by-chance")
    groups, silent, left = [], dict[str, None](), dict[str, None]()
    for standing in board.standings:
        rows = []
        for metric in board.metrics:
            found = interaction(board, standing, metric)
            rows.append(_row(metric, found))
            if isinstance(found, NotIdentifiable):
                silent[found.reason] = None
            else:
                left |= dict.fromkeys(found.left_out)
        groups.append(Group(standing.section.variant, tuple(rows)))
    return Table(
        title=f"Learner, aligner and their interaction. {title(board.task, board.protocol)}",
        caption=_caption(board, list(left), list(silent)),
        columns=(
            Column("metric", "Metric", numeric=False),
            *(Column(name, share) for name, share in zip(names, shares, strict=True)),
            Column("best-aligner", "Best aligner", numeric=False),
            Column("best-for", "Best for learners"),
        ),
        groups=tuple(groups),
    )


def _row(metric: str, found: Interaction | NotIdentifiable) -> Row:
    name = Cell(None, in_print(metric))
    if isinstance(found, NotIdentifiable):
        none = Cell(None, "–")
        return Row((name, *[none] * 6, Cell(None, "not identifiable"), none))
    shares = (
        found.learner,
        found.aligner,
        found.interaction,
        found.unit,
        found.residual,
        found.by_chance,
    )
    return Row(
        (
            name,
            *(Cell(share, f"{share:.1%}") for share in shares),
            Cell(None, found.best_aligner),
            Cell(float(found.best_for), f"{found.best_for} of {len(found.learners)}"),
        )
    )


def _caption(board: Board, left_out: Sequence[str], silent: Sequence[str]) -> str:
    parts = [
        "Shares of the sum of squares on the scale of the metric (analysis of variance, "
        f"{board.unit}s as blocks) over learners and aligners that are ranked. Learner × aligner: "
        "what neither explains alone; by chance: its expected share without any interaction. "
        "An aligner dominates if it is the best for all learners.",
        *(
            [f"Left out, since they lack a combination: {', '.join(map(repr, left_out))}."]
            if left_out
            else []
        ),
        *(f"Not identifiable: {reason}." for reason in silent),
    ]
    return " ".join(parts)
