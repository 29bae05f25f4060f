"""Isolation of stages: the process's global state is put back after each.

Methods switch torch's gradients off, change the working folder or replace standard output, and
leave it so. Whatever of this kind can be read is read before a stage and written back after it.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import aligners
import learners
from benchmark.engine.isolation.switches import PROCESS, main_thread


@contextmanager
def restored() -> Iterator[None]:
    """Put global state back afterwards: Python's, NumPy's, torch's and the process's own.

    torch is left alone where it is not imported yet.
    """
    switches = [*PROCESS, *main_thread()]
    if "torch" in sys.modules:
        from benchmark.engine.isolation.torch_switches import TORCH

        switches += TORCH
    before = [switch.look() for switch in switches]
    with learners.REGISTRY.kept(), aligners.REGISTRY.kept(), _descriptors():
        try:
            yield
        finally:
            for switch, value in zip(switches, before, strict=True):
                switch.put_back(value)


@contextmanager
def one_process() -> Iterator[None]:
    """End a copy of this process that a fork inside made, where it would go on with its work."""
    pid = os.getpid()
    try:
        yield
    finally:
        if os.getpid() != pid:
            os._exit(0)


@contextmanager
def interrupts() -> Iterator[Callable[[], bool]]:
    """Tell an interrupt of the user's from a `KeyboardInterrupt` that a method raises.

    Yields:
        A function that says whether this process was really sent SIGINT, or SIGTERM where that
        is treated alike.
    """
    seen: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def noted(handler: Callable[..., Any]) -> Callable[[int, Any], Any]:
        def handle(number: int, frame: Any) -> Any:
            seen.append(number)
            return handler(number, frame)

        return handle

    handled = {number: handler for number, handler in before.items() if callable(handler)}
    for number, handler in handled.items():
        signal.signal(number, noted(handler))
    try:
        yield lambda: bool(seen)
    finally:
        for number, handler in handled.items():
            signal.signal(number, handler)


@contextmanager
def _descriptors() -> Iterator[None]:
    """Put standard input, output and error back, closed or redirected though they be."""
    saved = {}
    for number in (0, 1, 2):
        with suppress(OSError):
            saved[number] = os.dup(number), _what(number)
    try:
        yield
    finally:
        for number, (copy, what) in saved.items():
            with suppress(OSError):
                if _what(number) != what:
                    os.dup2(copy, number)
            with suppress(OSError):
                os.close(copy)


def _what(number: int) -> tuple[int, int] | None:
    """Identify what a descriptor refers to, None if it is closed."""
    try:
        found = os.fstat(number)
    except OSError:
        return None
    return found.st_dev, found.st_ino
