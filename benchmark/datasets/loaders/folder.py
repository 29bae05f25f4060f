"""A folder of tables: modality1, modality2 and obs (or obs1, obs2), each Parquet or CSV."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from benchmark.datasets.base import Samples
from benchmark.datasets.build import make_samples, numeric, strings
from benchmark.datasets.spec import DatasetSpec, ModalitySpec
from weakpair.errors import DataError, UnknownNameError

SUFFIXES = (".parquet", ".csv", ".csv.gz")


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
            _table(folder, modality.file or f"modality{m}")
            for m, modality in ((1, spec.modality1), (2, spec.modality2))
        ]
        stems = ["obs1", "obs2"] if _found(folder, "obs1") else ["obs"]
        return (*features, *(_table(folder, stem) for stem in stems))

    def read(self, spec: DatasetSpec) -> tuple[Samples, Samples]:
        """Both modalities."""
        for m, modality in ((1, spec.modality1), (2, spec.modality2)):
            _plain(modality, f"modality{m}")
        first, second, *metadata = self.sources(spec)
        obs = [read_table(path, text=True) for path in metadata]
        return (
            _modality(first, metadata[0], obs[0], spec.group),
            _modality(second, metadata[-1], obs[-1], spec.group),
        )


def read_table(path: Path, *, text: bool) -> pd.DataFrame:
    """A table with its ids as index, as text.

    Args:
        path: a `.parquet`, `.csv` or `.csv.gz` file.
        text: metadata, where only an empty CSV field is missing and words such as "None" or "NA"
            are values.

    Raises:
        DataError: the file is not readable as such a table, or an id is missing or repeated.
    """
    try:
        table = _parquet(path) if path.suffix == ".parquet" else _csv(path, text)
    except (OSError, EOFError, ValueError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: not a readable table ({reason}); write the file again") from error
    table.index = pd.Index(strings(table.index.to_numpy(), f"{path}: ids", "give every row an id"))
    if table.index.has_duplicates:
        twice = table.index[table.index.duplicated()][0]
        raise DataError(
            f"{path}: id {twice!r} stands more than once; ids (the index, else the first column) "
            "must be unique"
        )
    return table


def _csv(path: Path, text: bool) -> pd.DataFrame:
    # A converter keeps ids such as 007 or NA as they are written.
    table = pd.read_csv(
        path,
        converters={0: str},
        keep_default_na=not text,
        na_values=[""] if text else None,
        low_memory=False,
    )
    return table.set_index(table.columns[0])


def _parquet(path: Path) -> pd.DataFrame:
    table = pd.read_parquet(path)
    if not isinstance(table.index, pd.RangeIndex):
        return table
    first = table.columns[0]
    if pd.api.types.is_float_dtype(table[first]):
        raise ValueError(f"no ids: it has no index, and its first column {first!r} is fractions")
    return table.set_index(first)


def _modality(path: Path, obs_path: Path, obs: pd.DataFrame, group: str) -> Samples:
    table = read_table(path, text=False)
    missing = table.index.difference(obs.index, sort=False)
    if len(missing):
        raise DataError(
            f"{obs_path}: no row for {len(missing)} of {len(table)} ids of {path.name}, first "
            f"{missing[0]!r}; every cell needs a row of metadata"
        )
    own = obs.loc[table.index]
    labels = column(own, group, str(obs_path))
    features = [str(name) for name in table.columns]
    where = str(path)
    return make_samples(
        numeric(table, where),
        labels,
        np.asarray(table.index, dtype=str),
        features,
        own.drop(columns=group),
        where=where,
        group=group,
    )


def column(obs: pd.DataFrame, name: str, where: str) -> "pd.Series[str]":
    """A column of metadata.

    Raises:
        DataError: there is none of that name; suggests the nearest.
    """
    if name not in obs.columns:
        error = UnknownNameError("column", name, map(str, obs.columns))
        raise DataError(f"{where}: {error}; name the column of the perturbations as the group")
    found: pd.Series[str] = obs[name]
    return found


def _plain(modality: ModalitySpec, which: str) -> None:
    for key in ("key", "layer", "obsm"):
        if getattr(modality, key) is not None:
            raise DataError(f"{which}.{key}: a folder of tables has none; use {which}.file")


def _found(folder: Path, stem: str) -> list[Path]:
    paths = [folder / f"{stem}{suffix}" for suffix in ("", *SUFFIXES)]
    return [path for path in paths if path.is_file()]


def _table(folder: Path, stem: str) -> Path:
    found = _found(folder, stem)
    if not found:
        names = ", ".join(stem + suffix for suffix in SUFFIXES)
        raise DataError(f"{folder}: no table {stem!r}; one of {names} is needed")
    if len(found) > 1:
        raise DataError(f"{folder}: {found[0].name} and {found[1].name}; keep one of them")
    return found[0]
