"""Aligners that look at one label at a time."""
