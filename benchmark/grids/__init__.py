"""Grids: what is crossed with what, from YAML and options to points and stages."""
