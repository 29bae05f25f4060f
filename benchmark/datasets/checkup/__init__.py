"""A look at a data set before it is used: what a person should know of it."""

from benchmark.datasets.checkup.checkup import checkup
from benchmark.datasets.checkup.note import LEVELS, Level, Note

__all__ = ["LEVELS", "Level", "Note", "checkup"]
