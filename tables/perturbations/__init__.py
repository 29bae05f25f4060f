"""Perturbation by perturbation: for which of them can a matching be trusted."""
