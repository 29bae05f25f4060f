"""Isolation: what a stage may change, and the child processes of methods that are not ours."""
