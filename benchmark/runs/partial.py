"""Results of a run so far: the scores in its store, before it has written its files."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from benchmark.engine.engine import Run
from benchmark.grids.expand import Expansion
from benchmark.grids.methods import Recorded
from benchmark.runs.folder import RunFolder
from benchmark.runs.results import Collector, stage_table
from benchmark.store.answers import Answers
from benchmark.store.store import Store
from weakpair.errors import BenchError


@dataclass(frozen=True, eq=False)
class SoFar:
    """Results, gaps (what is missing), stages and scores by label, of `points` in the grid."""

    results: pd.DataFrame
    gaps: pd.DataFrame
    stages: pd.DataFrame
    by_label: pd.DataFrame
    points: int

    @property
    def scored(self) -> int:
        """Cells that have scores."""
        return self.points - len(self.gaps)


def so_far(run: Path, store: Path) -> SoFar:
    """Collect what the store has of a run.

    Raises:
        ConfigError: not the folder of a run.
        BenchError: its grid cannot be expanded any more.
    """
    expansion, execution = _surveyed(run, Store(store))
    collector = Collector(expansion.points, execution.result, execution.suspicion)
    found = collector.collect(execution.outcomes)
    stages = stage_table(expansion.graph, execution.outcomes)
    return SoFar(
        results=found.results.to_pandas(),
        gaps=found.gaps.to_pandas(),
        stages=stages.to_pandas(),
        by_label=found.by_label.to_pandas(),
        points=len(expansion.points),
    )


def progress(run: Path, store: Path) -> str:
    """Count the points that have scores, in brackets; "" where that cannot be told."""
    try:
        expansion, execution = _surveyed(run, Store(store))
    except BenchError:
        return ""
    scored = sum(point.score_key in execution.outcomes for point in expansion.points)
    return f" ({scored:,} of {len(expansion.points):,} points have scores)"


def _surveyed(run: Path, store: Store) -> tuple[Expansion, Run]:
    """The run's grid, and which of its stages are stored."""
    folder = RunFolder(run)
    recorded = Recorded(folder.provenance, Answers.read(store.root).describe)
    expansion = folder.expanded(store, recorded)
    wanted = tuple(sorted({point.score_key for point in expansion.points}))
    execution = Run(expansion.graph, store, wanted)
    execution.survey()
    return expansion, execution
