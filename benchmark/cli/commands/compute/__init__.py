"""Subcommands that compute: runs, choices, ensembles, searches, simulations."""
