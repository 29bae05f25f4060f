"""Matching of cells inside labels, by propensity scores, into pairs to learn from."""
