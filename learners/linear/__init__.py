"""Learners without a network: affine maps, or nearly so, computed on the CPU."""
