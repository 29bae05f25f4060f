"""Runs: from a grid to the files of a run, and from these back to reports."""
