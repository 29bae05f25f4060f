"""Ranks, statistics and one table model for every format.

Results of runs go in as a tidy frame; ranked tables come out, and each knows which score
artefacts its numbers came from:

    results = load_results([Path("runs/demo")])
    for table in build(results, "matching", top=5):
        print(render(table, "latex"))
"""

from tables.build import TASKS, build
from tables.choosing.shortlist import Choice, shortlists
from tables.choosing.trust import trust_tables
from tables.formats import FORMATS, Screen, render
from tables.inference.aggregate import aggregate_tables
from tables.inference.gap import gap_tables
from tables.inference.tables import statistics_tables
from tables.merging import load_results
from tables.model import Cell, Column, Group, Mark, Row, Table
from tables.papers.compare import compare
from tables.papers.numbers import Verdict
from tables.perturbations.table import perturbation_tables
from tables.ranked.ranking import MISSING

__part_of__ = "weakpair"
__all__ = [
    "FORMATS",
    "MISSING",
    "TASKS",
    "Cell",
    "Choice",
    "Column",
    "Group",
    "Mark",
    "Row",
    "Screen",
    "Table",
    "Verdict",
    "aggregate_tables",
    "build",
    "compare",
    "gap_tables",
    "load_results",
    "perturbation_tables",
    "render",
    "shortlists",
    "statistics_tables",
    "trust_tables",
]
