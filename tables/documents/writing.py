"""Writes a page of the documentation: its notes, filled, then its sections."""

from tables.documents.model import Document, Runs
from tables.documents.words import words
from tables.filling import rendered
from tables.formats import render


def write_page(document: Document, notes: str, runs: Runs) -> str:
    """The whole page as Markdown.

    Args:
        document: which page.
        notes: its notes, a Jinja template that knows the words of `tables.documents.words`.
        runs: by the name of their folder.

    Raises:
        DataError: a run that is missing, or a number that the notes ask for in vain.
    """
    parts = [fill_notes(document, notes, runs)]
    for section in document.sections:
        tables = render(section.part.tables(runs), "markdown")
        parts.append(f"## {section.heading}\n\n{tables.strip()}\n")
    return "\n".join(parts)


def fill_notes(document: Document, notes: str, runs: Runs) -> str:
    """The prose of the page: its notes with their numbers; every page begins with it.

    Raises:
        DataError: as `write_page`.
    """
    document.check_runs(runs)
    return rendered(notes, words(runs), document.notes)
