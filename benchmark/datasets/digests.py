"""Digests of files, of folders that are one file to their readers, and of specs."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from weakpair.errors import DataError


def file_digest(path: Path) -> bytes:
    """SHA-256 of a file's bytes; of a folder (a zarr store), of all its files and their names.

    Raises:
        DataError: a file is missing or not readable, or a folder inside is a link.
    """
    try:
        if not path.is_dir():
            return _bytes_digest(path)
        digest = hashlib.sha256()
        inside = sorted(path.rglob("*"))
        for link in inside:
            if link.is_symlink() and link.is_dir():
                raise DataError(f"{link}: a link to a folder inside a store; copy it there")
        for file in (file for file in inside if file.is_file()):
            name = file.relative_to(path).as_posix().encode()
            digest.update(len(name).to_bytes(4, "big") + name + _bytes_digest(file))
        return digest.digest()
    except OSError as error:
        raise DataError(f"{error.filename or path}: {error.strerror or error}") from error


def _bytes_digest(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        raise DataError(f"{path}: no file but a pipe or a device; data are read more than once")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def in_digests(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Keys of a data set's spec as digests have them: those of the first version, for good.

    >>> in_digests({"downstream": "phase", "batch": None})
    {'batch': None, 'task': 'phase'}
    """
    content = dict(spec)
    content["task"] = content.pop("downstream")
    return content
