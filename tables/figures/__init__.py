"""Figures for papers: pure functions from tidy results to a drawing and its caption."""

from tables.figures.critical import critical
from tables.figures.datasets import datasets
from tables.figures.embedding import Embeddings, embedding
from tables.figures.heatmap import heatmap
from tables.figures.lines import overlap, sensitivity
from tables.figures.perturbations import perturbations
from tables.figures.ranks import ranks
from tables.figures.shared import shared
from tables.figures.style import SUFFIXES, Drawing

__all__ = [
    "SUFFIXES",
    "Drawing",
    "Embeddings",
    "critical",
    "datasets",
    "embedding",
    "heatmap",
    "overlap",
    "perturbations",
    "ranks",
    "sensitivity",
    "shared",
]
