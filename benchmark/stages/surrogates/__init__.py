"""Stages of the task `surrogate`: labels hidden and held out, and the scores that need no pair."""
