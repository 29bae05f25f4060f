"""The folder of a run: whose files are in it, and who may write there."""

import hashlib
import json
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmark.datasets.paths import split_paths
from benchmark.grids.spec import DatasetEntry, GridSpec, read_grid, validate_grid
from benchmark.runs.locking import must_be_free
from weakpair.errors import BenchError, ConfigError

RESULTS, GAPS, STAGES, GRID, PROVENANCE = (
    "results.parquet",
    "gaps.parquet",
    "stages.parquet",
    "grid.yaml",
    "provenance.json",
)
FOUND = (RESULTS, GAPS, STAGES)
"""Tables that a run leaves; grid and provenance are there from its start."""
TABLES = "tables"
"""Key of the digests of a run's other files in its provenance: they belong to that run."""
COMPUTED = "computed"
"""Key of who computed the stages in a run's provenance: not always who ran it last."""
SKIPPED = "skipped"
"""Key of the data sets in a run's provenance that could not be used."""


_REFUSED = re.compile(r"[^A-Za-z0-9._+-]+")


def folder_name(name: str) -> str:
    """A name that a run's folder can have: letters, digits and . _ + -.

    >>> [folder_name(name) for name in ("shared0.8", "my screen/1", "..", "rna+atac")]
    ['shared0.8', 'my-screen-1', 'run', 'rna+atac']
    """
    plain = _REFUSED.sub("-", name)
    return plain if plain.strip(".-") else "run"


def folder_of(grid: GridSpec) -> Path:
    """Folder for the runs of a grid unless told otherwise."""
    return Path("runs") / folder_name(grid.name)


def digests(out: Path) -> dict[str, str]:
    """SHA-256 of tables and grid in a run's folder, by name; they stand in its provenance."""
    found = {}
    for name in (*FOUND, GRID):
        with suppress(FileNotFoundError), (out / name).open("rb") as file:
            found[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def strangers(out: Path) -> tuple[str, ...]:
    """Names of the files in a run's folder that are not those its provenance speaks of.

    They are there after a run that was killed as it wrote, and if somebody changed or moved them.
    Files from before provenance named them are taken to belong together.
    """
    known = (provenance(out) or {}).get(TABLES)
    if known is None:
        return ()
    there = digests(out)
    if GRID not in known:
        there.pop(GRID, None)
    return tuple(name for name, digest in there.items() if known.get(name) != digest)


def check(out: Path, grid: GridSpec, *, replace: bool = False) -> None:
    """Make sure that a run of the grid may write into the folder.

    It may if nothing is there, or an earlier run of the same grid on the same data: narrowed,
    extended or with other settings. `replace` lets it replace any run.

    Raises:
        ConfigError: the folder holds something else, or another run is writing there.
    """
    must_be_free(out)
    check_files(out, grid, replace=replace)


def check_files(out: Path, grid: GridSpec, *, replace: bool = False) -> None:
    """As `check`, for the run that has the folder's lock.

    Raises:
        ConfigError: the folder holds something else.
    """
    there = [name for name in (GRID, PROVENANCE, *FOUND) if (out / name).exists()]
    if not there:
        return
    if provenance(out) is None:
        raise ConfigError(
            f"{out / there[0]} is of no run and would be overwritten; choose another --out"
        )
    why = "" if replace else _differs(out, grid)
    if why:
        raise ConfigError(
            f"{out} {why}; choose another --out or --name, or --replace what is there"
        )


def anchored(content: dict[str, Any]) -> dict[str, Any]:
    """A grid's plain content with absolute paths: it means the same from every folder."""
    made = dict(content)
    if "include" in made:
        made["include"] = [anchored(part) for part in made["include"]]
    if "datasets" in made:
        made["datasets"] = [
            {**entry, "data": {**entry["data"], "path": absolute(entry["data"]["path"])}}
            if entry["data"].get("path")
            else entry
            for entry in made["datasets"]
        ]
    return made


def absolute(path: str) -> str:
    """A data set's path, or its two with a comma between them, absolute; links stay.

    One that is absolute but could not be taken apart again stays as it is.
    """
    parts = (Path(part).expanduser() for part in split_paths(path))
    made = ",".join(os.path.abspath(part) for part in parts)  # noqa: PTH100  resolve() follows links
    return made if made.count(",") == path.count(",") else path


def _differs(out: Path, grid: GridSpec) -> str:
    """Say what the folder holds that is not of this grid, "" if it is."""
    if not (out / GRID).exists():
        return ""
    try:
        before = validate_grid(read_grid(str(out / GRID)))
    except BenchError:
        return "holds the results of a grid that is not readable any more"
    if before.name != grid.name:
        return f"holds the results of grid {before.name!r}, not of {grid.name!r}"
    old, new = _sets(before), _sets(grid)
    for place in old.keys() & new.keys():
        if old[place] != new[place]:
            return f"holds the results of {old[place]}, not of {new[place]}"
    if not (old.keys() <= new.keys() or new.keys() <= old.keys()):
        names = [", ".join(sorted({name for name, *_ in both})) for both in (old, new)]
        return f"holds the results of data set {names[0]}, not of {names[1]}"
    return ""


def _sets(grid: GridSpec) -> dict[tuple[str, str, int], str]:
    """Origins of the data sets of a grid: files and what is read from them."""
    return {
        (entry.data.name, entry.variant, entry.replicate): _source(entry)
        for part in grid.parts
        for entry in part.datasets
    }


def _source(entry: DatasetEntry) -> str:
    data = entry.data
    where = absolute(data.path) if data.path else entry.variant or "by name"
    words = [f"group {data.group!r}"]
    if data.simulation is not None:
        words += [f"seed {data.seed}", json.dumps(data.simulation, sort_keys=True)]
    for m, modality in ((1, data.modality1), (2, data.modality2)):
        chosen = modality.model_dump(exclude={"preprocess"}, exclude_none=True)
        words += [f"modality {m}: {key} {value}" for key, value in chosen.items()]
    return f"{data.name!r} ({where}, {', '.join(words)})"


def provenance(out: Path) -> dict[str, Any] | None:
    """Read what a run says of itself, None if no run wrote it."""
    if not (out / PROVENANCE).is_file():
        return None
    try:
        known = json.loads((out / PROVENANCE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return known if isinstance(known, dict) and "weakpair" in known else None
