"""Needs of running runs in a store: `bench cache gc` removes none of it.

A run files the keys of its graph in the store and holds a lock on that file, which goes with its
process. A gate keeps a run from filing its keys while artefacts are being removed.
"""

import os
import secrets
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from benchmark.store.leftovers import WEEK, is_plain, older, this_host
from benchmark.store.locking import taken

if sys.platform != "win32":  # Windows has no locks of this kind: nothing is locked there
    import fcntl

FOLDER = "using"
_GATE = ".gate"


@contextmanager
def in_use(root: Path, keys: Iterable[str]) -> Iterator[None]:
    """Keep the artefacts of these keys from being removed as garbage.

    A store that cannot be written, from which nothing can be removed either, goes without.
    """
    note = root / FOLDER / f"{this_host()}.{os.getpid()}.{secrets.token_hex(4)}"
    file: IO[str] | None = None
    with suppress(OSError):
        note.parent.mkdir(parents=True, exist_ok=True)
        with _gate(root, exclusive=False):
            file = note.open("w", encoding="utf-8")
            taken(file)
            file.write("\n".join(keys) + "\n")
            file.flush()
    try:
        yield
    finally:
        if file is not None:
            with suppress(OSError):
                note.unlink(missing_ok=True)
            file.close()


@contextmanager
def nobody_starts(root: Path) -> Iterator[set[str]]:
    """Hold runs back from starting on a store; yields the keys that those going on need."""
    with _gate(root, exclusive=True):
        yield used(root, clean=True)


def used(root: Path, *, clean: bool = False) -> set[str]:
    """Keys that runs need which go on now; `clean` removes the notes of runs that are gone."""
    keys: set[str] = set()
    for note in (root / FOLDER).glob("*.*.*"):
        if not is_plain(note):
            continue
        with suppress(OSError, UnicodeDecodeError), note.open("r+", encoding="utf-8") as file:
            # A lock of another machine may not be seen here.
            ours = note.name.startswith(f"{this_host()}.")
            if taken(file) and (ours or older(note, WEEK)):
                if clean:
                    note.unlink(missing_ok=True)
                continue
            keys.update(file.read().split())
    return keys


@contextmanager
def _gate(root: Path, *, exclusive: bool) -> Iterator[None]:
    (root / FOLDER).mkdir(parents=True, exist_ok=True)
    with (root / FOLDER / _GATE).open("a", encoding="utf-8") as gate:
        if sys.platform != "win32":
            with suppress(OSError):  # a file system without locks
                fcntl.flock(gate, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
        yield
