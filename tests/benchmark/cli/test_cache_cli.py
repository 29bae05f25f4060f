"""`bench cache ls`: totals, filters, and the method that each artefact is of; what completes."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmark.cli import app, completion


def bench(*words: str, code: int = 0) -> list[str]:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False, env={"COLUMNS": "200"})
    assert result.exit_code == code, result.output
    return result.output.splitlines()


@pytest.fixture
def _a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WEAKPAIR_STORE", raising=False)
    bench(
        *("run", "--grid", "smoke", "--workers", "0", "--learners", "lda,pca"),
        *("--aligners", "labeled-eot", "--tasks", "matching"),
    )


@pytest.mark.usefixtures("_a_run")
def test_the_store_is_listed_by_method_kind_and_data_set() -> None:
    *lines, total = bench("cache", "ls")
    assert total.startswith(f"{len(lines)} artefacts, ")
    *scores, total = bench("cache", "ls", "--kind", "score", "--method", "LDA")
    assert len(scores) == 2
    assert all(
        "digits fold-" in line and "lda labeled-eot test matching" in line for line in scores
    )
    assert sum(int(line.split()[2].replace(",", "")) for line in scores) == int(
        total.split()[2].replace(",", "")
    )
    assert bench("cache", "ls", "--dataset", "digits")[-1].startswith(f"{len(lines)} artefacts")
    assert bench("cache", "ls", "--dataset", "other") == ["0 artefacts, 0 B"]
    assert "did you mean 'score'" in bench("cache", "ls", "--kind", "scores", code=2)[0]


@pytest.mark.usefixtures("_a_run")
def test_values_complete() -> None:
    assert completion.grids("smo") == ["smoke"]
    assert completion.learners("pca,lda-b") == ["pca,lda-bounded"]
    assert "labeled-eot" in completion.aligners("labeled")
    assert completion.runs("") == ["runs/smoke"]
    assert completion.runs("runs/s") == ["runs/smoke"]
    assert completion.tasks("matching,p") == ["matching,probe"]
    assert completion.kinds("al") == ["align"]
    assert completion.formats("ma") == ["markdown"]
    assert completion.papers("i") == ["ipic"]


def test_help_stands_in_panels() -> None:
    said = "\n".join(bench("--help"))
    assert all(f"─ {panel} ─" in said for panel in ("Run", "Look", "Data", "Maintenance"))
