"""Calibration: settings that the papers leave open, chosen on simulations that no table uses."""

from benchmark.sweep.record import CALIBRATION, Sweep, SweepSpec, Trial, read_sweep, write_sweep
from benchmark.sweep.search import search
from benchmark.sweep.space import Axis, axes

__all__ = [
    "CALIBRATION",
    "Axis",
    "Sweep",
    "SweepSpec",
    "Trial",
    "axes",
    "read_sweep",
    "search",
    "write_sweep",
]
