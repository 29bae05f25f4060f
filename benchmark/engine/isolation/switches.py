"""The pieces of Python's, NumPy's and the process's global state that a stage may leave changed."""

import gc
import locale
import os
import pickle
import random
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGCHLD, signal.SIGPIPE)
_STREAMS = ("stdin", "stdout", "stderr", "displayhook", "excepthook")
_UNKNOWN = object()


@dataclass(frozen=True)
class Switch:
    """Piece of global state: `read` gives a value that `write` takes."""

    read: Callable[[], Any]
    write: Callable[[Any], object]

    def look(self) -> Any:
        """The value now; something that `put_back` knows if it cannot be read."""
        with suppress(Exception):
            return self.read()
        return _UNKNOWN

    def put_back(self, before: Any) -> None:
        """Write a value if it is not the one now; one that cannot be written stays."""
        if before is not _UNKNOWN and self.look() != before:
            with suppress(Exception):
                self.write(before)


def main_thread() -> list[Switch]:
    """Signals and the alarm, which only the main thread may set."""
    if threading.current_thread() is not threading.main_thread():
        return []
    left, start = signal.getitimer(signal.ITIMER_REAL)[0], time.monotonic()

    def set_alarm(was: bool) -> None:
        rest = max(1e-3, left - (time.monotonic() - start))
        signal.setitimer(signal.ITIMER_REAL, rest if was else 0)

    return [
        Switch(lambda: signal.getitimer(signal.ITIMER_REAL)[0] > 0, set_alarm),
        Switch(_handlers, _set_handlers),
    ]


def _handlers() -> dict[signal.Signals, Any]:
    found = {number: signal.getsignal(number) for number in _SIGNALS}
    # None: not set from Python, and not to be put back from it.
    return {number: handler for number, handler in found.items() if handler is not None}


def _set_handlers(handlers: Mapping[signal.Signals, Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)


def _set_environment(before: Mapping[str, str]) -> None:
    for name in set(os.environ) - set(before):
        del os.environ[name]
    os.environ.update(before)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _streams() -> dict[str, Any]:
    return {name: getattr(sys, name) for name in _STREAMS}


def _set_streams(before: Mapping[str, Any]) -> None:
    for name, value in before.items():
        setattr(sys, name, value)


def _set_filters(before: list[Any]) -> None:
    filters: Any = warnings.filters
    filters[:] = before


PROCESS = (
    Switch(os.getcwd, os.chdir),
    Switch(lambda: dict(os.environ), _set_environment),
    Switch(_umask, os.umask),
    Switch(
        lambda: signal.pthread_sigmask(signal.SIG_BLOCK, []),
        lambda mask: signal.pthread_sigmask(signal.SIG_SETMASK, mask),
    ),
    Switch(_streams, _set_streams),
    Switch(sys.gettrace, sys.settrace),
    Switch(sys.getprofile, sys.setprofile),
    Switch(sys.getrecursionlimit, sys.setrecursionlimit),
    Switch(gc.isenabled, lambda on: gc.enable() if on else gc.disable()),
    Switch(
        lambda: locale.setlocale(locale.LC_ALL), lambda name: locale.setlocale(locale.LC_ALL, name)
    ),
    Switch(lambda: list(warnings.filters), _set_filters),
    Switch(lambda: warnings.showwarning, lambda show: setattr(warnings, "showwarning", show)),
    Switch(random.getstate, random.setstate),
    Switch(np.geterr, lambda before: np.seterr(**before)),
    Switch(np.geterrcall, np.seterrcall),
    Switch(np.get_printoptions, lambda before: np.set_printoptions(**before)),
    Switch(
        lambda: pickle.dumps(np.random.get_state()),  # noqa: NPY002
        lambda before: np.random.set_state(pickle.loads(before)),  # noqa: NPY002
    ),
)
