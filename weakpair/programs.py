"""Programs of anybody's, run on a folder of files: what learners and aligners by command share."""

import json
import os
import shlex
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from weakpair.errors import MethodError, ParameterError

REQUEST = "request.json"
_LAST = 300


class Program:
    """A method that is a program: what a learner and an aligner by command have in common.

    Args:
        run: the command line.
        params: plain values that are handed to the program in `request.json`.
        timeout: seconds that a call may take.
    """

    def __init__(
        self, run: str = "", params: dict[str, Any] | None = None, timeout: float = 3600.0
    ) -> None:
        self.run = run
        self.params = params
        self.timeout = timeout

    @property
    def version(self) -> str:
        """1 and a digest of the program's files."""
        return f"1+{digest_of(self.run)}" if self.run else "1"

    def check_call(self) -> None:
        """Raise ParameterError where the program cannot be called so."""
        words_of(self.run)
        if not 0 < self.timeout < inf:
            raise ParameterError(f"timeout is {self.timeout!r}; it must be a number above 0")

    def call(self, action: str, folder: Path, **request: Any) -> None:
        """Have the program do something in a folder; see `ask`."""
        ask(self.run, action, folder, {**request, "params": self.params or {}}, self.timeout)


def words_of(command: str) -> list[str]:
    """The words of a command line.

    Raises:
        ParameterError: none, or quotes that do not end.

    >>> words_of("Rscript 'my map.R' --fast")
    ['Rscript', 'my map.R', '--fast']
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ParameterError(f"run={command!r}: {error}") from error
    if not words:
        raise ParameterError("run is empty; give the program, e.g. run='Rscript map.R'")
    return words


def digest_of(command: str) -> str:
    """A digest of the files that a command line names, so that a changed program is another one."""
    found = sha256()
    for word in words_of(command):
        path = Path(word).expanduser()
        if path.is_file():
            found.update(path.read_bytes())
    return found.hexdigest()[:12]


def ask(
    command: str, action: str, folder: Path, request: Mapping[str, Any], timeout: float
) -> None:
    """Run `COMMAND ACTION FOLDER`, with `request.json` in the folder.

    Args:
        command: of the program.
        action: what it is to do.
        folder: where it finds its input and leaves its output.
        request: plain values; they stand in `request.json`.
        timeout: seconds that it may take; then it is ended, and what it started.

    Raises:
        MethodError: it cannot be started, takes too long or ends with another code than 0; the line
            ends with the last one of its standard error.
    """
    (folder / REQUEST).write_text(json.dumps({"action": action, **request}), encoding="utf-8")
    words = [*words_of(command), action, str(folder)]
    try:
        child = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise MethodError(f"{words[0]} cannot be started: {error.strerror}") from error
    try:
        said, _ = child.communicate(timeout=timeout)
    except subprocess.TimeoutExpired as error:
        raise MethodError(f"{words[0]} {action} took longer than {timeout:g} s") from error
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    if child.returncode:
        lines = said.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        raise MethodError(
            f"{words[0]} {action} ended with code {child.returncode}: {lines[-1][:_LAST]}"
        )


def write_cells(
    path: Path, x: NDArray[np.floating[Any]], labels: Sequence[str] | None = None
) -> None:
    """Write cells as Parquet: `label`, where there are labels, then x0, x1, …; a row per cell."""
    columns = {} if labels is None else {"label": pa.array(list(labels), pa.string())}
    columns |= {f"x{j}": pa.array(column) for j, column in enumerate(x.T)}
    pq.write_table(pa.table(columns), path)


def read_numbers(path: Path, names: Sequence[str] = ()) -> NDArray[np.float64]:
    """Read a table of numbers that a program left, (rows, columns).

    Args:
        path: of the Parquet file.
        names: columns to read; all of them, in their order, where none are named.

    Raises:
        MethodError: no such file, not Parquet, a column that is missing or holds no numbers.
    """
    try:
        table = pq.read_table(path, columns=list(names) or None)
    except (OSError, pa.ArrowException) as error:
        raise MethodError(f"the program left no {path.name} that can be read: {error}") from error
    missing = [name for name in names if name not in table.column_names]
    if missing or not table.column_names:
        raise MethodError(f"{path.name} has no column {missing[0] if missing else 'at all'}")
    try:
        columns = [np.asarray(column, dtype=np.float64) for column in table.columns]
    except (TypeError, ValueError) as error:
        raise MethodError(f"{path.name} holds something that is no number: {error}") from error
    return np.stack(columns, axis=1)
