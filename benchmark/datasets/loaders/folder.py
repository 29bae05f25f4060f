"""A folder of tables: modality1, modality2 and obs (or obs1, obs2), each Parquet or CSV."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from benchmark.datasets.lazy import Lazy
from benchmark.datasets.loaders.delimited import read_delimited
from benchmark.datasets.reading.matrix import numeric
from benchmark.datasets.reading.modalities import assemble
from benchmark.datasets.reading.parts import Part, Read
from benchmark.datasets.reading.text import strings
from benchmark.datasets.spec import DatasetSpec, ModalitySpec
from weakpair.errors import DataError, UnknownNameError
from weakpair.files.parquet import read_parquet

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = Lazy("pandas")

SUFFIXES = (".parquet", ".csv", ".csv.gz", ".tsv", ".tsv.gz")


class FolderLoader:
    """Tables whose ids are the index or the first column; cells of equal id are true pairs.

    A feature table has one numeric column per feature. `obs` has a row for every cell of both
    modalities (more are ignored), with the column of the perturbation labels; two tables `obs1`
    and `obs2` may stand for it.
    """

    def sources(self, spec: DatasetSpec) -> tuple[Path, ...]:
        """The feature tables, then the metadata."""
        folder = Path(spec.path or "")
        features = [
            find_table(folder, modality.file or f"modality{m}")
            for m, modality in ((1, spec.modality1), (2, spec.modality2))
        ]
        stems = ["obs1", "obs2"] if found_tables(folder, "obs1") else ["obs"]
        return (*features, *(find_table(folder, stem) for stem in stems))

    def read(self, spec: DatasetSpec) -> Read:
        """Both modalities."""
        for m, modality in ((1, spec.modality1), (2, spec.modality2)):
            _plain(modality, f"modality{m}")
        first, second, *metadata = self.sources(spec)
        obs = [read_table(path, text=True) for path in metadata]
        return assemble(
            _part(first, metadata[0], obs[0], spec.group),
            _part(second, metadata[-1], obs[-1], spec.group),
            spec,
            # One table of metadata names the cells of both modalities.
            shared=len(metadata) == 1,
        )


def read_table(path: Path, *, text: bool) -> pd.DataFrame:
    """A table with its ids as index, as text.

    Args:
        path: a `.parquet`, `.csv`, `.tsv` or gzipped file.
        text: metadata, where only an empty CSV field is missing, everything else is text as it is
            written, and words such as "None" or "NA" are values.

    Raises:
        DataError: the file is not readable as such a table, or an id is missing or repeated.
    """
    try:
        if path.suffix.casefold() == ".parquet":
            table = _parquet(path, text=text)
        else:
            table = read_delimited(path, text=text)
    except (OSError, EOFError, ValueError, pa.ArrowException) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise DataError(f"{path}: not a readable table ({reason}); write the file again") from error
    table.index = pd.Index(strings(table.index, f"{path}: ids", "give every row an id"))
    if table.index.has_duplicates:
        twice = table.index[table.index.duplicated()][0]
        raise DataError(
            f"{path}: id {twice!r} stands more than once; ids (the index, else the first column) "
            "must be unique"
        )
    return table


def parquet(path: Path, *, text: bool) -> pd.DataFrame:
    """A Parquet table; with `text` whole numbers beside missing values stay whole."""
    table: pd.DataFrame = read_parquet(path).to_pandas(integer_object_nulls=text)
    return table


def _parquet(path: Path, *, text: bool) -> pd.DataFrame:
    table = parquet(path, text=text)
    if not isinstance(table.index, pd.RangeIndex):
        return table
    if not table.shape[1]:
        raise ValueError("no ids: it has neither an index nor a column")
    first = table.columns[0]
    if pd.api.types.is_float_dtype(table[first]):
        raise ValueError(f"no ids: it has no index, and its first column {first!r} is fractions")
    return table.set_index(first)


def _part(path: Path, obs_path: Path, obs: pd.DataFrame, group: str) -> Part:
    table = read_table(path, text=False)
    missing = table.index.difference(obs.index, sort=False)
    if len(missing):
        raise DataError(
            f"{obs_path}: no row for {len(missing)} of {len(table)} ids of {path.name}, first "
            f"{missing[0]!r}; every cell needs a row of metadata"
        )
    own = obs.loc[table.index]
    return Part(
        x=numeric(table, str(path)),
        ids=np.asarray(table.index, dtype=str),
        features=[str(name) for name in table.columns],
        labels=own[group] if group in own.columns else None,
        obs=own.drop(columns=group, errors="ignore"),
        where=str(path),
        table=str(obs_path),
        group=group,
        lack=no_column(obs, group, str(obs_path)),
        name=_stem(path),
    )


def no_column(obs: pd.DataFrame, name: str, where: str) -> str:
    """The complaint about a table without the column of the labels; suggests the nearest."""
    error = UnknownNameError("column", name, map(str, obs.columns))
    return f"{where}: {error}; name the column of the perturbations as the group"


def column(obs: pd.DataFrame, name: str, where: str) -> pd.Series[str]:
    """A column of metadata.

    Raises:
        DataError: there is none of that name; suggests the nearest.
    """
    if name not in obs.columns:
        raise DataError(no_column(obs, name, where))
    found: pd.Series[str] = obs[name]
    return found


def _plain(modality: ModalitySpec, which: str) -> None:
    for key in ("key", "layer", "obsm", "feature_type"):
        if getattr(modality, key) is not None:
            raise DataError(f"{which}.{key}: a folder of tables has none; use {which}.file")


def _stem(path: Path) -> str:
    name = path.name
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if name.casefold().endswith(suffix):
            return name[: -len(suffix)]
    return name


def found_tables(folder: Path, stem: str, suffixes: tuple[str, ...] = SUFFIXES) -> list[Path]:
    """The files of that name with or without one of the suffixes, whatever the suffix's case."""
    wanted = [stem, *(stem + suffix for suffix in suffixes)]
    files = folder.iterdir() if folder.is_dir() else ()
    order = {
        path: wanted.index(name)
        for path in files
        if (name := path.name[: len(stem)] + path.name[len(stem) :].casefold()) in wanted
        and path.is_file()
    }
    return sorted(order, key=lambda path: order[path])


def find_table(folder: Path, stem: str) -> Path:
    """The one table of that name.

    Raises:
        DataError: there is none, or there are several.
    """
    found = found_tables(folder, stem)
    if not found:
        names = ", ".join(stem + suffix for suffix in SUFFIXES[:3])
        raise DataError(f"{folder}: no table {stem!r}; one of {names} is needed{_others(folder)}")
    if len(found) > 1:
        raise DataError(f"{folder}: {found[0].name} and {found[1].name}; keep one of them")
    return found[0]


def _others(folder: Path) -> str:
    """Say what the folder holds instead."""
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    shown = ", ".join(names[:6]) + (", …" if len(names) > 6 else "")
    return f" (there: {shown})" if names else ""
