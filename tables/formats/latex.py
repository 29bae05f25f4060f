"""LaTeX with booktabs; compiles with pdfLaTeX, XeLaTeX and tectonic."""

import re
from collections.abc import Iterable, Sequence

from tables.formats import Screen
from tables.formats.escape import latex as escape
from tables.model import Cell, Column, Group, Mark, Row, Table

_SIGNS = {"†": r"$^\dagger$", "‡": r"$^\ddagger$", "≈": r"$^\approx$"}
_NEEDS = "% \\usepackage{booktabs,textcomp,graphicx} \\usepackage[T1]{fontenc} (pdfLaTeX)\n"
# About what a page of A4 with narrow margins has room for, in letters of \small.
_ROOM = 110
_BETWEEN = 2  # letters that the space between columns is worth


def render(tables: Sequence[Table], _screen: Screen) -> str:
    """Write each table as a float with a caption and a label made of its title."""
    return _NEEDS + "\n".join(_write(table) for table in tables)


def _write(table: Table) -> str:
    wide = _letters(table) > _ROOM
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{escape(f'{table.title}. {table.caption}')}}}",
        rf"\label{{tab:{_slug(table.title)}}}",
        r"\small",
        r"\setlength{\tabcolsep}{4pt}",
        # What is wider than the page is made as wide as the page.
        *([r"\resizebox{\linewidth}{!}{%"] if wide else []),
        rf"\begin{{tabular}}{{{''.join('r' if c.numeric else 'l' for c in table.columns)}}}",
        r"\toprule",
        _line(escape(column.heading) for column in table.columns),
        *(line for group in table.groups for line in _group(group, table.columns)),
        r"\bottomrule",
        r"\end{tabular}" + ("}" if wide else ""),
        r"\end{table}",
        "",
    ]
    return "\n".join(lines)


def _letters(table: Table) -> int:
    """Letters in a line of the table, each column as wide as its widest text."""
    texts = (
        [column.heading, *(row.cells[n].display for row in table.rows)]
        for n, column in enumerate(table.columns)
    )
    return sum(max(map(len, column)) + _BETWEEN for column in texts)


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _group(group: Group, columns: Sequence[Column]) -> list[str]:
    heading = rf"\multicolumn{{{len(columns)}}}{{l}}{{\textit{{{escape(group.label)}}}}} \\"
    rows = [_row(row, columns) for row in group.rows]
    return [r"\midrule", *([heading] if group.label else []), *rows]


def _row(row: Row, columns: Sequence[Column]) -> str:
    return _line(_cell(c, column) for c, column in zip(row.cells, columns, strict=True))


def _line(cells: Iterable[str]) -> str:
    return rf"{' & '.join(cells)} \\"


def _cell(cell: Cell, column: Column) -> str:
    # In a number the hyphen is a minus sign; in a name it is a hyphen.
    text = escape(cell.display.replace("-", "−") if column.numeric else cell.display)
    text += "".join(_SIGNS[sign] for sign in cell.signs)
    if Mark.BEST in cell.marks:
        return rf"\textbf{{{text}}}"
    return rf"\underline{{{text}}}" if Mark.SECOND in cell.marks else text
