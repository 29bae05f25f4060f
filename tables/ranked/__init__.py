"""Ranked tables: from score matrices to the rows, ranks and captions of one section."""
