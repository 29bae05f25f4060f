"""CSV for machines: one line per cell, names as they are, numbers in full precision."""

import csv
from collections.abc import Iterator, Sequence
from io import StringIO

from tables.formats import Screen
from tables.model import Cell, Mark, Row, Table

HEADER = ("table", "group", "row", "column", "value", "se", "n", "done", "expected", "marks")


def render(tables: Sequence[Table], _screen: Screen) -> str:
    """Write all tables under one header; `marks` are separated by spaces.

    `se` is the standard error over `n` units; `done` of `expected` scores are there.
    """
    file = StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(HEADER)
    for table in tables:
        for group in table.groups:
            for row in group.rows:
                writer.writerows(_lines(table, group.label, row))
    return file.getvalue()


def _lines(table: Table, group: str, row: Row) -> Iterator[tuple[str, ...]]:
    name, *cells = row.cells
    for column, cell in zip(table.columns[1:], cells, strict=True):
        value = _number(cell.value) if column.numeric else cell.display
        rest = (_number(x) for x in (cell.se, cell.n, cell.done, cell.expected))
        yield (table.title, group, name.display, column.name, value, *rest, _marks(name, cell))


def _number(value: float | None) -> str:
    return "" if value is None else repr(value)


def _marks(name: Cell, cell: Cell) -> str:
    return " ".join(sorted((name.marks & {Mark.UNCONVERGED, Mark.SUSPECT}) | cell.marks))
