"""The lock file beside raw files: what was fetched, from where, and its SHA-256."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from weakpair.errors import DataError
from weakpair.files.whole import write_whole
from weakpair.specs import Frozen, parse

LOCK = "lock.json"


class Locked(Frozen):
    """A file that was fetched.

    Attributes:
        sha256: of the whole file.
        bytes: its size.
        origin: address or folder that it came from.
        fetched: when, in UTC.
        checked: the registry's checksum that it was held against; None: pinned at first fetch.
    """

    kind_of_spec: ClassVar[str] = "locked file"
    sha256: str
    bytes: int
    origin: str
    fetched: str
    checked: str | None = None


def read_lock(raw: Path) -> dict[str, Locked]:
    """Records of the files of a folder, by name; empty where nothing was fetched.

    Raises:
        DataError: the lock file is damaged.
    """
    path = raw / LOCK
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise DataError(
            f"{path}: not readable ({error}); remove it and fetch again, which pins the files anew"
        ) from error
    return {name: parse(Locked, entry, f"{path}: {name}") for name, entry in content.items()}


def write_lock(raw: Path, entries: Mapping[str, Locked]) -> None:
    """Record the files of a folder; the old record stands until the new one is whole."""
    content = {name: entries[name].model_dump() for name in sorted(entries)}
    with write_whole(raw / LOCK) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
