"""Subcommands that look at what was computed."""
