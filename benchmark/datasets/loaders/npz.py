"""NumPy archives: x1, x2, t1, t2 and ids."""

from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmark.datasets.base import Samples
from benchmark.datasets.build import make_samples
from benchmark.datasets.spec import DatasetSpec, ModalitySpec
from weakpair.errors import DataError, UnknownNameError

Arrays = dict[str, NDArray[Any]]


class NpzLoader:
    """An archive of plain arrays; nothing is ever unpickled.

    `x1` (n1, k1) and `x2` (n2, k2) are features, `t1` (n1,) and `t2` (n2,) labels; with a group
    other than "group" these are `<group>1` and `<group>2`. Ids are `ids1` and `ids2`, or `ids` for
    both; without ids the data are unpaired. `features1`, `features2` name the features. Any other
    `<name>1`, `<name>2` of n1 and n2 entries are columns of metadata.
    """

    def sources(self, spec: DatasetSpec) -> tuple[Path, ...]:
        """The archive."""
        return (Path(spec.path or ""),)

    def read(self, spec: DatasetSpec) -> tuple[Samples, Samples]:
        """Both modalities."""
        path = self.sources(spec)[0]
        arrays = _arrays(path)
        return (
            _modality(path, arrays, 1, spec.modality1, spec.group),
            _modality(path, arrays, 2, spec.modality2, spec.group),
        )


def _arrays(path: Path) -> Arrays:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, EOFError, ValueError, AttributeError, TypeError, BadZipFile) as error:
        reason = str(error).splitlines()[0]
        raise DataError(
            f"{path}: not an archive of plain arrays ({reason}); write it with numpy.savez"
        ) from error


def _get(path: Path, arrays: Arrays, name: str) -> NDArray[Any]:
    if name not in arrays:
        raise DataError(f"{path}: {UnknownNameError('array', name, arrays)}")
    return arrays[name]


def _modality(path: Path, arrays: Arrays, m: int, spec: ModalitySpec, group: str) -> Samples:
    x = _get(path, arrays, spec.key or f"x{m}")
    label_name = f"t{m}" if group == "group" else f"{group}{m}"
    rows = len(np.atleast_1d(x))
    width = x.shape[1] if x.ndim == 2 else 0
    ids = arrays.get(f"ids{m}", arrays.get("ids"))
    named = arrays.get(f"features{m}")
    return make_samples(
        x,
        _get(path, arrays, label_name),
        # Ids of its own per modality: without ids nothing says that rows are pairs.
        np.array([f"{m}:{row}" for row in range(rows)]) if ids is None else ids,
        [f"x{m}_{j}" for j in range(width)] if named is None else [str(name) for name in named],
        _metadata(arrays, m, rows, {label_name, spec.key or f"x{m}"}),
        where=f"{path} modality {m}",
        group=label_name,
    )


def _metadata(arrays: Arrays, m: int, rows: int, used: set[str]) -> pd.DataFrame:
    taken = {*used, f"ids{m}", f"features{m}"}
    columns = {
        name[:-1]: array
        for name, array in arrays.items()
        if name.endswith(str(m)) and name not in taken and array.shape == (rows,)
    }
    return pd.DataFrame(columns, index=range(rows))
