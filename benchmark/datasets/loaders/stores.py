"""AnnData and MuData on disk, in HDF5 or zarr: opened by what is in them, read in parts."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from benchmark.datasets.lazy import Lazy
from benchmark.datasets.loaders.links import must_be_whole
from benchmark.datasets.loaders.packages import optional
from benchmark.datasets.reading.matrix import check_sparse, is_sparse
from weakpair.errors import BenchError, DataError

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = Lazy("pandas")

Content = Literal["anndata", "mudata", "other"]
ZARR_MARKS = ("zarr.json", ".zgroup", ".zattrs", ".zmetadata")


def is_zarr(path: Path) -> bool:
    """Tell whether a folder is a zarr store."""
    return path.is_dir() and any((path / mark).is_file() for mark in ZARR_MARKS)


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The root group of an HDF5 file or a zarr store, to read.

    Raises:
        DataError: it is missing, torn, or something else, with what it is.
    """
    if not path.exists():
        raise DataError(f"{path}: no such file")
    form = "zarr store" if path.is_dir() else f"{path.suffix.casefold() or 'HDF5'} file"
    if path.is_file() and not optional("h5py").is_hdf5(path):
        raise DataError(f"{path}: not a readable {form} ({beginning(path)})")
    if path.is_dir() and not is_zarr(path):
        raise DataError(f"{path}: a folder, not a zarr store; it has none of {ZARR_MARKS[:2]}")
    try:
        with warnings.catch_warnings():
            # What a later version of a package will do is nothing that a user can mend.
            warnings.simplefilter("ignore")
            if path.is_dir():
                yield optional("zarr").open_group(str(path), mode="r")
            else:
                with optional("h5py").File(path, "r") as file:
                    must_be_whole(file, path)
                    yield file
    except BenchError:
        raise
    except MemoryError as error:
        raise DataError(f"{path}: too large for the memory of this machine") from error
    except Exception as error:  # readers of foreign files raise what they like
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise DataError(f"{path}: not a readable {form} ({reason})") from error


def beginning(path: Path) -> str:
    """Tell the kind of a file from its first bytes."""
    with path.open("rb") as file:
        head = file.read(64)
    marks = {
        b"PK": "it is a zip archive",
        b"PAR1": "it is a Parquet table",
        b"\x1f\x8b": "it is compressed by gzip; unpack it",
        b"\x89HDF": "it is HDF5 and torn; fetch or write it again",
        b"\x93NUMPY": "it is an .npy array",
        b"version https://git-lfs": "it is a pointer of Git LFS; fetch its content",
    }
    found = [words for mark, words in marks.items() if head.startswith(mark)]
    return found[0] if found else "it is empty" if not head else f"it begins with {head[:8]!r}"


def content(group: Any) -> Content:
    """Describe the root group of a store, or a group in it."""
    encoding = str(group.attrs.get("encoding-type", "")).casefold()
    if encoding == "mudata" or (not encoding and "mod" in group):
        return "mudata"
    if encoding == "anndata" or (not encoding and "obs" in group and "var" in group):
        return "anndata"
    return "other"


def describe(path: Path, group: Any) -> str:
    """A file that is neither AnnData nor MuData, for messages."""
    names = ", ".join(sorted(str(name) for name in group)[:6]) or "nothing"
    return f"{path}: neither AnnData nor MuData; its root holds {names}"


@dataclass(frozen=True, eq=False)
class Frame:
    """A table of a store; columns whose encoding is unknown are left out and remembered."""

    table: pd.DataFrame
    unread: dict[str, str] = field(default_factory=dict)

    def check(self, name: str, where: str) -> None:
        """Complain if a wanted column is among those that could not be read.

        Raises:
            DataError: it is; with the reason.
        """
        if name in self.unread:
            raise DataError(f"{where}: column {name!r} cannot be read ({self.unread[name]})")


def read_frame(group: Any, name: str) -> Frame:
    """`obs` or `var`, its names as index, without what the installed anndata does not know."""
    read = optional("anndata.io").read_elem
    node = group[name]
    try:
        return Frame(read(node))
    except Exception as whole:  # one foreign column must not take the others with it
        if not hasattr(node, "attrs") or "column-order" not in node.attrs:
            raise
        return _by_column(node, read, whole)


def _by_column(node: Any, read: Any, whole: Exception) -> Frame:
    index = pd.Index(read(node[node.attrs["_index"]]))
    columns, unread = {}, {}
    for column in node.attrs["column-order"]:
        try:
            columns[str(column)] = pd.Series(read(node[column]), index=index)
        except Exception as error:  # noqa: BLE001 - whatever a reader raises, the rest is read
            lines = str(error).strip().splitlines() or [type(error).__name__]
            unread[str(column)] = lines[0]
    if not unread:
        raise whole
    return Frame(pd.DataFrame(columns, index=index), unread)


@dataclass(frozen=True, eq=False)
class Annotated:
    """One AnnData of a store: metadata at once, arrays when they are asked for.

    Attributes:
        group: where it lies; after an AnnData before 0.7 the object itself stands for it.
        obs: metadata of the cells, their names as index.
        var: metadata of the features, their names as index.
        where: the file, for messages.
    """

    group: Any
    obs: Frame
    var: Frame
    where: str

    @classmethod
    def of(cls, group: Any, where: str) -> Annotated:
        """Read the metadata of a group."""
        return cls(group, read_frame(group, "obs"), read_frame(group, "var"), where)

    @classmethod
    def held(cls, adata: Any, where: str) -> Annotated:
        """An AnnData object in memory."""
        return cls(adata, Frame(adata.obs), Frame(adata.var), where)

    def names(self, slot: str) -> list[str]:
        """The arrays of "layers" or "obsm"."""
        if hasattr(self.group, "obs_names"):
            return [str(name) for name in getattr(self.group, slot)]
        return [str(name) for name in self.group[slot]] if slot in self.group else []

    def array(self, slot: str, name: str | None = None) -> Any:
        """`X`, or an array of "layers" or "obsm"; None where there is no X.

        Raises:
            DataError: an encoding that the installed anndata does not know, or a sparse matrix
                that is none.
        """
        found = self._array(slot, name)
        if is_sparse(found):
            check_sparse(found, self.where)
        return found

    def _array(self, slot: str, name: str | None) -> Any:
        if hasattr(self.group, "obs_names"):
            held = getattr(self.group, slot)
            return held if name is None else held[name]
        if slot not in self.group:
            return None
        node = self.group[slot] if name is None else self.group[slot][name]
        return optional("anndata.io").read_elem(node)
