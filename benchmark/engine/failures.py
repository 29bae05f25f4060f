"""Accounts of an exception: a line for tables and a log, whatever the exception is like."""

import traceback

from weakpair.errors import BenchError

LINE = 2_000
LOG = 2**16


def line_of(error: BaseException, *, whole: bool = False) -> str:
    """Line that says what happened; of our own errors the message alone.

    It has the message's first line, or the `whole` of it.
    """
    try:
        lines = str(error).splitlines()
        message = " ".join(" ".join(lines).split()) if whole else next(iter(lines), "")
    except BaseException as second:  # noqa: BLE001 - its text is a method's code too
        message = f"(its message cannot be read: {type(second).__name__})"
    own = isinstance(error, BenchError)
    return plain(message if own else f"{type(error).__name__}: {message}", LINE)


def log_of(error: BaseException) -> str:
    """The traceback."""
    try:
        text = "".join(traceback.format_exception(error))
    except BaseException as second:  # noqa: BLE001
        text = f"{line_of(error)}\n(its traceback cannot be read: {type(second).__name__})\n"
    return plain(text, LOG)


def plain(text: str, most: int) -> str:
    r"""Text that any file takes: lone surrogates are spelt out, a long middle is left out.

    >>> plain("a\ud800b", 20)
    'a\\ud800b'
    >>> plain("0123456789" * 9, 30)
    '0123456789012345678901 … 56789'
    """
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    cut = " … "
    if len(text) > most:
        tail = most // 6
        text = text[: most - tail - len(cut)] + cut + text[-tail:]
    return text
