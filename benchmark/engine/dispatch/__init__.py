"""Dispatch: where stages run, from this process to the jobs of a batch system."""
