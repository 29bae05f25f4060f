"""Calibration: settings that the papers leave open, chosen on simulations that no table uses."""

from benchmark.sweep.record import (
    SIMULATION,
    Sweep,
    SweepSpec,
    Trial,
    read_sweep,
    write_sweep,
)
from benchmark.sweep.search import search
from benchmark.sweep.space import OPEN, Axis, axes, budget, widened

__all__ = [
    "OPEN",
    "SIMULATION",
    "Axis",
    "Sweep",
    "SweepSpec",
    "Trial",
    "axes",
    "budget",
    "read_sweep",
    "search",
    "widened",
    "write_sweep",
]
