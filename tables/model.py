"""One table model for every format: plain text and numbers, no markup.

Displays are what a person typed or what we counted, never escaped: each format escapes for itself.
"""

from dataclasses import dataclass
from enum import StrEnum

from weakpair.errors import ParameterError


class Mark(StrEnum):
    """Marks that a format shows by its own means: bold, underline, †, ‡, ≈."""

    BEST = "best"
    SECOND = "second-best"
    UNCONVERGED = "not-converged"
    SUSPECT = "suspect"
    TIED = "tied-with-best"


SIGNS = {Mark.UNCONVERGED: "†", Mark.SUSPECT: "‡", Mark.TIED: "≈"}
"""Signs after the text of a cell, in this order."""


@dataclass(frozen=True)
class Cell:
    """A number and how it is shown, and which artefacts it came from.

    `se` is the standard error over `n` units; `done` of `expected` (replicate, fold) pairs have a
    result. A cell of text has no value.

    >>> Cell(0.5, "0.500 ± 0.010", se=0.01, n=5).display
    '0.500 ± 0.010'
    """

    value: float | None
    display: str
    sources: tuple[str, ...] = ()
    marks: frozenset[Mark] = frozenset()
    se: float | None = None
    n: int | None = None
    done: int | None = None
    expected: int | None = None

    @property
    def signs(self) -> list[str]:
        """The signs of the cell's marks."""
        return [sign for mark, sign in SIGNS.items() if mark in self.marks]


@dataclass(frozen=True)
class Column:
    """A column: `name` for machines, `display` for people, and which way is better, if any."""

    name: str
    display: str
    higher_is_better: bool | None = None
    numeric: bool = True

    @property
    def heading(self) -> str:
        """The display with an arrow that points to the better end.

        >>> Column("mse", "MSE", higher_is_better=False).heading
        'MSE ↓'
        """
        if self.higher_is_better is None:
            return self.display
        return f"{self.display} {'↑' if self.higher_is_better else '↓'}"


@dataclass(frozen=True)
class Row:
    """One cell per column; the first one names the row."""

    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Group:
    """A section of a table: rows under a common label, which may be empty."""

    label: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Table:
    """A table as every format draws it.

    Raises:
        ParameterError: a row whose cells are not as many as the columns.
    """

    title: str
    caption: str
    columns: tuple[Column, ...]
    groups: tuple[Group, ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row.cells) != len(self.columns):
                raise ParameterError(
                    f"table {self.title!r}: a row has {len(row.cells)} cells, "
                    f"the table {len(self.columns)} columns"
                )

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows, group after group."""
        return tuple(row for group in self.groups for row in group.rows)
