"""Preprocessing: named steps, their statistics fitted on training rows only."""
