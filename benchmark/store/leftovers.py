"""Files on their way into a store, and which of them nobody will ever finish."""

import os
import platform
import re
import secrets
import stat
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import psutil

FOLDER = "tmp"
MINUTE, DAY, WEEK = 60.0, 86_400.0, 604_800.0
_OURS = re.compile(r"(?:[0-9a-f]{16}|timings|answers)(?:\.([0-9a-f]{8}))?\.(\d{1,10})\.[0-9a-f]{8}")


def this_host() -> str:
    """A short digest of this machine's name."""
    return sha256(platform.node().encode()).hexdigest()[:8]


def temporary(root: Path, stem: str) -> Path:
    """A path for a file of the store at `root` that is renamed once it is whole."""
    owner = f"{this_host()}.{os.getpid()}.{secrets.token_hex(4)}"
    return root / FOLDER / f"{stem}.{owner}"


def abandoned(root: Path) -> list[Path]:
    """Temporary files whose writer is gone; where that cannot be told, those older than a day.

    Files that no store of ours has named are left alone.
    """
    return sorted(path for path in (root / FOLDER).glob("*") if _abandoned(path))


def _abandoned(path: Path) -> bool:
    name = _OURS.fullmatch(path.name)
    if name is None or not is_plain(path):
        return False
    written = 0.0
    with suppress(OSError):
        written = path.lstat().st_mtime
    if name[1] == this_host() and not alive(int(name[2]), written):
        return older(path, MINUTE)
    return older(path, DAY)


def alive(pid: int, since: float) -> bool:
    """Tell whether a process of this machine is there and was there at that time."""
    try:
        return psutil.Process(pid).create_time() <= since
    except psutil.Error:
        return False


def older(path: Path, seconds: float) -> bool:
    """Tell whether a file is there and was not written to for so long."""
    try:
        return time.time() - path.lstat().st_mtime > seconds
    except OSError:
        return False


def is_plain(path: Path) -> bool:
    """Tell whether it is a file that can be read without waiting: no folder, no pipe, no link."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False
