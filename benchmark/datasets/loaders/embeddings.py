"""Embeddings of other people's encoders: one array per modality, and a label for every row."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmark.datasets.lazy import Lazy
from benchmark.datasets.loaders.delimited import read_delimited
from benchmark.datasets.loaders.folder import found_tables, no_column, parquet
from benchmark.datasets.reading.matrix import numeric
from benchmark.datasets.reading.modalities import assemble
from benchmark.datasets.reading.parts import Part, Read
from benchmark.datasets.spec import DatasetSpec, ModalitySpec
from weakpair.errors import DataError, UnknownNameError

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = Lazy("pandas")

ARRAYS = (".npy", ".npz", ".parquet")
TABLES = (".parquet", ".csv", ".csv.gz", ".tsv", ".tsv.gz")
LAYOUT = (
    "a folder with modality1 and modality2 (.npy, .npz or .parquet, one row per sample) and obs "
    "(.parquet or .csv, the same rows, with the columns of the labels)"
)


class EmbeddingsLoader:
    """A folder with `modality1.*`, `modality2.*` and `obs.*`; rows are samples, in one order.

    Arrays are `.npy`, `.npz` (of one array, or `modalityN.key` names it) or `.parquet` of numeric
    columns; nothing is ever unpickled. `obs` has a row per sample with the columns that `group`,
    `downstream` and `batch` name; modalities of differing rows have `obs1` and `obs2`. With one
    `obs` row i of both modalities is one sample, unless `pairing` is "none" (IPIC's COMP and GKO);
    with two, `pairing` must say.
    """

    def sources(self, spec: DatasetSpec) -> tuple[Path, ...]:
        """The arrays, then the labels."""
        folder = Path(spec.path or "")
        arrays = [
            folder / modality.file if modality.file else _find(folder, f"modality{m}", ARRAYS)
            for m, modality in ((1, spec.modality1), (2, spec.modality2))
        ]
        stems = ["obs1", "obs2"] if found_tables(folder, "obs1", TABLES) else ["obs"]
        return (*arrays, *(_find(folder, stem, TABLES) for stem in stems))

    def read(self, spec: DatasetSpec) -> Read:
        """Both modalities."""
        one, two, *labels = self.sources(spec)
        tables = [_labels(path) for path in labels]
        first = _part(one, spec.modality1, 1, (labels[0], tables[0]), spec)
        second = _part(two, spec.modality2, 2, (labels[-1], tables[-1]), spec)
        return assemble(first, second, spec, shared=len(labels) == 1, by_rows=True)


def _find(folder: Path, stem: str, suffixes: tuple[str, ...]) -> Path:
    found = [path for path in found_tables(folder, stem, suffixes) if path.name != stem]
    if len(found) > 1:
        raise DataError(f"{folder}: {found[0].name} and {found[1].name}; keep one of them")
    if not found:
        names = ", ".join(f"{stem}{suffix}" for suffix in suffixes[:3])
        raise DataError(f"{folder}: none of {names} is there; embeddings are {LAYOUT}")
    return found[0]


def _part(
    path: Path, modality: ModalitySpec, m: int, labels: tuple[Path, pd.DataFrame], spec: DatasetSpec
) -> Part:
    x, names = _array(path, modality, m)
    where, obs = labels
    rows = len(np.atleast_1d(x))
    if len(obs) != rows:
        raise DataError(
            f"{where}: {len(obs)} rows for {rows} of {path.name}; the counts must agree"
        )
    return Part(
        x=x,
        ids=None,
        features=names,
        labels=obs[spec.group] if spec.group in obs.columns else None,
        obs=obs.drop(columns=spec.group, errors="ignore"),
        where=str(path),
        table=str(where),
        group=spec.group,
        lack=no_column(obs, spec.group, str(where)),
        name=path.stem,
    )


def _array(path: Path, modality: ModalitySpec, m: int) -> tuple[NDArray[Any], list[str]]:
    """The array, one row per sample, and names of its columns."""
    try:
        if path.suffix.casefold() == ".parquet":
            table = parquet(path, text=False)
            return numeric(table, str(path)), [str(name) for name in table.columns]
        loaded = np.load(path, allow_pickle=False)
        x = loaded if isinstance(loaded, np.ndarray) else _member(path, loaded, modality.key)
    except (OSError, EOFError, ValueError, BadZipFile, pa.ArrowException) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise DataError(f"{path}: not a readable array of numbers ({reason})") from error
    return x, [f"m{m}-{j}" for j in range(x.shape[1] if x.ndim == 2 else 0)]


def _member(path: Path, archive: Any, key: str | None) -> NDArray[Any]:
    """The one array of an archive, or that of a name."""
    with archive:
        names = archive.files
        if key is None and len(names) != 1:
            raise DataError(f"{path}: {len(names)} arrays; set modality1.key and modality2.key")
        name = names[0] if key is None else key
        if name not in names:
            raise DataError(f"{path}: {UnknownNameError('array', name, names)}")
        x: NDArray[Any] = archive[name]
        return x


def _labels(path: Path) -> pd.DataFrame:
    """A table of labels, all of them text; only an empty field is missing."""
    try:
        if path.suffix.casefold() == ".parquet":
            return parquet(path, text=True).reset_index(drop=True)
        return read_delimited(path, text=True, ids=False)
    except (OSError, EOFError, ValueError, pa.ArrowException) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise DataError(f"{path}: not a readable table ({reason})") from error
