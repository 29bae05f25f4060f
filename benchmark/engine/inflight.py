"""Notes in the store on every stage that is under way: which process computes it.

Notes determine nothing. One that its process could not take away any more is not believed where
that can be told, and goes when the stage is computed after all.
"""

import json
import os
import platform
import re
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from benchmark.stages.graph.node import Node
from benchmark.store.leftovers import MINUTE, WEEK, alive, is_plain, older
from weakpair.epochs import heard_by

FOLDER = "running"
_KEY = re.compile("[0-9a-f]{64}")
_SECONDS_BETWEEN_EPOCHS = 0.5


@dataclass(frozen=True)
class Note:
    """The process that computes a stage, and how far it is.

    Attributes:
        key: of the stage.
        host: the machine.
        pid: the process.
        since: when it began, in seconds since 1970.
        epoch: the epoch of training that it was last seen in, 0 if it trains nothing.
        epochs: how many there are at most.
    """

    key: str
    host: str
    pid: int
    since: float
    epoch: int = 0
    epochs: int = 0

    @property
    def seconds(self) -> float:
        """Time that it has been going on, in seconds."""
        return max(0.0, time.time() - self.since)

    @property
    def trained(self) -> str:
        """Epoch in words, empty if it trains nothing."""
        return f"epoch {self.epoch}/{self.epochs}" if self.epochs else ""


@contextmanager
def announced(root: Path, *stages: Node) -> Iterator[None]:
    """Leave notes in the store at `root` while the stages are computed.

    A store that is gone, or cannot be written, goes without.
    """
    folder = root / FOLDER
    notes = [Note(stage.key, platform.node(), os.getpid(), time.time()) for stage in stages]
    last = time.monotonic()

    def train(epoch: int, epochs: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _SECONDS_BETWEEN_EPOCHS:
            _leave(folder, [replace(note, epoch=epoch, epochs=epochs) for note in notes])
            last = time.monotonic()

    _leave(folder, notes)
    try:
        with heard_by(train):
            yield
    finally:
        for stage in stages:
            with suppress(OSError):
                (folder / stage.key).unlink(missing_ok=True)


def _leave(folder: Path, notes: Sequence[Note]) -> None:
    with suppress(OSError):
        folder.mkdir(exist_ok=True)
        for note in notes:
            (folder / note.key).write_text(json.dumps(asdict(note)), encoding="utf-8")


def under_way(root: Path, keys: Collection[str]) -> list[Note]:
    """The notes on those stages, the oldest first."""
    notes = []
    for path in (root / FOLDER).glob("*"):
        # A note may go, or be half written, while it is read.
        with suppress(OSError, ValueError, TypeError):
            if not is_plain(path):
                continue
            note = Note(**json.loads(path.read_text(encoding="utf-8")))
            if note.key in keys and _credible(note):
                notes.append(note)
    return sorted(notes, key=lambda note: (note.since, note.key))


def forgotten(root: Path) -> list[Path]:
    """Notes that their process could not take away; of other machines those older than a week."""
    return sorted(path for path in (root / FOLDER).glob("*") if _forgotten(path))


def _forgotten(path: Path) -> bool:
    if not _KEY.fullmatch(path.name) or not is_plain(path) or not older(path, MINUTE):
        return False
    try:
        note = Note(**json.loads(path.read_text(encoding="utf-8")))
        local = note.host == platform.node()
    except (OSError, ValueError, TypeError):
        return True
    return not _credible(note) if local else older(path, WEEK)


def _credible(note: Note) -> bool:
    """Tell whether the process is there, if it is one of this machine."""
    return note.host != platform.node() or alive(note.pid, note.since)
