"""Perturbations × methods: whose cells are matched, and by whom."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tables.figures.style import NORMAL, SMALL, Drawing, literal, panels, place, readable_on
from tables.perturbations.classes import MEANING, classify
from tables.perturbations.frame import ByLabel, by_label
from tables.ranked.cells import percent
from tables.ranked.sections import Combination, combination
from weakpair.errors import DataError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_CELL = (0.62, 0.2)
_MARGIN = (2.6, 1.6)
_COLOURS = "cividis"


def perturbations(
    results: pd.DataFrame, scores: pd.DataFrame, task: str, *, top: int = 8, **options: Any
) -> Drawing:
    """Share of the gap closed on each perturbation's cells, a panel per data set and variant.

    Args:
        results: tidy results, as for `tables.build`.
        scores: by label, see `weakpair.vocabulary.columns.BY_LABEL`.
        task: "matching" or "imputation".
        top: how many combinations to show, the best over all cells.
        options: of `tables.perturbations.frame.by_label`.

    Raises:
        DataError: no scores by label, or no perturbation has a gap to close.
    """
    parts = list(by_label(results, scores, task, **options))
    drawn = [part for part in parts if any(one.closed for one in part.parts.values())]
    if not drawn:
        raise DataError(
            f"no perturbation has a gap in task {task!r}: a grid needs controls and oracles, and "
            "enough cells and folds to tell them apart"
        )
    rows = max(len(part.parts) for part in drawn)
    columns = max(len(part.whole.ranked[:top]) for part in drawn)
    size = (_MARGIN[0] + _CELL[0] * columns, _MARGIN[1] + _CELL[1] * rows)
    figure, axes = panels(len(drawn), size, columns=2)
    for panel, part in zip(axes, drawn, strict=True):
        _panel(panel, part, part.whole.ranked[:top])
        title = place(
            part.board.protocol, part.whole.section.variant, [p.board.protocol for p in drawn]
        )
        panel.set_title(title, fontsize=NORMAL + 1)
    caption = (
        "Share of the gap from the best control to the best oracle that is closed on the cells of "
        f"each perturbation; brighter is more, hatched: not told. {MEANING[0].upper()}"
        f"{MEANING[1:]}."
    )
    return Drawing(figure, caption)


def _panel(panel: "Axes", part: ByLabel, names: Sequence[Combination]) -> None:
    from matplotlib import colormaps

    shares = {
        label: [one.closed[name].value if name in one.closed else np.nan for name in names]
        for label, one in part.parts.items()
    }
    order = sorted(shares, key=lambda label: (-max([-np.inf, *_known(shares[label])]), label))
    grid: NDArray[np.float64] = np.array([shares[label] for label in order])
    panel.set_facecolor("white")
    panel.patch.set(hatch="////", edgecolor="#c8c8c8")
    colours = colormaps[_COLOURS]
    panel.imshow(grid, cmap=colours, vmin=0, vmax=1, aspect="auto")
    for (row, column), share in np.ndenumerate(grid):
        if np.isfinite(share):
            text = percent(float(share), float("nan"))
            colour = readable_on(colours(float(np.clip(share, 0, 1))))
            panel.text(column, row, text, ha="center", va="center", fontsize=SMALL, color=colour)
    panel.set_xticks(
        range(len(names)),
        [literal(combination(name)) for name in names],
        fontsize=SMALL,
        rotation=30,
        ha="right",
        rotation_mode="anchor",
    )
    classes = [f"{label} ({classify(part.parts[label])})" for label in order]
    panel.set_yticks(range(len(order)), [literal(text) for text in classes], fontsize=SMALL)
    panel.tick_params(length=0)


def _known(shares: Sequence[float]) -> list[float]:
    return [share for share in shares if np.isfinite(share)]
