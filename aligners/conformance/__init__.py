"""Checks of the promises that every aligner makes."""
