"""Raw files of a source: from its addresses or from a folder, checked before they are believed."""

import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pooch
from pooch.hashes import hash_matches

from benchmark.datasets.public.download import Progress, ResumingDownload
from benchmark.datasets.public.lock import Locked, read_lock, write_lock
from benchmark.datasets.public.owned import RAW
from benchmark.datasets.public.sets import RawFile, Source
from weakpair.errors import DataError
from weakpair.files.whole import write_whole

State = Literal["good", "unpinned", "missing", "damaged"]
Observer = Callable[["Fetched"], None]
Follow = Callable[[RawFile], Progress]


@dataclass(frozen=True)
class Fetched:
    """Outcome of fetching one file.

    Attributes:
        file: the entry of the registry.
        how: "there" (already), "fetched" or "copied".
        pinned: the registry has no checksum for it, the lock file's was used or made.
    """

    file: RawFile
    how: Literal["there", "fetched", "copied"]
    pinned: bool


def raw_folder(source: Source, folder: Path) -> Path:
    """Folder of a source's raw files in the data folder."""
    return folder / RAW / source.name


def fetch(
    source: Source,
    folder: Path,
    origin: Path | None = None,
    *,
    observe: Observer = lambda _fetched: None,
    follow: Follow | None = None,
) -> Path:
    """Bring all files of a source into the data folder.

    Files that are there and good are left alone. A file is renamed into place only when its size
    and its checksum are right; a download that broke off goes on where it stopped.

    Args:
        source: an entry of the registry.
        folder: the data folder.
        origin: a folder to copy from, for machines without network and files without address.
        observe: told about every file.
        follow: gives every download somebody who watches its progress.

    Returns:
        The folder of the raw files.

    Raises:
        DataError: a file cannot be had, is cut off or is another one than the checksum's.
    """
    pooch.get_logger().setLevel(logging.WARNING)  # our own messages are enough
    raw = raw_folder(source, folder)
    lock = read_lock(raw)
    wanted = list(_wanted(source, raw, origin))
    # After that: a mistake leaves nothing behind.
    raw.mkdir(parents=True, exist_ok=True)
    for file in wanted:
        expected = _expected(file, lock)
        if _is_good(raw / file.name, file, expected):
            how: Literal["there", "fetched", "copied"] = "there"
        elif origin is not None and (found := _in_folder(origin, file)) is not None:
            _copy(found, raw / file.name, file, expected)
            how = "copied"
        else:
            _download(source, file, raw, expected, follow(file) if follow else None)
            how = "fetched"
        if how != "there" or file.name not in lock:
            lock[file.name] = _locked(raw / file.name, file, origin if how == "copied" else None)
            write_lock(raw, lock)
        observe(Fetched(file, how, file.checksum is None))
    return raw


def check(source: Source, folder: Path) -> dict[str, State]:
    """The state of every raw file: held against the registry's checksum and the lock file.

    "unpinned" is a file that neither knows. Optional files that are not there are left out.

    Raises:
        DataError: the lock file is damaged.
    """
    raw = raw_folder(source, folder)
    lock = read_lock(raw)
    states: dict[str, State] = {}
    for file in source.files:
        path = raw / file.name
        if not path.exists():
            if not file.optional:
                states[file.name] = "missing"
            continue
        known = [file.checksum, f"sha256:{lock[file.name].sha256}" if file.name in lock else None]
        good = all(_is_good(path, file, checksum) for checksum in known)
        states[file.name] = "damaged" if not good else "good" if any(known) else "unpinned"
    return states


def _wanted(source: Source, raw: Path, origin: Path | None) -> Iterator[RawFile]:
    """The files to see to; complains before the first download about one that cannot be had."""
    if origin is not None and not origin.is_dir():
        raise DataError(f"--from {origin}: no such folder")
    for file in source.files:
        present = (raw / file.name).exists()
        offered = origin is not None and _in_folder(origin, file) is not None
        if origin is not None and not (present or offered or file.optional):
            raise DataError(f"--from {origin}: no file {file.name!r}, which {source.name} needs")
        if file.url is None and not (present or offered):
            if file.optional:
                continue
            raise DataError(
                f"{source.name}: {file.name} has no open address: {file.by_hand}; then: "
                f"bench data fetch {source.name} --from FOLDER"
            )
        if present or offered or not file.optional:
            yield file


def _expected(file: RawFile, lock: dict[str, Locked]) -> str | None:
    """The checksum to hold a file against: the registry's, else the one pinned before."""
    if file.checksum is not None or file.name not in lock:
        return file.checksum
    return f"sha256:{lock[file.name].sha256}"


def _is_good(path: Path, file: RawFile, checksum: str | None) -> bool:
    if not path.is_file() or file.bytes not in (None, path.stat().st_size):
        return False
    return bool(hash_matches(str(path), checksum))


def _in_folder(origin: Path, file: RawFile) -> Path | None:
    """The file of that name in a folder or below it.

    Raises:
        DataError: there are several.
    """
    if (origin / file.name).is_file():
        return origin / file.name
    found = sorted(path for path in origin.rglob(file.name) if path.is_file())
    if len(found) > 1:
        raise DataError(f"{found[0]} and {found[1]}: keep one of them, or name its folder")
    return found[0] if found else None


def _copy(found: Path, target: Path, file: RawFile, expected: str | None) -> None:
    if file.bytes not in (None, found.stat().st_size):
        raise DataError(
            f"{found}: {found.stat().st_size:,} bytes, but the file has {file.bytes:,}; "
            "it is cut off or another version"
        )
    with write_whole(target) as part:
        shutil.copyfile(found, part)
        if not hash_matches(str(part), expected):
            raise DataError(_wrong(str(found), file, expected))


def _download(
    source: Source, file: RawFile, raw: Path, expected: str | None, progress: Progress | None
) -> None:
    if file.url is None:
        raise DataError(
            f"{raw / file.name}: cut off, or not the file that is meant ({expected}); get it again "
            f"({file.by_hand}) and give its folder with --from"
        )
    part = raw / f"{file.name}.part"
    downloader = ResumingDownload(
        part,
        file.bytes,
        checked=bool(expected),
        instead=f"without network: bench data fetch {source.name} --from FOLDER",
        progress=progress,
    )
    (raw / file.name).unlink(missing_ok=True)
    try:
        pooch.retrieve(file.url, expected, fname=file.name, path=raw, downloader=downloader)
    except ValueError as error:  # pooch's word for a wrong checksum; it removes the file
        raise DataError(_wrong(file.url, file, expected)) from error


def _wrong(where: str, file: RawFile, expected: str | None) -> str:
    if file.checksum is not None:
        return f"{where}: not the file that is meant: its checksum is not {expected}; refused"
    return (
        f"{where}: not the file that was pinned at first fetch ({expected}); refused; to take the "
        "new one remove the lock file and fetch again"
    )


def _locked(path: Path, file: RawFile, origin: Path | None) -> Locked:
    return Locked(
        sha256=pooch.file_hash(str(path)),
        bytes=path.stat().st_size,
        origin=str(origin) if origin is not None else file.url or "by hand",
        fetched=datetime.now(UTC).isoformat(timespec="seconds"),
        checked=file.checksum,
    )
