"""Folders of the data folder that `bench data` made: what they may be called, and replacing them.

Only a folder whose record lists all that lies in it is ever replaced; nothing else is removed.
"""

import json
import os
import re
import shutil
from pathlib import Path

from weakpair.errors import ConfigError, DataError

RAW = "raw"
RECORD = "prepared.json"
README = "README.md"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")


def set_name(name: str, what: str) -> str:
    """The name itself, if a prepared set may have it.

    Raises:
        ConfigError: it may not, for it could lead out of the data folder or to its raw files.

    >>> set_name("screen-30.v2", "--as")
    'screen-30.v2'
    """
    if not _NAME.fullmatch(name) or name.casefold() == RAW:
        raise ConfigError(
            f"{what} {name!r}: use letters, digits and . _ -, a letter or digit first, and not "
            f"{RAW!r}, where the raw files lie"
        )
    return name


def must_be_replaceable(folder: Path) -> None:
    """Make sure that a folder is one of ours, with nothing of anybody else's in it.

    Raises:
        DataError: it has no record of ours, or holds what its record does not list.
    """
    if folder.is_symlink() or not folder.is_dir():
        raise DataError(f"{folder} is no folder; only a set of bench data is replaced, use --as")
    try:
        content = json.loads((folder / RECORD).read_text("utf-8"))
        listed = {RECORD, README, *content["tables"]}
        ours = {"source", "prepare", "digest"} <= content.keys()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        ours, listed = False, set()
    if not ours:
        raise DataError(
            f"{folder} has no {RECORD} of bench data: it is somebody's own and stays; use --as "
            "for another name"
        )
    others = sorted(path.name for path in folder.iterdir() if path.name not in listed)
    if others:
        raise DataError(
            f"{folder} holds {others[0]!r}, which bench data did not write; move it away, or use "
            "--as for another name"
        )


def put_in_place(made: Path, target: Path) -> None:
    """Give a folder that was made its name; what has the name is looked at and then replaced.

    Raises:
        DataError: `target` is not to be replaced.
    """
    if not target.exists() and not target.is_symlink():
        made.rename(target)
        return
    must_be_replaceable(target)
    old = target.with_name(f".{target.name}.{os.getpid()}.old")
    target.rename(old)
    made.rename(target)
    shutil.rmtree(old)
