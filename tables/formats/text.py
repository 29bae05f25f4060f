"""Plain text and terminals, through rich."""

from collections.abc import Sequence
from io import StringIO
from typing import TYPE_CHECKING

from tables.formats import Screen
from tables.formats.escape import plain
from tables.model import Cell, Column, Group, Mark, Table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as Grid
    from rich.text import Text

_STYLES = {Mark.BEST: "bold", Mark.SECOND: "underline"}
_SYMBOLS = {Mark.BEST: "*", Mark.SECOND: "_"}
_UNBOUND = 10_000
_PROSE = 100


def render(tables: Sequence[Table], screen: Screen) -> str:
    """Draw tables for a screen; a table too wide for it stacks ± under the number.

    Numbers are never cut: what still does not fit is drawn wider than the screen.
    """
    return "\n".join(_draw(table, screen) for table in tables)


def _draw(table: Table, screen: Screen) -> str:
    from rich.text import Text

    grid, width = _fit(table, screen)
    console = _console(width, screen.styled)
    console.print(Text(plain(table.title), style="bold"))
    console.print(grid)
    prose = _console(screen.width or _PROSE, screen.styled)
    prose.print()
    prose.print(Text(plain(table.caption), style="dim"))
    if not screen.styled and any(c.marks & set(_SYMBOLS) for r in table.rows for c in r.cells):
        prose.print(Text("* best (bold), _ second-best (underlined)"))
    return "".join(f"{line.rstrip()}\n" for line in _written(console, prose).splitlines())


def _written(*consoles: "Console") -> str:
    return "".join(console.file.getvalue() for console in consoles)  # type: ignore[attr-defined]


def _console(width: int, styled: bool) -> "Console":
    from rich.console import Console

    return Console(
        file=StringIO(),
        width=width,
        force_terminal=styled,
        force_jupyter=False,
        color_system="standard" if styled else None,
        legacy_windows=False,
        highlight=False,
    )


def _fit(table: Table, screen: Screen) -> tuple["Grid", int]:
    """The roomiest layout that fits, with the width it is drawn at."""
    roomy = _grid(table, screen.styled, narrow=False)
    _, needed = _measure(roomy)
    if screen.width is None or needed <= screen.width:
        return roomy, needed
    narrow = _grid(table, screen.styled, narrow=True)
    least, needed = _measure(narrow)
    return narrow, max(least, min(needed, screen.width))


def _measure(grid: "Grid") -> tuple[int, int]:
    """Columns a grid needs with its names folded, and without."""
    size = _console(_UNBOUND, styled=False).measure(grid)
    return size.minimum, size.maximum


def _grid(table: Table, styled: bool, *, narrow: bool) -> "Grid":
    from rich.box import SIMPLE
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid(box=SIMPLE, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    lines = [[_lines(cell, styled, narrow) for cell in row.cells] for row in table.rows]
    for index, column in enumerate(table.columns):
        heading = _heading(column, narrow)
        widest = max(_width(text) for text in (heading, *(row[index] for row in lines)))
        grid.add_column(
            Text(heading),
            justify="right" if column.numeric else "left",
            no_wrap=column.numeric,
            min_width=widest if column.numeric else None,
            overflow="fold",
        )
    for group in table.groups:
        _add_group(grid, group, styled, narrow)
    return grid


def _add_group(grid: "Grid", group: Group, styled: bool, narrow: bool) -> None:
    from rich.text import Text

    if group.label:
        grid.add_row(Text(plain(group.label), style="italic"))
    for row in group.rows:
        grid.add_row(*(_text(cell, styled, narrow) for cell in row.cells))
    grid.add_section()


def _heading(column: Column, narrow: bool) -> str:
    name = plain(column.display)
    arrow = column.heading[len(column.display) :]
    return (name.replace(" ", "\n") if narrow else name) + arrow


def _width(text: str) -> int:
    return max(map(len, text.split("\n")))


def _lines(cell: Cell, styled: bool, narrow: bool) -> str:
    """Text of a cell; on a screen without styles a symbol stands before the number."""
    text = " ".join([plain(cell.display), *cell.signs])
    symbol = "" if styled else "".join(s for mark, s in _SYMBOLS.items() if mark in cell.marks)
    broken = text.replace(" ± ", "\n± ").replace(" (", "\n(").replace(" + ", "\n+ ")
    return symbol + (broken if narrow else text)


def _text(cell: Cell, styled: bool, narrow: bool) -> "Text":
    from rich.text import Text

    style = " ".join(_STYLES[mark] for mark in sorted(cell.marks & set(_STYLES)))
    text = Text(_lines(cell, styled, narrow))
    # As a span, not as the text's own style: that would underline the padding too.
    text.stylize(style)
    return text
