"""Server of processes that map cells: forked before anything from outside is imported.

What a method from outside is called in forks the server first. Each answer is a fork of that: it
knows nothing that the method did since, and costs milliseconds, where a new interpreter costs two
seconds.
"""

import os
import pickle
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import IO, Any

from weakpair.errors import MethodError

Around = Callable[[int], AbstractContextManager[None]]
"""A context in which answers compute on so many threads."""


class Server:
    """Forked copy of this process that answers calls, each in a fork of its own.

    Args:
        around: context of each answer.
        closed: files of this process that the copy must not hold open.
    """

    def __init__(self, around: Around, closed: Sequence[IO[Any]] = ()) -> None:
        # A copy of this process that a method forks shares the line, and would take its answers.
        self._owner = os.getpid()
        asked_here, ask = os.pipe()
        answer_here, answer = os.pipe()
        sys.stdout.flush()
        if not os.fork():
            for file in closed:
                file.close()
            os.close(ask)
            os.close(answer_here)
            _serve(os.fdopen(asked_here, "rb"), os.fdopen(answer, "wb"), around)
        os.close(asked_here)
        os.close(answer)
        self._calls, self._ends = os.fdopen(ask, "wb"), os.fdopen(answer_here, "rb")

    def run(
        self, function: Callable[..., None], calls: Sequence[Sequence[Any]], threads: int
    ) -> list[int]:
        """Call a function side by side, each call in a process of its own.

        Args:
            function: of a module of ours; what it returns is lost.
            calls: arguments of each.
            threads: of each.

        Returns:
            Exit status of each process, negative where a signal ended it.

        Raises:
            MethodError: the server is gone, or is another process's.
        """
        if os.getpid() != self._owner:
            raise MethodError("a copy of the process, forked by a method, maps no cells")
        try:
            pickle.dump((function, [tuple(call) for call in calls], threads), self._calls)
            self._calls.flush()
            ends: list[int] = pickle.load(self._ends)
        except (OSError, EOFError, ValueError, pickle.UnpicklingError) as error:
            raise MethodError(
                "lost the process that starts those which map cells "
                f"({type(error).__name__}); a method may have closed its files or ended it"
            ) from error
        return ends


def _serve(calls: IO[bytes], ends: IO[bytes], around: Around) -> None:
    """Answer until the other end of the line is closed, and end."""
    status = 1
    try:
        while True:
            function, asked, threads = pickle.load(calls)
            children = [_fork(function, arguments, threads, around) for arguments in asked]
            statuses = [os.waitpid(child, 0)[1] for child in children]
            pickle.dump([os.waitstatus_to_exitcode(status) for status in statuses], ends)
            ends.flush()
    except (EOFError, BrokenPipeError):
        status = 0
    finally:
        os._exit(status)


def _fork(function: Callable[..., None], arguments: Any, threads: int, around: Around) -> int:
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        with around(threads):
            function(*arguments)
        status = 0
    except BaseException:  # noqa: BLE001 - nothing of it may reach the server's loop
        traceback.print_exc()
    finally:
        # Threads and handlers of the method do not keep the process.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


_ours: list[Server] = []


def prepare(around: Around, closed: Sequence[IO[Any]] = ()) -> None:
    """Have a server from now on; to be called while only our modules are imported."""
    _ours.append(Server(around, closed))


def server() -> Server | None:
    """The server of this process, if it has one."""
    return _ours[-1] if _ours else None
