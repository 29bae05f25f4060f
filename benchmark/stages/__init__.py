"""Stages: a file per kind with all that is known of it, and one table of the kinds."""
