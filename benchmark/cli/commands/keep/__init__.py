"""Subcommands that keep house: data, store, methods and machine."""
