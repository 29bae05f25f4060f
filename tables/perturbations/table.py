"""Tables of perturbations × methods."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from tables.metrics import in_print
from tables.model import Cell, Column, Group, Row, Table
from tables.perturbations.classes import MEANING, Class, classify
from tables.perturbations.frame import ByLabel, by_label
from tables.ranked.captions import title, training_cells
from tables.ranked.cells import NOTHING, column_digits, score_cell, share_cell
from tables.ranked.sections import Combination, combination
from tables.ranked.standings import Standing

SHOWN = 5
"""Methods in a table unless more are asked for: the best over all cells."""

Effects = Mapping[tuple[str, str], Mapping[str, tuple[float, float]]]


def perturbation_tables(
    results: pd.DataFrame,
    scores: pd.DataFrame,
    task: str,
    *,
    top: int | None = None,
    control: str | None = None,
    effects: Effects | None = None,
    **options: Any,
) -> list[Table]:
    """Perturbations by what is closed of their gaps, the best combinations in columns.

    Args:
        results: tidy results, as for `tables.build`.
        scores: by label, see `weakpair.vocabulary.columns.BY_LABEL`.
        task: "matching" or "imputation".
        top: how many combinations to show; None = `SHOWN`.
        control: the label that effects are distances to.
        effects: data set and variant → label → energy distances of modality 1 and 2.
        options: as for `tables.perturbations.frame.by_label`.

    Raises:
        DataError: no result of the task has scores by label.
    """
    found = []
    for part in by_label(results, scores, task, **options):
        place = (part.board.protocol.dataset, part.whole.section.variant)
        own = None if effects is None else effects.get(place, {})
        found.append(_table(part, top or SHOWN, control, own))
    return found


def _table(
    part: ByLabel,
    top: int,
    control: str | None,
    effects: Mapping[str, tuple[float, float]] | None,
) -> Table:
    names = part.whole.ranked[:top]
    metric = part.board.metrics[0]
    shares = any(standing.closed for standing in part.parts.values())
    classes = {label: classify(standing) for label, standing in part.parts.items()}
    order = sorted(part.parts, key=lambda label: (-_best(part.parts[label], names), label))
    rows = [
        Row(
            (
                Cell(None, label),
                _count(part.cells.get(label)),
                *([] if effects is None else _effects(effects.get(label))),
                Cell(None, str(classes[label])),
                *_scores(part.parts[label], names, metric, shares=shares),
            )
        )
        for label in order
    ]
    modalities = part.board.protocol.about.names
    higher = True if shares else part.board.higher_is_better[metric]
    columns = (
        Column("perturbation", "Perturbation", numeric=False),
        Column("cells", "Cells"),
        *(
            Column(f"effect-{side}", f"Effect, {name}")
            for side, name in zip((1, 2), modalities, strict=True)
            if effects is not None
        ),
        Column("class", "Class", numeric=False),
        *(Column(combination(name), combination(name), higher) for name in names),
    )
    what = f"By perturbation: {title(part.board.task, part.board.protocol)}"
    variant = part.whole.section.variant
    return Table(
        f"{what}, {variant}" if variant else what,
        _caption(part, classes, metric, control if effects is not None else None, shares=shares),
        columns,
        (Group("", tuple(rows)),),
    )


def _best(standing: Standing, names: Sequence[Combination]) -> float:
    shares = [standing.closed[name].value for name in names if name in standing.closed]
    return max(shares, default=float("-inf"))


def _count(cells: int | None) -> Cell:
    return Cell(None, NOTHING) if cells is None else Cell(float(cells), f"{cells:,}")


def _effects(known: tuple[float, float] | None) -> list[Cell]:
    if known is None:
        return [Cell(None, NOTHING)] * 2
    return [Cell(distance, f"{distance:.3g}") for distance in known]


def _scores(
    standing: Standing, names: Sequence[Combination], metric: str, *, shares: bool
) -> list[Cell]:
    if shares:
        return [share_cell(standing.closed.get(name)) for name in names]
    digits = column_digits(metric, [standing])
    known = standing.estimates.get(metric, {})
    return [
        score_cell(name, metric, standing, digits, frozenset())
        if name in known
        else Cell(None, NOTHING)
        for name in names
    ]


def _caption(
    part: ByLabel,
    classes: Mapping[str, Class],
    metric: str,
    control: str | None,
    *,
    shares: bool,
) -> str:
    counts = Counter(classes.values())
    counted = ", ".join(f"{counts[name]} {name}" for name in Class if counts[name])
    what = (
        "Share of the gap closed on the cells of each perturbation, from the best control (0 %) to "
        "the best oracle (100 %), mean over the metrics where these differ there"
        if shares
        else f"{in_print(metric)} on the cells of each perturbation; without a control and an "
        "oracle in the grid there is no share of the gap"
    )
    sentences = [
        f"{what}, ± its SE over {part.board.unit}s",
        "distances and neighbours are among the cells of the perturbation alone",
        "columns are the best combinations over all cells",
        f"{counted}. {MEANING}",
        f"Effect: energy distance to {control} in the preprocessed features" if control else "",
        training_cells(part.board.protocol),
    ]
    return " ".join(f"{text[0].upper()}{text[1:]}." for text in sentences if text)
