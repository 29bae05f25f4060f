"""`bench report --document`: pages of docs/ from notes and runs."""

import shutil
from pathlib import Path

import pytest

from tests.benchmark.cli.test_report_cli import bench
from tests.benchmark.runs.test_report_page import run

NOTES = """# A page

{% set probe = run("ipic").at(task="probe") %}
LDA has {{ probe.score("lda", "treatment-accuracy", 2) }}.
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with notes and a run of the name that its document wants."""
    home = tmp_path_factory.mktemp("checkout")
    (home / "docs").mkdir()
    (home / "docs/reproduction-ipic.notes.md").write_text(NOTES, encoding="utf-8")
    return home


def probe_run(home: Path) -> Path:
    return run(home, "ipic", ["lda", "raw"], tasks=["probe"])


def test_a_page_is_its_filled_notes_and_then_its_tables(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = probe_run(checkout)
    monkeypatch.chdir(checkout)
    words = [str(folder), "--store", str(checkout / "store"), "--document", "reproduction-ipic"]
    said = bench("report", *words, "--out", "page.md")
    assert "wrote page.md" in said
    page = (checkout / "page.md").read_text(encoding="utf-8")
    assert page.startswith("# A page\n\nLDA has .")
    headings = [line for line in page.splitlines() if line.startswith("## ")]
    assert headings == ["## Our tables", "## Claims, one by one"]
    assert "| lda |" in page
    assert "IPIC surpasses raw features" in page


def test_missing_runs_are_named(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(checkout)
    shutil.copy("docs/reproduction-ipic.notes.md", "docs/findings.notes.md")
    said = bench("report", "runs/simulation", "--document", "findings", code=2)
    assert "missing: simulation-disjoint, ablation" in said


def test_notes_that_are_not_there_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = bench("report", "runs/ipic", "--document", "reproduction-ipic", code=2)
    assert "cannot read docs/reproduction-ipic.notes.md" in said
    assert "unknown document" in bench("report", "runs/x", "--document", "finding", code=2)
