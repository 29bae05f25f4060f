"""Admission of a run to a folder: what is there must be of the same grid on the same data."""

import json
import os
from pathlib import Path
from typing import Any

from benchmark.datasets.paths import split_paths
from benchmark.grids.spec import DatasetEntry, GridSpec
from benchmark.runs.folder import FOUND, GRID, PROVENANCE, RunFolder
from benchmark.store.locking import must_be_free
from weakpair.errors import BenchError, ConfigError


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
    """Check the files alone, for the run that has the folder's lock.

    Raises:
        ConfigError: the folder holds something else.
    """
    found = [name for name in (GRID, PROVENANCE, *FOUND) if (out / name).exists()]
    if not found:
        return
    if not RunFolder(out).provenance:
        raise ConfigError(
            f"{out / found[0]} is of no run and would be overwritten; choose another --out"
        )
    why = "" if replace else _differs(out, grid)
    if why:
        raise ConfigError(
            f"{out} {why}; choose another --out or --name, or --replace what is there"
        )


def anchored(content: dict[str, Any]) -> dict[str, Any]:
    """A grid's plain content with absolute paths: it means the same from every folder."""
    whole = dict(content)
    if "include" in whole:
        whole["include"] = [anchored(part) for part in whole["include"]]
    if "datasets" in whole:
        whole["datasets"] = [
            {**entry, "data": {**entry["data"], "path": absolute(entry["data"]["path"])}}
            if entry["data"].get("path")
            else entry
            for entry in whole["datasets"]
        ]
    return whole


def absolute(path: str) -> str:
    """A data set's path, or its two with a comma between them, absolute; links stay.

    One that is absolute but could not be taken apart again stays as it is.
    """
    parts = (Path(part).expanduser() for part in split_paths(path))
    # resolve() would follow links.
    anchors = ",".join(os.path.abspath(part) for part in parts)  # noqa: PTH100
    return anchors if anchors.count(",") == path.count(",") else path


def _differs(out: Path, grid: GridSpec) -> str:
    """Say what the folder holds that is not of this grid, "" if it is."""
    folder = RunFolder(out)
    if not folder.has_grid:
        return ""
    try:
        before = folder.grid
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
