"""The sweep's landscape: matching as a function of two settings (GROOVE, Figure 2)."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.sweep.record import Sweep, Trial
from benchmark.sweep.space import Axis
from weakpair.errors import ConfigError

_LEAST = 4
_PANELS = (("trace", "Trace (higher is better)"), ("foscttm", "Bary. FOSCTTM (lower is better)"))


def draw(sweep: Sweep, path: Path) -> Path:
    """Contour plots of Trace and FOSCTTM, averaged over variants and aligners.

    Contours interpolate between the settings that were tried, which are drawn as dots; a cross
    marks the setting with the least loss.

    Args:
        sweep: a sweep over two settings that are ranges of numbers.
        path: the picture, e.g. "figure.png".

    Raises:
        ConfigError: another number of settings, choices among them, or too few finished trials.
    """
    from matplotlib.figure import Figure

    x, y = _two_ranges(sweep)
    trials = [trial for trial in sweep.trials if trial.loss is not None]
    if len(trials) < _LEAST:
        raise ConfigError(f"a figure needs {_LEAST} finished trials, this sweep has {len(trials)}")
    figure = Figure(figsize=(9.5, 4), layout="constrained")
    for panel, (metric, title) in zip(figure.subplots(1, 2), _PANELS, strict=True):
        _contours(panel, trials, (x, y), metric)
        _cross(panel, sweep.best, (x, y))
        panel.set(xlabel=_label(x), ylabel=_label(y), title=title)
        figure.colorbar(panel.collections[0], ax=panel)
    figure.suptitle(f"{sweep.spec.learner}, mean over {_cases(sweep)}", fontsize=10)
    figure.savefig(path, dpi=150)
    return path


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
    height = [np.mean([getattr(score, metric) for score in trial.scores]) for trial in trials]
    panel.tricontourf(x, y, height, levels=12, cmap="viridis")
    panel.plot(x, y, "o", color="white", markeredgecolor="black", markersize=3.5)


def _cross(panel: Any, best: Trial, axes: tuple[Axis, Axis]) -> None:
    (x,), (y,) = (_places([best], axis) for axis in axes)
    panel.plot(x, y, "x", color="red", markersize=9, markeredgewidth=2)


def _places(trials: list[Trial], axis: Axis) -> NDArray[np.float64]:
    values = np.array([trial.params[axis.name] for trial in trials], dtype=np.float64)
    return np.log10(values) if axis.log else values


def _label(axis: Axis) -> str:
    return f"log10({axis.name})" if axis.log else axis.name


def _cases(sweep: Sweep) -> str:
    variants = list(dict.fromkeys(score.variant for score in sweep.best.scores))
    return f"{', '.join(variants)} and {', '.join(sweep.spec.aligners)}"
