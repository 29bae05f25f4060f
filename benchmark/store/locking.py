"""Lock for one run at a time in a folder; it goes with the process that holds it."""

import json
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from weakpair.errors import ConfigError, StoreError

if sys.platform != "win32":  # Windows has no locks of this kind: nothing is locked there
    import fcntl

LOCK = ".lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make the folder and keep other runs out of it until the end, or the process's death.

    Raises:
        ConfigError: another run is writing there.
        StoreError: the folder cannot be made.
    """
    is_new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = _acquired(folder)
    except OSError as error:
        raise StoreError(f"cannot write the run to {folder}: {error.strerror or error}") from error
    try:
        yield
    finally:
        with suppress(OSError):
            (folder / LOCK).unlink(missing_ok=True)
            file.close()
            if is_new and not any(folder.iterdir()):
                folder.rmdir()


def _acquired(folder: Path) -> IO[str]:
    while True:
        file = (folder / LOCK).open("a+", encoding="utf-8")
        if not taken(file):
            file.close()
            must_be_free(folder)
            continue
        # The file may have been removed by its last owner since it was opened.
        if _same(file, folder / LOCK):
            file.truncate(0)
            file.write(json.dumps({"host": platform.node(), "pid": os.getpid()}) + "\n")
            file.flush()
            return file
        file.close()


def taken(file: IO[str]) -> bool:
    """Lock a file unless another process holds it; where nothing can be locked, it counts as ours.

    The lock goes as the file is closed.
    """
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def _same(file: IO[str], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except OSError:
        return False


def must_be_free(folder: Path) -> None:
    """Look whether a run writes into the folder.

    Raises:
        ConfigError: one is.
    """
    try:
        with (folder / LOCK).open("r+", encoding="utf-8") as file:
            if taken(file):
                return
            owner = file.read().strip()
    except OSError:
        return
    who = ""
    with suppress(ValueError, KeyError, TypeError):
        known = json.loads(owner)
        who = f" (process {known['pid']} on {known['host']})"
    raise ConfigError(
        f"another run{who} is writing into {folder}; wait for it, or choose another --out"
    )
