"""Learners with a network, their one training loop, and GROOVE, PS and DAVAE."""
