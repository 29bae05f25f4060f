"""The folder of a run: the one place that knows its files and opens them."""

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmark.grids.own_data import folder_name
from benchmark.grids.reading.files import read_grid
from benchmark.grids.spec import GridSpec, validate_grid
from benchmark.store.store import Store
from weakpair.errors import ConfigError
from weakpair.files.parquet import read_parquet

if TYPE_CHECKING:
    import pyarrow as pa

    from benchmark.grids.expand import Expansion
    from benchmark.grids.methods import Describe

RESULTS, BY_LABEL, GAPS, STAGES, GRID, PROVENANCE = (
    "results.parquet",
    "perturbations.parquet",
    "gaps.parquet",
    "stages.parquet",
    "grid.yaml",
    "provenance.json",
)
FOUND = (RESULTS, BY_LABEL, GAPS, STAGES)
"""Tables that a run leaves; grid and provenance are there from its start."""
TABLES = "tables"
"""Key of the digests of a run's other files in its provenance: they belong to that run."""
COMPUTED = "computed"
"""Key of who computed the stages in a run's provenance: not always who ran it last."""
SKIPPED = "skipped"
"""Key of the data sets in a run's provenance that could not be used."""
ENDED = "ended"
"""Key of the time at which a run ended in its provenance."""


def folder_of(grid: GridSpec) -> Path:
    """Folder for the runs of a grid unless another is asked for."""
    return Path("runs") / folder_name(grid.name)


@dataclass(frozen=True)
class Resources:
    """Device, threads and workers that a run was started with; keys depend on the first two."""

    device: str
    threads: int
    workers: int


@dataclass(frozen=True)
class RunFolder:
    """A folder that a run has written, is writing, or may write.

    Attributes:
        path: of the folder.
    """

    path: Path

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """Facts that the run has filed of itself; empty if no run wrote the folder."""
        file = self.path / PROVENANCE
        # To read what is no file, such as a named pipe, may wait for ever.
        if not file.is_file():
            return {}
        try:
            known = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) and "weakpair" in known else {}

    @property
    def resources(self) -> Resources:
        """Device, threads and workers of the run.

        Raises:
            ConfigError: not the folder of a run.
        """
        known = self.provenance
        try:
            numbers = int(known["threads"]), int(known["workers"])
            return Resources(str(known["device"]), *numbers)
        except (KeyError, TypeError, ValueError) as error:
            raise self.not_a_run(f"no readable {PROVENANCE}") from error

    @property
    def has_grid(self) -> bool:
        """Tell whether there is a grid, as there is from the start of a run."""
        return (self.path / GRID).exists()

    @property
    def content(self) -> dict[str, Any]:
        """Plain content of the grid.

        Raises:
            ConfigError: not the folder of a run, or the grid is not readable.
        """
        if not self.has_grid:
            raise self.not_a_run(f"no {GRID}")
        return read_grid(str(self.path / GRID))

    @property
    def grid(self) -> GridSpec:
        """The grid; raises as `content`, and if it is not valid any more."""
        return validate_grid(self.content)

    @property
    def grid_text(self) -> str:
        """The grid as it is written, empty without one."""
        return (self.path / GRID).read_text(encoding="utf-8") if self.has_grid else ""

    def expanded(self, store: Store, describe: "Describe") -> "Expansion":
        """The points and the graph that were run, by the run's device and threads.

        Args:
            store: knows the data; nothing is written.
            describe: says what is to be known of a method.

        Raises:
            BenchError: not the folder of a run, or its grid cannot be expanded any more.
        """
        from benchmark.grids.expand import expand_grid

        grid, used = self.grid, self.resources
        return expand_grid(grid, store, device=used.device, threads=used.threads, describe=describe)

    @property
    def unfinished(self) -> bool:
        """Tell whether a run was started here and has no recorded end."""
        if not self.provenance:
            return self.has_grid and not (self.path / RESULTS).exists()
        return ENDED not in self.provenance

    @property
    def tables(self) -> tuple[Path, ...]:
        """Files of the tables that are there.

        Raises:
            ConfigError: none is, so it is not the folder of a run.
        """
        found = tuple(self.path / name for name in FOUND if (self.path / name).is_file())
        if not found:
            raise self.not_a_run(f"no {FOUND[0]}")
        return found

    def gaps(self, columns: list[str] | None = None) -> "pa.Table | None":
        """Points without scores, None if no run says."""
        return self._table(GAPS, columns)

    def by_label(self) -> "pa.Table | None":
        """Scores by label, None of runs from before there were any."""
        return self._table(BY_LABEL)

    def stages(self) -> "pa.Table | None":
        """Stages of the run's last execution, None before it has ended."""
        return self._table(STAGES)

    def digests(self) -> dict[str, str]:
        """SHA-256 of tables and grid by name; they stand in the provenance."""
        found = {}
        for name in (*FOUND, GRID):
            with suppress(FileNotFoundError), (self.path / name).open("rb") as file:
                found[name] = hashlib.file_digest(file, "sha256").hexdigest()
        return found

    def strangers(self) -> tuple[str, ...]:
        """Names of the files that are not those the provenance speaks of.

        They are there after a run that was killed as it wrote, and if somebody changed or moved
        them. Files from before provenance named them are taken to belong together.
        """
        known = self.provenance.get(TABLES)
        if known is None:
            return ()
        found = self.digests()
        if GRID not in known:
            found.pop(GRID, None)
        return tuple(name for name, digest in found.items() if known.get(name) != digest)

    def not_a_run(self, lack: str) -> ConfigError:
        """The complaint about a folder that lacks what every run's has."""
        return ConfigError(f"{self.path} is not the folder of a run: it has {lack}")

    def _table(self, name: str, columns: list[str] | None = None) -> "pa.Table | None":
        file = self.path / name
        return read_parquet(file, columns) if file.exists() else None
