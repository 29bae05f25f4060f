"""The face for notebooks does what the commands do, on AnnData, with the same store."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import learners
import tables
import weakpair
from tests.benchmark.cli.test_cli import bench, inside
from tests.test_readme import blocks
from weakpair.errors import DataError, InputError

anndata = pytest.importorskip("anndata")
pd = pytest.importorskip("pandas")

__all__ = ["inside"]

GROUPS = np.repeat(["a", "b", "c"], 12)
FEW: dict[str, Any] = {
    "group": "drug",
    "learners": ["lda", "pca"],
    "aligners": ["labeled-eot", "label-uniform"],
    "tasks": "matching",
    "split": "kfold:3",
    "names": ("RNA", "protein"),
    "quiet": True,
}


def screen(width: int, ids: str = "cell", seed: int = 0) -> Any:
    """Cells whose two modalities share six directions; ids are equal where the prefix is."""
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(36, 6)) + 4 * rng.normal(size=(3, 6))[np.repeat(range(3), 12)]
    x = shared @ np.random.default_rng(width).normal(size=(6, width))
    order = np.random.default_rng(seed).permutation(36)
    obs = pd.DataFrame({"drug": GROUPS[order], "other": 1}, index=[f"{ids}{i}" for i in order])
    var = pd.DataFrame(index=[f"g{i}" for i in range(width)])
    return anndata.AnnData(X=x[order].astype(np.float32), obs=obs, var=var)


@pytest.fixture
def found() -> weakpair.Results:
    return weakpair.benchmark(screen(8), screen(5, seed=1), **FEW)


@pytest.mark.usefixtures("inside")
def test_scores_and_tables_are_those_of_the_command(found: weakpair.Results) -> None:
    said = bench("report", "runs/screen", "--task", "matching")
    assert repr(found).strip() == said.strip()
    assert found.tasks == ["matching"]
    ranking = found.ranking()
    assert set(ranking.index[ranking["group"] == ""]) == {"lda + labeled-eot", "pca + labeled-eot"}
    mean = found.scores.query("learner == 'lda' and aligner == 'labeled-eot' and metric == 'trace'")
    assert ranking.loc["lda + labeled-eot", "trace"] == pytest.approx(mean["value"].mean())
    assert found.failures.empty
    html = found._repr_html_()
    assert html.count("<table") == len(found.tables()) == 1
    assert repr(weakpair.results("runs/screen")) == repr(found)
    assert weakpair.results("runs/screen").scores.equals(found.scores)
    assert found.page("page.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.usefixtures("inside")
def test_nothing_is_computed_twice_and_the_best_is_applied(found: weakpair.Results) -> None:
    before = sorted(Path(".weakpair/objects").rglob("*.parquet"))
    again = weakpair.benchmark(screen(8), screen(5, seed=1), **FEW)
    assert sorted(Path(".weakpair/objects").rglob("*.parquet")) == before
    assert repr(again) == repr(found)
    match = found.match()
    first = found.ranking().index[0]
    assert first == f"{match.settings['learner']['name']} + {match.settings['aligner']['name']}"
    assert len(match.one.ids) == 36


@pytest.mark.usefixtures("inside")
def test_without_pairs_surrogates_are_computed() -> None:
    more = {**FEW, "tasks": None, "settings": ["surrogate.merges=1"], "learners": "lda"}
    found = weakpair.benchmark(screen(8), screen(5, "other"), paired="none", **more)
    assert found.tasks == ["surrogate"]
    with pytest.raises(DataError, match="has no scores of matching; it has surrogate"):
        found.ranking("matching")


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"group": "drugs"}, "RNA: obs has no column 'drugs'; it has drug, other"),
        ({"names": ("RNA", "RNA")}, "two modalities need two names"),
        ({"learners": ["ldaa"]}, "ldaa"),
        ({"name": "a/b"}, "use letters, digits"),
    ],
)
def test_bad_input_is_one_line(changed: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError) as caught:
        weakpair.benchmark(screen(8), screen(5), **{**FEW, **changed})
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("inside")
def test_a_run_that_is_not_there_is_told() -> None:
    with pytest.raises(DataError, match="does not exist"):
        weakpair.results("runs/none")


@pytest.mark.usefixtures("inside")
def test_the_notebook_of_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    for name, width in (("rna", 40), ("adt", 12)):
        data = screen(width)
        data.X = rng.poisson(np.exp(data.X / 4) + 1).astype(np.float32)
        data.obs = data.obs.rename(columns={"drug": "perturbation"})
        data.write_h5ad(f"{name}.h5ad")
    (source,) = [block for block in blocks("python") if block.startswith("# notebook.py")]
    names: dict[str, Any] = {}
    exec(source, names)
    assert "Matching: screen (k-fold, same training cells)" in capsys.readouterr().out
    assert "lda + labeled-eot" in set(names["results"].ranking("imputation").index)
    assert Path("matched.h5mu").exists()


def test_the_wings_are_the_same_objects() -> None:
    assert weakpair.learners is learners
    assert weakpair.tables is tables
    assert {"benchmark", "match", "results", "learners"} <= set(dir(weakpair))
    with pytest.raises(AttributeError, match="no attribute 'learner'"):
        _ = weakpair.learner


def test_a_namesake_beside_a_script_is_no_harm(tmp_path: Path) -> None:
    (tmp_path / "learners.py").write_text("raise RuntimeError('not this one')\n")
    code = "import weakpair; print(weakpair.learners.get('lda'))"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
