"""Pages of docs/ written from their notes and their runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weakpair.errors import ConfigError

if TYPE_CHECKING:
    from benchmark.store.store import Store
    from tables.documents import DocumentRun


def document_page(name: str, words: Sequence[str], store: Path) -> str:
    """The page as Markdown.

    Args:
        name: of the document.
        words: folders of its runs, called as the runs are; further ones are not read.
        store: where the artefacts of the runs lie.

    Raises:
        UnknownNameError: no such document.
        ConfigError: the notes are not in the current folder's docs/.
        DataError: a run that is missing or has not finished, or a number that the notes ask for
            in vain.
    """
    from benchmark.store.store import Store
    from tables.documents import find_document, write_page

    document = find_document(name)
    notes = _notes(Path(document.notes))
    folders = {Path(word).resolve().name: word for word in words}
    wanted = {run: word for run, word in folders.items() if run in document.runs}
    document.check_runs(wanted)
    runs = {run: _read(word, Store(store)) for run, word in wanted.items()}
    return write_page(document, notes, runs)


def _notes(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"cannot read {path}: --document works in the folder of a checkout of weakpair"
        ) from error


def _read(word: str, store: "Store") -> "DocumentRun":
    from benchmark.cli.runs import read_runs
    from benchmark.runs.material.page import run_record
    from tables.documents import DocumentRun

    def facts(key: str) -> Mapping[str, Any]:
        known: Mapping[str, Any] = store.facts(key)["facts"]
        return known

    found = read_runs([word], store.root)
    record = run_record(found.folders[0], store)
    return DocumentRun(found.results, record, facts, found.by_label)
