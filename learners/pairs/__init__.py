"""Learners that contrast pairs of cells: IPIC and the methods of its benchmark."""
