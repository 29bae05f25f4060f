"""Pages of the documentation: notes with numbers asked for by name, then tables, all from runs.

    document = find_document("findings")
    page = write_page(document, notes, runs)

`documents` lists the pages and their parts, `words` what notes can ask for.
"""

from tables.documents.documents import DOCUMENTS, find_document
from tables.documents.model import Document, DocumentRun
from tables.documents.writing import fill_notes, write_page

__all__ = [
    "DOCUMENTS",
    "Document",
    "DocumentRun",
    "fill_notes",
    "find_document",
    "write_page",
]
