"""NumPy archives: x1, x2, t1, t2 and ids."""

from __future__ import annotations

import zlib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from benchmark.datasets.lazy import Lazy
from benchmark.datasets.loaders.declared import check_declared
from benchmark.datasets.reading.modalities import assemble
from benchmark.datasets.reading.parts import Part, Read
from benchmark.datasets.spec import DatasetSpec
from weakpair.errors import DataError, UnknownNameError

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = Lazy("pandas")

SINGLE_LABELS = ("labels", "label", "group", "groups", "t", "y")
_BROKEN = (OSError, EOFError, ValueError, AttributeError, TypeError, BadZipFile, zlib.error)
RULE = (
    "an archive holds x1, x2 (features) and t1, t2 (labels), or exactly two arrays of two "
    "dimensions and one named as the group or 'labels' for both"
)


class NpzLoader:
    """An archive of plain arrays; nothing is ever unpickled.

    `x1` (n1, k1) and `x2` (n2, k2) are features, `t1` (n1,) and `t2` (n2,) labels; with a group
    other than "group" these are `<group>1` and `<group>2`. Ids are `ids1` and `ids2`, or `ids` for
    both; without ids the data are unpaired. `features1`, `features2` name the features. Any other
    `<name>1`, `<name>2` of n1 and n2 entries are columns of metadata.

    Without `x1` and `x2` the only two arrays of two dimensions are the modalities, in the order of
    the archive; without `t1` and `t2` one array, named as the group or `labels`, labels both.
    """

    def sources(self, spec: DatasetSpec) -> tuple[Path, ...]:
        """The archive."""
        return (Path(spec.path or ""),)

    def read(self, spec: DatasetSpec) -> Read:
        """Both modalities."""
        path = self.sources(spec)[0]
        archive = Archive.of(path)
        keys = _keys(archive, spec)
        first, second = (_part(archive, m, keys[m - 1], spec) for m in (1, 2))
        return assemble(first, second, spec, shared=archive.has("ids") and not archive.has("ids1"))


class Archive:
    """The arrays of a file; one that needs unpickling is refused when it is asked for."""

    def __init__(self, path: Path, arrays: dict[str, NDArray[Any]], unread: dict[str, str]) -> None:
        self.path = path
        self.arrays = arrays
        self.unread = unread

    @classmethod
    def of(cls, path: Path) -> Archive:
        """Read a file.

        Raises:
            DataError: it is not an archive of arrays, or one name stands twice in it.
        """
        arrays: dict[str, NDArray[Any]] = {}
        unread: dict[str, str] = {}
        try:
            with np.load(path, allow_pickle=False) as archive:
                names = list(archive.files)
                unread |= check_declared(archive.zip, path)
                for name in (name for name in names if name not in unread):
                    try:
                        arrays[name] = archive[name]
                    except ValueError as error:
                        unread[name] = _reason(error)
        except _BROKEN as error:
            raise DataError(
                f"{path}: not an archive of plain arrays ({_reason(error)}); "
                "write it with numpy.savez"
            ) from error
        for name, times in Counter(names).items():
            if times > 1:
                raise DataError(f"{path}: array {name!r} stands {times} times; write each once")
        return cls(path, arrays, unread)

    def has(self, name: str) -> bool:
        """Tell whether there is an array of that name."""
        return name in self.arrays or name in self.unread

    def get(self, name: str) -> NDArray[Any]:
        """An array.

        Raises:
            DataError: there is none of that name, or it has type object.
        """
        if name in self.unread:
            if "pickle" in self.unread[name] or "Object" in self.unread[name]:
                raise DataError(
                    f"{self.path}: array {name!r} has type object; save text with .astype(str), "
                    "numbers with .astype(float)"
                )
            raise DataError(f"{self.path}: array {name!r} is not readable ({self.unread[name]})")
        if name not in self.arrays:
            error = UnknownNameError("array", name, [*self.arrays, *self.unread])
            raise DataError(f"{self.path}: {error}; it holds {self.inventory()}")
        return self.arrays[name]

    def maybe(self, *names: str) -> NDArray[Any] | None:
        """The first of these arrays that is there."""
        return next((self.get(name) for name in names if self.has(name)), None)

    def inventory(self) -> str:
        """All arrays with shape and type."""
        known = [f"{n} {'×'.join(map(str, a.shape))} {a.dtype}" for n, a in self.arrays.items()]
        return ", ".join(known + [f"{name} (object)" for name in self.unread]) or "nothing"


def _reason(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def _keys(archive: Archive, spec: DatasetSpec) -> tuple[str, str]:
    """The arrays of the features."""
    first, second = spec.modality1.key, spec.modality2.key
    if first is not None and first == second:
        raise DataError(f"{archive.path}: array {first!r} is given for both modalities")
    if first or second or archive.has("x1") or archive.has("x2"):
        return first or "x1", second or "x2"
    tables = [
        name
        for name, array in archive.arrays.items()
        if array.ndim == 2 and (np.issubdtype(array.dtype, np.number) or array.dtype == bool)
    ]
    if len(tables) != 2:
        raise DataError(
            f"{archive.path}: no x1 and x2; it holds {archive.inventory()}; set modality1.key and "
            f"modality2.key, or rename: {RULE}"
        )
    return tables[0], tables[1]


def _labels(archive: Archive, m: int, group: str) -> tuple[str, NDArray[Any] | None]:
    """The name of the labels, and the labels if there are any."""
    own = f"t{m}" if group == "group" else f"{group}{m}"
    names = [own, group, *(SINGLE_LABELS if group == "group" else ())]
    found = [name for name in dict.fromkeys(names) if archive.has(name)]
    if not found or found[0] == own:
        return own, archive.get(own) if found else None
    if len(found) > 1:
        raise DataError(
            f"{archive.path}: {found[0]!r} or {found[1]!r}? name the labels with the group"
        )
    return found[0], archive.get(found[0])


def _part(archive: Archive, m: int, key: str, spec: DatasetSpec) -> Part:
    x = archive.get(key)
    name, labels = _labels(archive, m, spec.group)
    rows = len(np.atleast_1d(x))
    width = x.shape[1] if x.ndim == 2 else 0
    named = archive.maybe(f"features{m}")
    where = f"{archive.path} modality {m}"
    missing = UnknownNameError("array", name, [*archive.arrays, *archive.unread])
    return Part(
        x=x,
        ids=archive.maybe(f"ids{m}", "ids"),
        features=[f"x{m}_{j}" for j in range(width)] if named is None else _names(named),
        labels=labels,
        obs=_metadata(archive, m, rows, {name, key}),
        where=where,
        table=where,
        group=name,
        lack=f"{archive.path}: {missing}; it holds {archive.inventory()}; {RULE}",
        name=key,
    )


def _names(array: NDArray[Any]) -> list[str]:
    return [str(name) for name in array.ravel().tolist()]


def _metadata(archive: Archive, m: int, rows: int, used: set[str]) -> pd.DataFrame:
    taken = {*used, f"ids{m}", f"features{m}"}
    columns = {
        name[:-1]: array
        for name, array in archive.arrays.items()
        if name.endswith(str(m)) and name not in taken and array.shape == (rows,)
    }
    return pd.DataFrame(columns, index=range(rows))
