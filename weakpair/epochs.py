"""Progress of a training: learners say it, whoever shows a run listens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[int, int], None]
"""Takes the epoch that has begun, counted from 1, and the number of epochs at most."""

_LISTENER: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Tell the listener of every epoch that begins meanwhile.

    >>> with heard_by(lambda epoch, most: print(f"epoch {epoch} of {most}")):
    ...     begun(3, 60)
    epoch 3 of 60
    """
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


def begun(epoch: int, most: int) -> None:
    """Say that an epoch of `most` at most begins; without a listener it costs nothing."""
    listener = _LISTENER.get()
    if listener:
        listener(epoch, most)
