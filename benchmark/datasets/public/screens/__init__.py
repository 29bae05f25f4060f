"""Preparations: from the files that others publish to data sets, every step a parameter.

Each is a module with a `Spec` of its parameters and a function `prepare(raw, out, spec) -> Report`,
which the YAML of a public set names.
"""

from benchmark.datasets.public.screens.report import Report, Row

__all__ = ["Report", "Row"]
