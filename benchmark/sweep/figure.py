"""The sweep's landscape: matching as a function of two settings (GROOVE, Figure 2)."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmark.sweep import objective
from benchmark.sweep.record import Sweep, Trial
from benchmark.sweep.space import Axis
from tables.metrics import in_print
from weakpair.errors import ConfigError
from weakpair.vocabulary.metrics import METRICS

if TYPE_CHECKING:
    from tables.figures import Drawing

_LEAST = 4
_METRICS = objective.METRICS["matching"]
_COLOURS = "viridis"


def draw(sweep: Sweep) -> "Drawing":
    """Contour plots of Trace and FOSCTTM, averaged over variants and aligners.

    Contours interpolate between the settings that were tried, which are drawn as dots; a cross
    marks the setting with the least loss. Brighter is better in either direction of the metric.

    Args:
        sweep: a sweep over two settings that are ranges of numbers.

    Raises:
        ConfigError: another number of settings, choices among them, or too few finished trials.
    """
    from matplotlib.figure import Figure

    from tables.figures import Drawing

    x, y = _two_ranges(sweep)
    trials = [trial for trial in sweep.trials if trial.loss is not None]
    if len(trials) < _LEAST:
        raise ConfigError(f"a figure needs {_LEAST} finished trials, this sweep has {len(trials)}")
    figure = Figure(figsize=(9.5, 4), layout="constrained")
    for panel, metric in zip(figure.subplots(1, len(_METRICS)), _METRICS, strict=True):
        _contours(panel, trials, (x, y), metric)
        _cross(panel, sweep.best, (x, y))
        panel.set(xlabel=_label(x), ylabel=_label(y), title=_title(metric))
        figure.colorbar(panel.collections[0], ax=panel)
    figure.suptitle(f"{sweep.spec.learner}, mean over {_cases(sweep)}", fontsize=10)
    return Drawing(figure, _caption(sweep, trials, (x, y)))


def _title(metric: str) -> str:
    way = "higher" if METRICS.entry(metric).higher_is_better else "lower"
    return f"{in_print(metric)} ({way} is better)"


def _caption(sweep: Sweep, trials: list[Trial], axes: tuple[Axis, Axis]) -> str:
    shown = " and ".join(in_print(metric) for metric in _METRICS)
    x, y = (axis.name for axis in axes)
    return (
        f"{shown} of {sweep.spec.learner} over {x} and {y}, mean over {_cases(sweep)}. Brighter is "
        f"better in every panel. Dots: the {len(trials)} settings that were tried, between which "
        "contours interpolate; cross: the one with the least loss."
    )


def _two_ranges(sweep: Sweep) -> tuple[Axis, Axis]:
    axes = sweep.spec.axes
    if len(axes) != 2 or any(axis.choices for axis in axes):
        names = ", ".join(axis.name for axis in axes)
        raise ConfigError(
            f"a figure needs two ranges of numbers, e.g. --vary beta,tau; not {names}"
        )
    return axes[0], axes[1]


def _contours(panel: Any, trials: list[Trial], axes: tuple[Axis, Axis], metric: str) -> None:
    x, y = (_places(trials, axis) for axis in axes)
    height = [np.mean([score.means[metric] for score in trial.scores]) for trial in trials]
    colours = _COLOURS if METRICS.entry(metric).higher_is_better else f"{_COLOURS}_r"
    panel.tricontourf(x, y, height, levels=12, cmap=colours)
    dots = {"color": "white", "markeredgecolor": "black", "markersize": 3.5}
    panel.plot(x, y, "o", clip_on=False, **dots)


def _cross(panel: Any, best: Trial, axes: tuple[Axis, Axis]) -> None:
    (x,), (y,) = (_places([best], axis) for axis in axes)
    panel.plot(x, y, "x", color="red", markersize=9, markeredgewidth=2, clip_on=False)


def _places(trials: list[Trial], axis: Axis) -> NDArray[np.float64]:
    values = np.array([trial.params[axis.name] for trial in trials], dtype=np.float64)
    return np.log10(values) if axis.log else values


def _label(axis: Axis) -> str:
    return f"log10({axis.name})" if axis.log else axis.name


def _cases(sweep: Sweep) -> str:
    variants = list(dict.fromkeys(score.variant for score in sweep.best.scores))
    return f"{', '.join(variants)} and {', '.join(sweep.spec.aligners)}"
