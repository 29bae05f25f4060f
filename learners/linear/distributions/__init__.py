"""Maps that bring the distributions of every label together, found by descent."""
