"""The content-addressed store: one Parquet file per artefact, named by its key.

An artefact's key is the SHA-256 of its recipe: everything that determines it. The file carries the
recipe, facts, provenance and a checksum over all of it in its schema metadata, is written under a
temporary name and renamed, and is checked whenever it is read. Nothing is ever unpickled.
"""

import errno
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmark.canonical import canonical_json, sha256, table_digest
from weakpair.errors import StoreError

_META = b"weakpair"
# Consecutive target ids shrink to almost nothing under delta coding; weights do not compress.
_DELTA = "targets.list.element"


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

    def path(self, key: str) -> Path:
        """Where the artefact of that key is or would be."""
        return self.root / "objects" / key[:2] / f"{key}.parquet"

    def has(self, key: str) -> bool:
        """Whether a whole-looking artefact is there (the end of the file is looked at)."""
        path = self.path(key)
        try:
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
        try:
            # A third of the time of `read_table`, whose machinery is made for many files.
            with self._opened(key) as source, pq.ParquetFile(source) as file:
                table = file.read(use_threads=False)
        except PermissionError as error:
            raise StoreError(f"cannot read {self.path(key)}: {error.strerror}") from error
        # A damaged file may fail in any way that its reader knows.
        except Exception as error:
            raise TornArtefactError(key, _first_line(error)) from error
        return _checked(key, table)

    def _opened(self, key: str) -> pa.NativeFile:
        """The artefact's file; a name that looks like an address is a name all the same."""
        return pa.OSFile(str(self.path(key)), "rb")

    def recipe(self, key: str) -> dict[str, Any]:
        """What the artefact was made from, read from the file's end alone.

        Raises:
            StoreError: no readable artefact of that key.
        """
        recipe: dict[str, Any] = self._meta(key)["recipe"]
        return recipe

    def facts(self, key: str) -> dict[str, Any]:
        """What was found when it was made; otherwise as `recipe`."""
        facts: dict[str, Any] = self._meta(key)["facts"]
        return facts

    def provenance(self, key: str) -> dict[str, Any]:
        """Who made it and what that took; otherwise as `recipe`."""
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
        temporary = self.root / "tmp" / f"{artefact.key[:16]}.{os.getpid()}.{secrets.token_hex(4)}"
        try:
            temporary.parent.mkdir(parents=True, exist_ok=True)
            self.path(artefact.key).parent.mkdir(parents=True, exist_ok=True)
            _write_parquet(table, temporary)
            temporary.replace(self.path(artefact.key))
        except OSError as error:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise StoreError(_explain(error, self.root)) from error

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
            raise StoreError(_explain(error, self.root)) from error

    def __iter__(self) -> Iterator[str]:
        """The keys of all artefacts, in order."""
        for path in sorted((self.root / "objects").glob("??/*.parquet")):
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


def _write(table: pa.Table, sink: pa.NativeFile) -> None:
    delta = "targets" in table.column_names
    coded = [f.name for f in table.schema if pa.types.is_string(f.type)]
    pq.write_table(
        table,
        sink,
        compression="zstd",
        compression_level=1,
        use_dictionary=coded,
        column_encoding={_DELTA: "DELTA_BINARY_PACKED"} if delta else None,
        write_statistics=[f.name for f in table.schema if not pa.types.is_list(f.type)],
    )


def _explain(error: OSError, root: Path) -> str:
    if error.errno == errno.ENOSPC:
        return (
            f"the disk of the store {root} is full; free space and run again: finished stages stay"
        )
    return f"cannot write to the store {root}: {error.strerror or error}"
