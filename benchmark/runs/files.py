"""Writes the files of a run as it goes on; whatever ends it, they are of one run."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from benchmark.engine.engine import Run
from benchmark.grids.expand import Expansion
from benchmark.grids.spec import GridSpec
from benchmark.runs.admission import anchored
from benchmark.runs.folder import (
    BY_LABEL,
    COMPUTED,
    ENDED,
    FOUND,
    GAPS,
    GRID,
    PROVENANCE,
    RESULTS,
    STAGES,
    TABLES,
    RunFolder,
)
from benchmark.runs.results import Collector, stage_table
from benchmark.store.makers import makers
from weakpair.errors import StoreError
from weakpair.files.parquet import write_table

# What is written as a run goes on may take so large a share of its time.
_SHARE = 0.05


def start_run(out: Path, grid: GridSpec, provenance: Mapping[str, Any]) -> None:
    """Make the run's folder, so that `bench status` knows the run from the start.

    Tables of an earlier run go: what they hold is in the store, and comes back from there.

    Raises:
        StoreError: the folder cannot be written.
    """
    content = anchored(grid.model_dump(mode="json", exclude_unset=True))
    with _one_line(out):
        out.mkdir(parents=True, exist_ok=True)
        text = yaml.safe_dump({"name": grid.name, **content}, sort_keys=False)
        # Whole before anything is taken away: the disk may be full.
        written = [
            _beside(out / GRID, text),
            _beside(out / PROVENANCE, provenance_text(provenance, {})),
        ]
        for name in FOUND:
            (out / name).unlink(missing_ok=True)
        for path, target in zip(written, (GRID, PROVENANCE), strict=True):
            path.replace(out / target)
        _replace(out / PROVENANCE, provenance_text(provenance, RunFolder(out).digests()))


@dataclass
class RunFiles:
    """The files of a run that is going on; each is replaced whole.

    Attributes:
        out: the run's folder.
        expansion: the expanded grid.
        run: gives outcomes and scores.
        provenance: what is known of the run from its start.
    """

    out: Path
    expansion: Expansion
    run: Run
    provenance: Mapping[str, Any]
    _collector: Collector = field(init=False)
    _next: float = 0.0

    def __post_init__(self) -> None:
        self._collector = Collector(self.expansion.points, self.run.result, self.run.suspicion)

    def write(self, **more: Any) -> int:
        """Write what there is by now, with `more` provenance.

        Returns:
            How many points have scores.

        Raises:
            StoreError: the folder cannot be written.
        """
        found = self._collector.collect(self.run.outcomes)
        stages = stage_table(self.expansion.graph, self.run.outcomes)
        tables = (
            (RESULTS, found.results),
            (BY_LABEL, found.by_label),
            (GAPS, found.gaps),
            (STAGES, stages),
        )
        with _one_line(self.out):
            for name, table in tables:
                _replace(self.out / name, table)
            known = {**self.provenance, **more}
            _replace(self.out / PROVENANCE, provenance_text(known, RunFolder(self.out).digests()))
        return len(self.expansion.points) - int(found.gaps.num_rows)

    def end(self, ended: str) -> int:
        """Write everything at the end of the run; otherwise as `write`."""
        return self.write(**{ENDED: ended, COMPUTED: makers(self.run.store, self.run.finished)})

    def note(self) -> None:
        """Write what there is by now, unless that was done lately."""
        began = time.monotonic()
        if began >= self._next:
            self.write()
            now = time.monotonic()
            self._next = now + (now - began) / _SHARE


def provenance_text(known: Mapping[str, Any], tables: Mapping[str, str]) -> str:
    """Text of a run's file of provenance, with the digests of its tables."""
    return json.dumps({**known, TABLES: tables}, indent=2) + "\n"


@contextmanager
def _one_line(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"cannot write the run to {out}: {error.strerror or error}") from error


def _replace(path: Path, content: pa.Table | str) -> None:
    _beside(path, content).replace(path)


def _beside(path: Path, content: pa.Table | str) -> Path:
    """A file with the content that only has to be renamed."""
    file = path.with_name(f".{path.name}.tmp")
    if isinstance(content, str):
        file.write_text(content, encoding="utf-8")
    else:
        write_table(content, file)
    return file
