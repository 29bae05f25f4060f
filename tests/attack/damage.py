"""Kinds of damage to an artefact's file."""

import os
import random
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmark.store.store import Artefact, Store


def cut(keep: Callable[[int], int]) -> Callable[[Path], None]:
    return changed(lambda content: content[: keep(len(content))])


def changed(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def act(path: Path) -> None:
        path.write_bytes(change(path.read_bytes()))

    return act


def flipped(where: Callable[[int], int]) -> Callable[[Path], None]:
    def flip(content: bytes) -> bytes:
        made = bytearray(content)
        made[where(len(made))] ^= 16
        return bytes(made)

    return changed(flip)


def instead(put: Callable[[Path], object]) -> Callable[[Path], None]:
    """Something else in the file's place."""

    def act(path: Path) -> None:
        path.unlink()
        put(path)

    return act


def rewritten(change: Callable[[pa.Table], pa.Table]) -> Callable[[Path], None]:
    """A sound Parquet file with the metadata of before, but another table."""

    def act(path: Path) -> None:
        table = pq.ParquetFile(path).read()
        made = change(table)
        pq.write_table(made.replace_schema_metadata(table.schema.metadata), path)

    return act


def first_value_changed(table: pa.Table) -> pa.Table:
    """The last column's first entry stands in the place of its second."""
    name = table.column_names[-1]
    order = [0, 0, *range(2, table.num_rows)]
    return table.set_column(
        table.num_columns - 1, name, table.column(name).take(order[: table.num_rows])
    )


def resealed(path: Path) -> None:
    """Another artefact, sealed by ours, under this name."""
    store, other = Store(path.parents[2]), "0" * 64
    found = store.read(path.stem)
    store.write(Artefact(other, found.table.slice(1), found.recipe, found.facts))
    store.path(other).replace(path)


def facts_changed(path: Path) -> None:
    table = pq.ParquetFile(path).read()
    (name,) = table.schema.metadata
    meta = table.schema.metadata[name].replace(b'"facts":{', b'"facts":{"a":1,', 1)
    pq.write_table(table.replace_schema_metadata({name: meta}), path)


def another_of_the_store(path: Path) -> None:
    other = next(p for p in sorted(path.parents[1].glob("*/*.parquet")) if p != path)
    path.write_bytes(other.read_bytes())


def linked_to_another(path: Path) -> None:
    other = next(p for p in sorted(path.parents[1].glob("*/*.parquet")) if p != path)
    path.symlink_to(other)


KINDS: Mapping[str, Callable[[Path], None]] = {
    "empty": cut(lambda size: 0),
    "one byte": cut(lambda size: 1),
    "half of it": cut(lambda size: size // 2),
    "last byte gone": cut(lambda size: size - 1),
    "zeros": changed(lambda content: bytes(len(content))),
    "zeros but for its end": changed(lambda content: bytes(len(content) - 8) + content[-8:]),
    "noise": changed(lambda content: random.Random(0).randbytes(len(content))),
    "one bit of the table": flipped(lambda size: 40),
    "one bit of the metadata": flipped(lambda size: size - 200),
    "one bit of the length": flipped(lambda size: size - 6),
    "more at its end": changed(lambda content: content + b"more"),
    "written twice": changed(lambda content: content * 2),
    "another value": rewritten(first_value_changed),
    "a row less": rewritten(lambda table: table.slice(1)),
    "a column less": rewritten(lambda table: table.drop_columns(table.column_names[-1:])),
    "other facts": facts_changed,
    "another artefact": another_of_the_store,
    "sealed under another key": resealed,
    "text": changed(lambda content: b"key,value\n1,2\n"),
    "missing": instead(lambda path: None),
    "a folder": instead(Path.mkdir),
    "a pipe": instead(os.mkfifo),
    "a link to nowhere": instead(lambda path: path.symlink_to("nowhere")),
    "a link to itself": instead(lambda path: path.symlink_to(path)),
    "a link to another artefact": instead(linked_to_another),
}
