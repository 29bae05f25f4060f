"""Checks of the promises that every learner makes."""
