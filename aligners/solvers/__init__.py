"""Solvers: batched entropic transport and the linearisations built on it."""
