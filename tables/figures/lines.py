"""Score against a number: the share of cells seen twice, or the regularisation of an aligner."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tables.figures.style import COLOURS, MARKERS, NORMAL, SMALL, Drawing, panels, ticks_at
from tables.inference.statistics import by_unit, estimate
from tables.metrics import in_print
from tables.results import checked
from weakpair.errors import DataError, UnknownNameError
from weakpair.vocabulary.splits import TrainingCells

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SIZE = (3.4, 2.9)
_SETTING = re.compile(r"(?P<name>.+)\((?P<params>.+)\)")

Curves = Mapping[str, Sequence[tuple[float, float, float]]]
"""By the line's name: x, mean and SE, in ascending x."""


def overlap(
    results: pd.DataFrame, task: str = "matching", metric: str = "trace", *, aligner: str
) -> Drawing:
    """Mean and SE against the share of training cells that both modalities were taken from.

    A panel per data set and variant, a line per learner.

    Args:
        results: tidy results of several kinds of training cells.
        task: "matching" or "imputation".
        metric: which.
        aligner: the aligner of all lines.

    Raises:
        DataError: fewer than two kinds of training cells with that aligner.
        UnknownNameError: a metric that is not in the results.
    """
    rows = _scores(results, task, metric)
    # Where fewer of the same cells train, less differs than what they share.
    fewer = rows["training_cells"].str.startswith("same=")
    rows = rows[(rows["aligner"] == aligner) & ~fewer]
    shares = [TrainingCells.parse(words).overlap for words in rows["training_cells"]]
    rows = rows.assign(x=shares, line=rows["learner"])
    if rows["x"].nunique() < 2:
        raise DataError(
            f"aligner {aligner!r} has scores of fewer than two kinds of training cells; "
            "the grid 'overlap' has five"
        )
    by = ["dataset", "variant", *_varying(rows, "split", "target")]
    figure = _draw(rows, metric, by, "Share of training cells seen twice")
    caption = (
        f"{in_print(metric)} with {aligner} against the share of training cells that both "
        "modalities were taken from; 1: the same cells, 0: disjoint cells. Mean, band ± SE."
    )
    return Drawing(figure, caption)


def sensitivity(
    results: pd.DataFrame, task: str = "matching", metric: str = "trace", *, aligner: str
) -> Drawing:
    """Mean and SE against epsilon, a line per cost scale and a panel per learner.

    Args:
        results: tidy results with aligners named "labeled-eot(epsilon=0.005, scale=max)".
        task: "matching" or "imputation".
        metric: which.
        aligner: whose settings vary.

    Raises:
        DataError: fewer than two settings of epsilon.
        UnknownNameError: a metric that is not in the results.
    """
    rows = _scores(results, task, metric)
    found = {name: _setting(name, aligner) for name in rows["aligner"].unique()}
    rows = rows[rows["aligner"].map(lambda name: found[name] is not None)]
    if rows["aligner"].nunique() < 2:
        raise DataError(
            f"aligner {aligner!r} has scores of fewer than two settings; the grid 'sensitivity' "
            "has fifteen"
        )
    settings = pd.DataFrame([found[name] for name in rows["aligner"]], index=rows.index)
    rows = rows.assign(
        x=settings["epsilon"].astype(float), line=settings.get("scale", pd.Series("", rows.index))
    )
    where = (
        ["dataset", "variant"] if rows[["dataset", "variant"]].drop_duplicates().size > 2 else []
    )
    by = ["learner", *where, *_varying(rows, "split", "training_cells", "target")]
    figure = _draw(rows, metric, by, "ε, relative to the cost's scale", log=True)
    caption = (
        f"{in_print(metric)} with {aligner} against ε, by what the cost is divided by: its "
        "maximum over all pairs, its mean, or its 0.99 quantile. Mean, band ± SE."
    )
    return Drawing(figure, caption)


def _scores(results: pd.DataFrame, task: str, metric: str) -> pd.DataFrame:
    rows = checked(results)
    rows = rows[(rows["task"] == task) & (rows["role"] != "control")]
    known = list(dict.fromkeys(rows["metric"]))
    if metric not in known:
        raise UnknownNameError("metric", metric, known)
    rows = rows[rows["metric"] == metric]
    return rows.assign(target=[f"modality {target} imputed" for target in rows["target"]])


def _varying(rows: pd.DataFrame, *columns: str) -> list[str]:
    """Keys that set panels apart: a line never averages two splits, training cells or targets."""
    return [column for column in columns if rows[column].nunique() > 1]


def _setting(name: str, aligner: str) -> dict[str, str] | None:
    """Parameters in an aligner's label, None if it is another aligner's or has no epsilon."""
    match = _SETTING.fullmatch(name)
    if match is None or match["name"] != aligner:
        return None
    params = dict(part.split("=", 1) for part in match["params"].split(", "))
    return params if "epsilon" in params else None


def _draw(
    rows: pd.DataFrame, metric: str, by: list[str], label: str, *, log: bool = False
) -> "Figure":
    groups = list(rows.groupby(by, sort=False))
    lines = list(dict.fromkeys(rows["line"]))
    figure, axes = panels(len(groups), _SIZE, what="panels")
    for panel, (names, part) in zip(axes, groups, strict=True):
        _panel(panel, _curves(part), lines)
        panel.set_title(" ".join(str(n) for n in names if n), fontsize=NORMAL + 1)
        panel.set_xlabel(label, fontsize=NORMAL)
        ticks_at(panel, part["x"], log=log)
    for panel in axes[::3]:
        way = "higher" if bool(rows["higher_is_better"].iloc[0]) else "lower"
        panel.set_ylabel(f"{in_print(metric)} ({way} is better)", fontsize=NORMAL)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=5, fontsize=SMALL, frameon=False
    )
    return figure


def _curves(rows: pd.DataFrame) -> Curves:
    """One curve per line; the unit is the replicate where there are several, else the fold."""
    table = rows.pivot_table(
        index=["line", "x"], columns=["replicate", "fold"], values="value", sort=True
    ).dropna()
    replicates = table.columns.get_level_values(0).nunique()
    found = estimate(by_unit(table, "replicate" if replicates > 1 else "fold"), "fold")
    curves: dict[str, list[tuple[float, float, float]]] = {}
    for (line, x), point in zip(table.index, found, strict=True):
        curves.setdefault(str(line), []).append((float(x), point.mean, point.se))
    return curves


def _panel(panel: "Axes", curves: Curves, lines: Sequence[str]) -> None:
    for i, line in enumerate(lines):
        x, mean, se = np.array(curves.get(line, []), dtype=float).reshape(-1, 3).T
        colour, marker = COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)]
        dash = "-" if i < len(COLOURS) else "--"
        panel.plot(
            x, mean, dash, label=line, color=colour, marker=marker, linewidth=1.4, markersize=4
        )
        panel.fill_between(x, mean - se, mean + se, color=colour, alpha=0.15, linewidth=0)
    panel.tick_params(labelsize=SMALL)
    panel.grid(color="#e4e4e4", linewidth=0.6)
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)
