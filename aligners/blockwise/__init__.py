"""Aligners that look at the cells of one label at a time, whatever the other labels hold."""
