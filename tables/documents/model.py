"""A page of the documentation as data: its notes, the runs it needs and its parts."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd

from tables.model import Table
from tables.page.material import RunRecord
from weakpair.errors import DataError


@dataclass(frozen=True, eq=False)
class DocumentRun:
    """A run as a page uses it.

    Attributes:
        results: tidy results, checked, as `tables.load_results` returns them.
        record: stages and provenance.
        facts: key of a stored fit → its diagnostics, e.g. `gap` of em-cca.
        by_label: scores by label, see `weakpair.vocabulary.columns.BY_LABEL`; None = none.
    """

    results: pd.DataFrame
    record: RunRecord
    facts: Callable[[str], Mapping[str, Any]]
    by_label: pd.DataFrame | None = None


Runs = Mapping[str, DocumentRun]
"""Name of the run's folder → the run."""


class Part(Protocol):
    """A kind of tables on a page."""

    @property
    def runs(self) -> tuple[str, ...]:
        """Names of the runs that its tables are made of."""
        ...

    def tables(self, runs: Runs) -> Sequence[Table]:
        """Make its tables."""
        ...


@dataclass(frozen=True)
class Section:
    """A heading of a page and the part below it."""

    heading: str
    part: Part


@dataclass(frozen=True)
class Document:
    """A page: notes filled with numbers, then its sections in order.

    Attributes:
        name: of `bench report --document NAME`; the notes are docs/NAME.notes.md.
        sections: headings and tables behind the notes.
        notes_runs: runs that the notes speak of and no section does.
    """

    name: str
    sections: tuple[Section, ...]
    notes_runs: tuple[str, ...] = ()

    @property
    def notes(self) -> str:
        """Path of the notes in a checkout."""
        return f"docs/{self.name}.notes.md"

    @property
    def page(self) -> str:
        """Path of the page in a checkout."""
        return f"docs/{self.name}.md"

    @property
    def runs(self) -> tuple[str, ...]:
        """Names of all runs that the page needs, in the order of their first use."""
        used = [name for section in self.sections for name in section.part.runs]
        return tuple(dict.fromkeys([*used, *self.notes_runs]))

    def check_runs(self, runs: Collection[str]) -> None:
        """Make sure that every run of the page is there.

        Raises:
            DataError: some run is missing; the line names all of them.
        """
        missing = [name for name in self.runs if name not in runs]
        if missing:
            raise DataError(
                f"the document {self.name} needs the runs {', '.join(self.runs)}; missing: "
                f"{', '.join(missing)}. Name their folders, e.g. runs/{missing[0]}"
            )
