"""Printing that fits the stream it goes to; a reader that has gone is no failure."""

import codecs
import os
import sys
import unicodedata
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from weakpair.visible import visible

if TYPE_CHECKING:
    from rich.console import Console

HANDLER = "weakpair-plain"
CLOSED = 141  # as a shell says of a process that died of SIGPIPE
# Signs that tables, lists and messages use, in letters that every terminal has.
_PLAIN = {
    **{"→": "->", "←": "<-", "↑": "^", "↓": "v", "≈": "~", "≠": "!=", "≤": "<=", "≥": ">="},
    **{"†": "+", "−": "-", "–": "-", "—": "-", "…": "...", "·": ".", "•": "*", "±": "+-"},
    **{"×": "x", "‘": "'", "’": "'", "“": '"', "”": '"', "«": '"', "»": '"', "✓": "x"},
    **dict.fromkeys("─━═╌╴╶╸╺", "-"),
    **dict.fromkeys("│┃║", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╯╰╷╵┏┓┗┛┡┩╇", "+"),
    **{"ε": "eps", "λ": "lambda", "τ": "tau", "β": "beta", "α": "alpha", "σ": "sigma", "μ": "mu"},
}


def plain(text: str) -> str:
    """The same in ASCII, as well as can be.

    >>> plain("Trace ↑ 0.5 ± 0.1 † Peyré … 漢")
    'Trace ^ 0.5 +- 0.1 + Peyre ... ?'
    """
    return "".join(_letter(sign) for sign in text)


def _letter(sign: str) -> str:
    if sign in _PLAIN:
        return _PLAIN[sign]
    bare = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
    return bare or "?"


def _handle(error: UnicodeError) -> tuple[str, int]:
    """Replace what a codec cannot write."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return plain(error.object[error.start : error.end]), error.end


def adapt_streams() -> None:
    """Let standard output and error show what they can of anything, in any encoding.

    UTF-8 too has no place for half a surrogate pair, as file names may hold.
    """
    codecs.register_error(HANDLER, _handle)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors=HANDLER)


def shown(text: str) -> str:
    r"""Foreign text as it is: no control character reaches the terminal or turns the line round.

    >>> shown("a\x1b[31mb\nc")
    'a\\x1b[31mb c'
    """
    return visible(text.replace("\n", " ").replace("\t", " "))


def say(text: str, *, err: bool = False) -> None:
    """Print lines to standard output or error; nothing foreign in them steers the terminal."""
    import typer

    typer.echo(visible(text, keep="\n"), err=err)


def warn(text: str) -> None:
    """Print lines to standard error, as `say` does."""
    say(text, err=True)


def screen(*, stderr: bool = False, width: int | None = None) -> "Console":
    """Rich's console on a standard stream; a closed pipe is the affair of `main`."""
    from rich.console import Console

    class Screen(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    return Screen(stderr=stderr, width=width)


def flush() -> None:
    """Write out what is left; a closed pipe (`bench cache ls | head`) takes it in silence."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            discard(stream)
        except (OSError, ValueError):
            continue


def discard(stream: TextIO) -> None:
    """Let what is still to be written to the stream go nowhere."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
