"""Writers: one module per format, each with `render(tables, screen) -> str`."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, Self, cast

from tables.model import Table
from weakpair.errors import UnknownNameError

FORMATS = ("text", "markdown", "latex", "csv", "html")


@dataclass(frozen=True)
class Screen:
    """A screen on which text is read: its columns (None = no limit), and whether it has styles."""

    width: int | None = None
    styled: bool = False

    @classmethod
    def detect(cls) -> Self:
        """The standard output: its width and styles if it is a terminal, else neither."""
        from rich.console import Console

        console = Console()
        if not console.is_terminal:
            return cls()
        return cls(width=console.width, styled=console.color_system is not None)


class _Writer(Protocol):
    def render(self, tables: Sequence[Table], screen: Screen) -> str: ...


def render(
    tables: Table | Sequence[Table],
    format: str = "text",  # noqa: A002
    *,
    screen: Screen | None = None,
) -> str:
    """Write one table or several.

    Args:
        tables: what to write, in this order.
        format: "text", "markdown", "latex", "csv" or "html".
        screen: for "text" only; None = plain text of any width. `Screen.detect()` fits a terminal.

    Raises:
        UnknownNameError: no such format.
    """
    if format not in FORMATS:
        raise UnknownNameError("format", format, FORMATS)
    writer = cast("_Writer", import_module(f"tables.formats.{format}"))
    several = (tables,) if isinstance(tables, Table) else tuple(tables)
    return writer.render(several, screen or Screen())
