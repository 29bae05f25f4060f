"""The harness: everything that is not a method."""

from weakpair.imports import claim

__part_of__ = "weakpair"

# Workers and children import this first, before anything that a person's folder could shadow.
claim()
