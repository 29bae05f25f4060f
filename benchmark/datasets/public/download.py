"""A downloader for pooch that goes on where it was interrupted."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import requests

from weakpair.errors import DataError

Progress = Callable[[int, int | None], None]
_TIMEOUT = (10, 60)  # seconds until a connection, and between two blocks
_BLOCK = 2**16
# Bytes that a download leaves free, so that the machine goes on.
_LEFT_FREE = 2**28
_LESS_SAFE = ("https", "http")


def _opened(path: Path, mode: str) -> IO[bytes]:
    """A file to write into; never what a link of that name leads to."""

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)

    return open(path, mode, opener=opener)


class ResumingDownload:
    """Downloads into a `.part` file by HTTP range requests and hands it to pooch when it is whole.

    The server's validator (ETag or date) is kept beside the part, so that two versions of a file
    are never joined; a part without one is continued only where a checksum will judge the whole.
    """

    def __init__(
        self,
        part: Path,
        size: int | None = None,
        *,
        checked: bool,
        instead: str = "",
        progress: Progress | None = None,
    ) -> None:
        """The partial file's place, and facts on the file.

        Args:
            part: the file that grows; it survives an interruption.
            size: bytes of the whole, if known.
            checked: whether the whole will be held against a checksum.
            instead: what a user can do where the address does not answer, for messages.
            progress: called with the bytes so far and the bytes of the whole.
        """
        self.part = part
        self.validator = part.with_name(part.name + ".validator")
        self.size = size
        self.checked = checked
        self.instead = f"; {instead}" if instead else ""
        self.progress = progress or (lambda _done, _total: None)

    def __call__(self, url: str, output_file: str, pooch: object) -> None:  # noqa: ARG002
        """Fetch the whole file at `url` to `output_file`; pooch calls this.

        Raises:
            DataError: the address does not answer, answers with something else, or breaks off.
        """
        if self.size is None or self._have() != self.size:
            self._receive(url)
        self.part.replace(output_file)
        self.validator.unlink(missing_ok=True)

    def _receive(self, url: str, *, again: bool = False) -> None:
        try:
            with requests.get(
                url, headers=self._headers(), stream=True, timeout=_TIMEOUT
            ) as response:
                if response.status_code == requests.codes.requested_range_not_satisfiable:
                    self._forget()
                    if not again:
                        return self._receive(url, again=True)
                response.raise_for_status()
                total = self._store(url, response)
        except requests.HTTPError as error:
            answer = str(error).split(" for url")[0]
            raise DataError(f"{url}: the server refuses ({answer}){self.instead}") from error
        except requests.RequestException as error:
            begun = isinstance(error, requests.exceptions.ChunkedEncodingError)
            raise DataError(self._broken(url, type(error).__name__, begun)) from error
        if total is not None and self._have() != total:
            raise DataError(self._broken(url, f"{total:,} were announced", begun=True))
        return None

    def _headers(self) -> dict[str, str]:
        """Ask for what is missing, uncompressed: a range counts the bytes that are sent."""
        headers = {"Accept-Encoding": "identity"}
        validator = self._validator()
        if self._have() and (self.checked or validator):
            headers["Range"] = f"bytes={self._have()}-"
            if validator:
                headers["If-Range"] = validator
        return headers

    def _store(self, url: str, response: requests.Response) -> int | None:
        """Append what arrives, or start anew where the server sends the whole; returns its size."""
        self._same_place(url, response)
        start = self._start(response)
        length = response.headers.get("Content-Length", "")
        total = start + int(length) if length.isdigit() else self.size
        if self.size is not None and total != self.size:
            raise DataError(
                f"{url}: the server offers {total:,} bytes, but the file has {self.size:,}; "
                "it was replaced at its source, or the address leads to something else"
            )
        most = self._most(url, start, total)
        self._keep_validator(response)
        done = start
        with _opened(self.part, "ab" if start else "wb") as file:
            for block in response.iter_content(_BLOCK):
                done += len(block)
                if done > most:
                    raise DataError(f"{url}: the server sends more than {most:,} bytes; refused")
                file.write(block)
                self.progress(done, total)
        return total

    def _same_place(self, url: str, response: requests.Response) -> None:
        """Another host may only send what a checksum will judge.

        Raises:
            DataError: the address led there, and there is no checksum.
        """
        asked, answers = urlsplit(url), urlsplit(response.url)
        moved = asked.hostname != answers.hostname or (asked.scheme, answers.scheme) == _LESS_SAFE
        if moved and not self.checked:
            raise DataError(
                f"{url}: leads to {answers.scheme}://{answers.hostname}, and no checksum says "
                "whether that has the file that is meant; refused"
            )

    def _most(self, url: str, start: int, total: int | None) -> int:
        """Bytes that the part may have: what is announced, else what fits on the disk.

        Raises:
            DataError: what is announced does not fit.
        """
        fits = start + max(0, shutil.disk_usage(self.part.parent).free - _LEFT_FREE)
        if total is not None and total > fits:
            raise DataError(
                f"{url}: {total:,} bytes, and the disk of {self.part.parent} has room for {fits:,}"
            )
        return fits if total is None else total

    def _start(self, response: requests.Response) -> int:
        """The byte that the answer begins with."""
        if response.status_code != requests.codes.partial_content:
            return 0
        found = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
        if found is None or int(found[1]) != self._have():
            self._forget()
            raise DataError(f"{response.url}: the server sent another range; run the command again")
        return self._have()

    def _have(self) -> int:
        if self.part.is_symlink() or self.validator.is_symlink():
            raise DataError(f"{self.part}: a link is in its place; remove it and fetch again")
        return self.part.stat().st_size if self.part.exists() else 0

    def _validator(self) -> str:
        return self.validator.read_text("utf-8") if self.validator.exists() else ""

    def _keep_validator(self, response: requests.Response) -> None:
        tag = response.headers.get("ETag", "")
        # A weak tag may stay the same while bytes change: it does not serve for ranges.
        strong = tag if tag and not tag.startswith("W/") else ""
        self.validator.write_text(strong or response.headers.get("Last-Modified", ""), "utf-8")

    def _forget(self) -> None:
        self.part.unlink(missing_ok=True)
        self.validator.unlink(missing_ok=True)

    def _broken(self, url: str, reason: str, begun: bool) -> str:
        have = self._have()
        if not have and not begun:
            return f"{url}: no connection ({reason}){self.instead}"
        return (
            f"{url}: broke off after {have:,} bytes ({reason}); run the same command again to go "
            "on from there"
        )
