"""Notes of pages: no literal scores, every name they ask for stands in the grids, pages follow."""

import re
from pathlib import Path

import pytest

from benchmark.cli.documents import document_page
from tables.documents import DOCUMENTS, Document, fill_notes
from tests.docs.literals import CALLS, literals
from tests.docs.synthetic import synthetic_run

HOME = Path(__file__).parents[2]
STATE = "> **State of this page.**"


def notes_of(document: Document) -> str:
    return (HOME / document.notes).read_text(encoding="utf-8")


def named(document: Document) -> str:
    return document.name


def lost(notes: str, page: str) -> list[str]:
    """Sentences of notes, between their calls, that the page does not have."""
    bare = " ".join(page.split())
    parts = (" ".join(part.split()) for part in CALLS.split(notes))
    return [part for part in parts if len(part) > 20 and part not in bare]


@pytest.mark.parametrize(
    "text", ["It has .123.", "Trace 0.456 ± 0.01", "by +.1 ± .02", "on 7 of 8 splits", "−.014"]
)
def test_a_literal_score_is_found(text: str) -> None:
    assert literals(f"# Notes\n\n{text}\n")[0].startswith("3: ")


@pytest.mark.parametrize(
    "text",
    [
        '{{ score("lda", "trace") }}',
        "ε of 0.005",
        "section 5.1, 80/20, version 1.2.3",
        "`--set lr=.1`",
        "> Measured once, on seeds 100 and 101: .655",
        "{{ score(\n.1) }}",
    ],
)
def test_settings_calls_and_what_is_marked_are_no_literals(text: str) -> None:
    assert literals(text) == []


@pytest.mark.parametrize("path", sorted(HOME.glob("docs/*.notes.md")), ids=lambda path: path.name)
def test_notes_hold_no_literal_score(path: Path) -> None:
    assert literals(path.read_text(encoding="utf-8")) == []


def test_every_notes_file_is_of_a_document() -> None:
    there = {str(path.relative_to(HOME)) for path in HOME.glob("docs/*.notes.md")}
    assert there == {document.notes for document in DOCUMENTS}


# Its claims are decided on as many results as a real page has.
LONG = "findings"


@pytest.mark.parametrize(
    "document",
    [pytest.param(one, marks=pytest.mark.slow) if one.name == LONG else one for one in DOCUMENTS],
    ids=named,
)
def test_all_that_notes_ask_for_stands_in_the_grids(document: Document) -> None:
    runs = {name: synthetic_run(name) for name in document.runs}
    page = fill_notes(document, notes_of(document), runs)
    assert lost(notes_of(document), page) == []
    assert lost(notes_of(document) + "{{ '' }}A sentence that is new.", page)
    assert "{{" not in page
    assert "{%" not in page
    assert "nan" not in re.findall(r"\w+", page)
    for block in re.findall(r"(?:^ *\|.*\n)+", page, re.MULTILINE):
        assert len({line.count("|") for line in re.sub(r"\\\|", "", block).splitlines()}) == 1


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_pages_are_what_notes_and_runs_give(
    document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (HOME / document.page).read_text(encoding="utf-8")
    if STATE in page:
        pytest.skip(f"{document.page} says that it awaits its runs")
    assert lost(notes_of(document), page) == []
    folders = [HOME / "runs" / name for name in document.runs]
    missing = [folder.name for folder in folders if not (folder / "results.parquet").exists()]
    if missing:
        pytest.skip(f"numbers of {document.page} cannot be compared without {', '.join(missing)}")
    monkeypatch.chdir(HOME)
    assert document_page(document.name, list(map(str, folders)), HOME / ".weakpair") == page
