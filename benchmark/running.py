"""Who computes what right now: a note in the store for every stage that is under way.

Notes determine nothing. One that its process could not take away any more is not believed where
that can be told, and goes when the stage is computed after all.
"""

import json
import os
import platform
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from benchmark.graph import Stage

FOLDER = "running"


@dataclass(frozen=True)
class Note:
    """The process that computes the stage of that key, since when (seconds of the epoch)."""

    key: str
    host: str
    pid: int
    since: float


@contextmanager
def announced(root: Path, *stages: Stage) -> Iterator[None]:
    """Leave notes in the store at `root` while the stages are computed.

    A store that cannot be written goes without.
    """
    folder = root / FOLDER
    host, pid, since = platform.node(), os.getpid(), time.time()
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        for stage in stages:
            note = Note(stage.key, host, pid, since)
            (folder / stage.key).write_text(json.dumps(asdict(note)), encoding="utf-8")
    try:
        yield
    finally:
        for stage in stages:
            with suppress(OSError):
                (folder / stage.key).unlink(missing_ok=True)


def under_way(root: Path, keys: Collection[str]) -> list[Note]:
    """The notes on those stages, the oldest first."""
    notes = []
    for path in (root / FOLDER).glob("*"):
        # A note may go, or be half written, while it is read.
        with suppress(OSError, ValueError, TypeError):
            note = Note(**json.loads(path.read_text(encoding="utf-8")))
            if note.key in keys and _credible(note):
                notes.append(note)
    return sorted(notes, key=lambda note: (note.since, note.key))


def _credible(note: Note) -> bool:
    """Whether the process is there, if it is one of this machine."""
    if note.host != platform.node():
        return True
    try:
        return psutil.Process(note.pid).create_time() <= note.since
    except psutil.Error:
        return False
