"""Latents of a fold's cells, so that no learner is told which cells are partners."""
