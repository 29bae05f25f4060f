"""GitHub's Markdown: a pipe table; <ins> is the underline that GitHub keeps."""

from collections.abc import Iterable, Sequence

from tables.formats import Screen
from tables.formats.escape import markdown as escape
from tables.model import Cell, Column, Group, Mark, Table


def render(tables: Sequence[Table], _screen: Screen) -> str:
    """Write tables under headings of the third level, captions below."""
    return "\n".join(_write(table) for table in tables)


def _write(table: Table) -> str:
    lines = [
        f"### {escape(table.title)}",
        "",
        _row(escape(column.heading) for column in table.columns),
        _row("---:" if column.numeric else ":---" for column in table.columns),
        *(line for group in table.groups for line in _group(group, table.columns)),
        "",
        escape(table.caption),
        "",
    ]
    return "\n".join(lines)


def _group(group: Group, columns: Sequence[Column]) -> list[str]:
    label = [_row([f"*{escape(group.label)}*", *([""] * (len(columns) - 1))])]
    rows = [_row(_cell(cell) for cell in row.cells) for row in group.rows]
    return [*(label if group.label else []), *rows]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell) -> str:
    text = " ".join([escape(cell.display), *cell.signs])
    if Mark.BEST in cell.marks:
        return f"**{text}**"
    return f"<ins>{text}</ins>" if Mark.SECOND in cell.marks else text
