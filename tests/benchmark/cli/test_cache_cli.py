"""`bench cache ls`: totals, filters, and the method that each artefact is of; what completes."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from aligners import linear
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
@pytest.mark.parametrize("kept", ["weights", "potentials"])
def test_a_plan_is_exported_however_it_is_kept(kept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if kept == "potentials":
        monkeypatch.setattr(linear, "_WEIGHTS", 0)
        monkeypatch.setenv("WEAKPAIR_STORE", "other")
        words = ["--learners", "lda", "--aligners", "labeled-eot", "--tasks", "matching,imputation"]
        bench("run", "--grid", "smoke", "--workers", "0", *words, "--out", "runs/other")
        one, other = (
            pd.read_parquet(f"runs/{name}/results.parquet") for name in ("smoke", "other")
        )
        both = one.merge(other, on=["fold", "learner", "aligner", "task", "metric"])
        assert len(both) == 4
        np.testing.assert_allclose(both["value_x"], both["value_y"], rtol=1e-9)
    first = bench("cache", "ls", "--kind", "align", "--method", "lda")[0].split()[0]
    (said,) = bench("cache", "export", first, "--out", "plan.parquet")
    entries = pd.read_parquet("plan.parquet")
    assert said == f"wrote plan.parquet: {len(entries):,} weights"
    assert list(entries.columns) == ["row", "column", "weight"]
    assert entries["weight"].sum() == pytest.approx(1)
    assert not entries.duplicated(["row", "column"]).any()
    score = bench("cache", "ls", "--kind", "score")[0].split()[0]
    assert "is no plan" in bench("cache", "export", score, "--out", "x.parquet", code=2)[0]


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
