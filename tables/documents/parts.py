"""Kinds of tables that a page of the documentation may have."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from tables.build import TASKS, build
from tables.choosing.trust import trust_tables
from tables.documents.model import Runs
from tables.inference.aggregate import aggregate_tables
from tables.merging import merged
from tables.model import Table
from tables.page.work import kinds_table
from tables.papers.claims import claims
from tables.papers.compare import compare
from tables.papers.published import Paper, load


@dataclass(frozen=True)
class Claims:
    """The papers' claims, put to the test on the merged runs."""

    runs: tuple[str, ...]

    def tables(self, runs: Runs) -> Sequence[Table]:
        """A table per kind of training cells, and the comparison of the kinds."""
        return claims(merge_runs(runs, self.runs))


@dataclass(frozen=True)
class Against:
    """Our numbers beside those of a paper."""

    runs: tuple[str, ...]
    paper: Paper

    def tables(self, runs: Runs) -> Sequence[Table]:
        """A summary, then a table per table of the paper."""
        return compare(merge_runs(runs, self.runs), load(self.paper))


@dataclass(frozen=True)
class Ranked:
    """Ranked tables of one task (None: of all), the `top` best combinations (None: all)."""

    runs: tuple[str, ...]
    task: str | None = None
    top: int | None = None

    def tables(self, runs: Runs) -> Sequence[Table]:
        """A table per task, data set and protocol."""
        results = merge_runs(runs, self.runs)
        there = set(results["task"])
        tasks = [self.task] if self.task else [task for task in TASKS if task in there]
        return [table for task in tasks for table in build(results, task, top=self.top, ties={})]


@dataclass(frozen=True)
class OverDatasets:
    """Combinations of one task by their mean share of the gap over data sets."""

    runs: tuple[str, ...]
    task: str

    def tables(self, runs: Runs) -> Sequence[Table]:
        """A table per split and kind of training cells."""
        return aggregate_tables(merge_runs(runs, self.runs), self.task, ratios={})


@dataclass(frozen=True)
class Surrogates:
    """Surrogates against true pairs."""

    runs: tuple[str, ...]

    def tables(self, runs: Runs) -> Sequence[Table]:
        """A table per split and kind of training cells."""
        return trust_tables(merge_runs(runs, self.runs), ratios={})


@dataclass(frozen=True)
class Work:
    """Time and memory by kind of stage, with the machine that the run says it ran on."""

    runs: tuple[str, ...]

    def tables(self, runs: Runs) -> Sequence[Table]:
        """A table per run."""
        return [kinds_table(runs[name].record) for name in self.runs]


def merge_runs(runs: Runs, names: Sequence[str]) -> pd.DataFrame:
    """Results of several runs as one.

    Raises:
        DataError: two data sets, protocols or settings under one name.
    """
    return merged([(name, runs[name].results) for name in names])
