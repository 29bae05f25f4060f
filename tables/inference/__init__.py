"""Inference: standard errors, paired tests, intervals of ranks, critical differences."""
