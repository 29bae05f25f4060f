"""Ctrl-C is answered at once, whatever the process is at."""

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SAID = "stopping... finished stages are stored, run the same command to go on"
_STOP = {signal.SIGINT, signal.SIGTERM}


@contextmanager
def answered(say: Callable[[str], None]) -> Iterator[None]:
    """Say that the run stops as soon as a signal arrives, also amid one long call into a library.

    Python hands a signal on only between two of its own instructions; its number arrives at the
    socket before that. Batch systems announce the end of a job by SIGTERM: that ends as Ctrl-C.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reading, writing = socket.socketpair()
    writing.setblocking(False)
    listener = threading.Thread(target=_listen, args=(reading, say), daemon=True)
    listener.start()
    terminate = signal.signal(signal.SIGTERM, signal.default_int_handler)
    before = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        signal.signal(signal.SIGTERM, terminate)
        writing.close()
        listener.join()
        reading.close()


def _listen(reading: socket.socket, say: Callable[[str], None]) -> None:
    while numbers := reading.recv(64):
        if _STOP.intersection(numbers):
            say(SAID)
            return
