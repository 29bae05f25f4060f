"""A combination applied to all cells."""
