"""The content-addressed store: one Parquet file per artefact, named by its key.

An artefact's key is the SHA-256 of its recipe: everything that determines it. The file carries the
recipe, facts, provenance and a checksum over all of it in its schema metadata, is written under a
temporary name and renamed, and is checked whenever it is read. Nothing is ever unpickled.
"""

import errno
import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmark.store.keys import canonical_json, sha256, table_digest
from benchmark.store.leftovers import temporary
from weakpair.errors import ConfigError, StoreError

MARK = "weakpair-store"
"""Name of the file that marks a folder as a store."""
_MARKED = "A store of weakpair: artefacts by their keys. `bench cache` looks after it.\n"
_KEY = re.compile("[0-9a-f]{64}")
_META = b"weakpair"
# Consecutive target ids shrink to almost nothing under delta coding; weights do not compress.
_DELTA = "targets.list.element"
# Values of a row group: what reading takes beside them, their places in lists, goes with it.
_GROUP = 2**24


class TornArtefactError(StoreError):
    """An artefact that is cut short, altered or filed under a wrong key."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(f"artefact {key} is damaged: {why}")
        self.key = key
        self.why = why

    def __reduce__(self) -> tuple[type["TornArtefactError"], tuple[str, str]]:
        return type(self), (self.key, self.why)


@dataclass(frozen=True)
class Artefact:
    """A table with what it was made from (`recipe`), what was found (`facts`) and by whom."""

    key: str
    table: pa.Table
    recipe: Mapping[str, Any]
    facts: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Store:
    """Artefacts under `root/objects`; safe for any number of readers and writers."""

    root: Path

    def mark(self) -> None:
        """Make the folder, and mark it as a store.

        Raises:
            StoreError: the folder cannot be written.
        """
        mark = self.root / MARK
        try:
            if not mark.is_file():
                self.root.mkdir(parents=True, exist_ok=True)
                mark.write_text(_MARKED, encoding="utf-8")
        except OSError as error:
            raise StoreError(_explain(error, self.root)) from error

    def must_be_there(self) -> None:
        """Make sure that the store is where it was as a run began.

        Raises:
            StoreError: it was moved or removed.
        """
        if not (self.root / MARK).is_file():
            raise StoreError(
                f"the store {self.root} is gone: it was moved or removed since the run began; run "
                "again with --store where it is now"
            )

    def path(self, key: str) -> Path:
        """Path of the artefact of that key, be it there or not."""
        return self.root / "objects" / key[:2] / f"{key}.parquet"

    def has(self, key: str) -> bool:
        """Tell whether a whole-looking artefact is there (the end of the file is looked at)."""
        path = self.path(key)
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                return False
            with path.open("rb") as file:
                file.seek(-4, os.SEEK_END)
                return file.read(4) == b"PAR1"
        except OSError:
            return False

    def read(self, key: str) -> Artefact:
        """Read and check an artefact.

        Raises:
            TornArtefactError: the file is missing, damaged or not what its name says.
            StoreError: the file may not be read.
        """
        return _checked(key, self._table(key))

    def _table(self, key: str) -> pa.Table:
        """The table of a file as it is."""
        try:
            # A third of the time of `read_table`, whose machinery is made for many files.
            with self._opened(key) as source, pq.ParquetFile(source) as file:
                return _whole(file)
        except TornArtefactError:
            raise
        except PermissionError as error:
            raise StoreError(f"cannot read {self.path(key)}: {error.strerror}") from error
        # A damaged file may fail in any way that its reader knows.
        except Exception as error:
            raise TornArtefactError(key, _first_line(error)) from error

    def _opened(self, key: str) -> pa.NativeFile:
        """The artefact's file; a name that looks like an address is a name all the same."""
        # To open a pipe would wait for somebody to write into it.
        if not stat.S_ISREG(self.path(key).stat().st_mode):
            raise TornArtefactError(key, "something that is no file is in its place")
        return pa.OSFile(str(self.path(key)), "rb")

    def recipe(self, key: str) -> dict[str, Any]:
        """Recipe of the artefact, read from the file's end alone.

        Raises:
            StoreError: no readable artefact of that key.
        """
        recipe: dict[str, Any] = self._meta(key)["recipe"]
        return recipe

    def facts(self, key: str) -> dict[str, Any]:
        """Facts that were found when it was computed; otherwise as `recipe`."""
        facts: dict[str, Any] = self._meta(key)["facts"]
        return facts

    def provenance(self, key: str) -> dict[str, Any]:
        """Provenance: what computed it and what that took; otherwise as `recipe`."""
        provenance: dict[str, Any] = self._meta(key)["provenance"]
        return provenance

    def _meta(self, key: str) -> dict[str, Any]:
        """Recipe, facts and provenance, checked against their seal; the table is not looked at."""
        try:
            with self._opened(key) as source:
                meta = _unsealed(key, pq.read_schema(source))
        except Exception as error:
            raise StoreError(f"no readable artefact {key} in {self.root}") from error
        del meta["checksum"]
        return meta

    def write(self, artefact: Artefact) -> None:
        """Write an artefact so that it is there whole or not at all.

        Raises:
            StoreError: the disk is full or the folder cannot be written.
        """
        meta = {
            "key": artefact.key,
            "recipe": dict(artefact.recipe),
            "facts": dict(artefact.facts),
            "provenance": dict(artefact.provenance),
        }
        sealed = {**meta, "checksum": table_digest(artefact.table, meta)}
        sealed["seal"] = sha256(sealed)
        table = artefact.table.replace_schema_metadata({_META: canonical_json(sealed)})
        file = temporary(self.root, artefact.key[:16])
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self.path(artefact.key).parent.mkdir(parents=True, exist_ok=True)
            _write_parquet(table, file)
            file.replace(self.path(artefact.key))
        except OSError as error:
            with suppress(OSError):
                file.unlink(missing_ok=True)
            raise StoreError(_explain(error, self.root, self.path(artefact.key))) from error

    def size(self, key: str) -> int:
        """Bytes of the artefact's file, 0 without one."""
        try:
            return self.path(key).stat().st_size
        except OSError:
            return 0

    def discard(self, key: str) -> None:
        """Remove an artefact, if it is there.

        Raises:
            StoreError: the folder cannot be written.
        """
        try:
            self.path(key).unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(_explain(error, self.root, self.path(key))) from error

    def __iter__(self) -> Iterator[str]:
        """The keys of all artefacts, in order; files of other names are nobody's here."""
        for path in sorted((self.root / "objects").glob("??/*.parquet")):
            if _KEY.fullmatch(path.stem) and path.parent.name == path.stem[:2]:
                yield path.stem

    def find(self, prefix: str) -> str:
        """The one key that starts with `prefix`.

        Raises:
            StoreError: none or several do.
        """
        found = [key for key in self if key.startswith(prefix)]
        if len(found) != 1:
            raise StoreError(
                f"{len(found)} artefacts in {self.root} start with {prefix!r}, expected one"
            )
        return found[0]


def existing(root: Path) -> Store:
    """The store in a folder that is one: it has the mark, or artefacts from before there was one.

    Raises:
        ConfigError: there is no such folder, or it is no store.
    """
    store = Store(root)
    if not root.is_dir():
        raise ConfigError(f"there is no store at {root}; name the folder that bench run filled")
    if not (root / MARK).is_file() and next(iter(store), None) is None:
        raise ConfigError(
            f"{root} is no store: it has no file {MARK}; name the folder that bench run filled"
        )
    return store


def _checked(key: str, table: pa.Table) -> Artefact:
    try:
        meta = _unsealed(key, table.schema)
        checksum = meta.pop("checksum")
        bare = table.replace_schema_metadata(None)
        if table_digest(bare, meta) != checksum:
            raise TornArtefactError(key, "its checksum does not match its content")
    except (KeyError, TypeError, ValueError, pa.ArrowException) as error:
        raise TornArtefactError(key, f"unreadable metadata ({type(error).__name__})") from error
    return Artefact(key, bare, meta["recipe"], meta["facts"], meta["provenance"])


def _unsealed(key: str, schema: pa.Schema) -> dict[str, Any]:
    """Read what was filed with a table: key, recipe, facts, provenance and the table's checksum.

    Raises:
        TornArtefactError: it is not what was sealed under this key.
        KeyError, TypeError, ValueError: it is nothing that was ever sealed.
    """
    meta: dict[str, Any] = json.loads(schema.metadata[_META])
    seal = meta.pop("seal")
    if meta["key"] != key or sha256(meta) != seal:
        raise TornArtefactError(key, "its metadata are not what was sealed")
    return meta


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def _write_parquet(table: pa.Table, path: Path) -> None:
    # An opened file: pyarrow would take a path such as "run:1/x" for an address.
    with pa.OSFile(str(path), "wb") as sink:
        _write(table, sink)


def _whole(file: pq.ParquetFile) -> pa.Table:
    """All rows of a file, group by group: what reading one takes beside its values is let go of."""
    groups = range(file.metadata.num_row_groups)
    if len(groups) < 2:
        return file.read(use_threads=False)
    return pa.concat_tables([file.read_row_group(i, use_threads=False) for i in groups])


def _group_rows(table: pa.Table) -> int | None:
    """Rows of a group, so that its longest lists have `_GROUP` values; None for all rows."""
    lists = [column for column in table.columns if pa.types.is_list(column.type)]
    values = max((pc.sum(pc.list_value_length(c)).as_py() or 0 for c in lists), default=0)
    return max(1, table.num_rows * _GROUP // values) if values > _GROUP else None


def _write(table: pa.Table, sink: pa.NativeFile) -> None:
    delta = "targets" in table.column_names
    coded = [f.name for f in table.schema if pa.types.is_string(f.type)]
    pq.write_table(
        table,
        sink,
        row_group_size=_group_rows(table),
        compression="zstd",
        compression_level=1,
        use_dictionary=coded,
        column_encoding={_DELTA: "DELTA_BINARY_PACKED"} if delta else None,
        write_statistics=[f.name for f in table.schema if not pa.types.is_list(f.type)],
    )


def _explain(error: OSError, root: Path, place: Path | None = None) -> str:
    if place is not None and place.is_dir():
        return f"cannot write to the store: {place} is a folder in an artefact's place; move it"
    if error.errno == errno.ENOSPC:
        return (
            f"the disk of the store {root} is full; free space and run again: finished stages stay"
        )
    return f"cannot write to the store {root}: {error.strerror or error}"
