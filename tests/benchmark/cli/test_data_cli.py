"""`bench data` as a person types it, and a run on a person's own file."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from benchmark.cli import app
from benchmark.datasets.public.sets import find_source, shipped_sources
from tests.benchmark.datasets.raw_formats import WRITERS, toy_tables
from tests.benchmark.datasets.screen_files import cite, write_portal
from tests.benchmark.datasets.web import Site, serving

METHODS = ["--learners", "pca,lda", "--aligners", "labeled-eot,label-uniform", "--workers", "0"]


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WEAKPAIR_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("WEAKPAIR_STORE", raising=False)


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as served:
        yield served


def bench(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False, env={"COLUMNS": "120"})
    assert result.exit_code == code, result.output
    return result.output


def one_line(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()]
    assert len(lines) == 1, said
    assert lines[0].startswith("error: ")
    return lines[0]


def entry(site: Site, tmp_path: Path) -> Path:
    """A description of the scGEM toy whose files lie on the test's server."""
    origin = tmp_path / "site"
    origin.mkdir()
    WRITERS["scgem"](origin, toy_tables("scgem"))
    content = find_source("scgem").model_dump(mode="json", exclude={"digest"})
    for file in content["files"]:
        site.files[f"/{file['name']}"] = (origin / file["name"]).read_bytes()
        file |= {"url": f"{site.url}/{file['name']}", "bytes": None, "checksum": None}
    path = tmp_path / "toy.yaml"
    path.write_text(yaml.safe_dump(content | {"name": "toy"}))
    return path


def test_the_list_names_every_source_with_size_and_state() -> None:
    lines = bench("data", "list").splitlines()
    assert [line.split()[0] for line in lines] == list(shipped_sources())
    by_name = {line.split()[0]: line for line in lines}
    assert "by hand" in by_name["perturb-cite-seq-portal"]
    assert "1.48 GB" in by_name["perturb-cite-seq"]
    assert "not here" in by_name["scgem"]


@pytest.mark.parametrize("name", shipped_sources())
def test_all_about_one_source_is_said(name: str) -> None:
    said = bench("data", "list", name)
    source = find_source(name)
    for file in source.files:
        assert file.name in said
        assert (file.checksum or "pinned at first fetch") in said
        assert (file.url or file.by_hand) in said
    assert source.licence in said


def test_fetched_prepared_listed_verified_and_run(site: Site, tmp_path: Path) -> None:
    said = bench("data", "fetch", str(entry(site, tmp_path)))
    assert "fetched   type1.txt (pinned in the lock file)" in said
    assert "written" in said, "counts after every step"
    assert "toy → " in said
    assert "toy " in bench("list", "datasets")
    assert "toy is there already" in "".join(
        bench("data", "fetch", str(tmp_path / "toy.yaml")).splitlines()
    )
    assert "all is well" in bench("data", "verify", str(tmp_path / "toy.yaml"))
    said = bench("run", "--data", "toy", "--split", "holdout", *METHODS, "--tasks", "matching")
    assert re.search(r"(\d+)/\1 points have scores", said)


def test_an_interrupted_fetch_goes_on(site: Site, tmp_path: Path) -> None:
    path = str(entry(site, tmp_path))
    site.cut["/DNAmethylation.txt"] = 100
    assert "broke off" in bench("data", "fetch", path, code=2).splitlines()[-1]
    said = bench("data", "fetch", path)
    assert "there     GeneExpression.txt" in said
    assert "fetched   DNAmethylation.txt" in said


def test_steps_are_changed_and_kept_under_another_name(tmp_path: Path) -> None:
    WRITERS["bmmc_cite_openproblems"](tmp_path, toy_tables("bmmc_cite_openproblems"))
    said = bench("data", "fetch", "bmmc_cite_openproblems", "--from", ".", "--raw-only", code=2)
    assert "but the file has 1,578,699" in one_line(said)
    content = find_source("bmmc_cite_openproblems").model_dump(mode="json", exclude={"digest"})
    for file in content["files"]:
        file |= {"bytes": None, "checksum": None}
    Path("mine.yaml").write_text(yaml.safe_dump(content | {"name": "mine"}))
    bench("data", "fetch", "mine.yaml", "--from", ".", "--raw-only")
    bench("data", "prepare", "mine.yaml", "--set", "group=batch", "--as", "by-batch")
    groups = pd.read_parquet("data/by-batch/obs.parquet")["group"]
    assert set(groups) == {"s1d1", "s1d2"}
    assert "did you mean 'group'" in one_line(
        bench("data", "prepare", "mine.yaml", "--set", "groop=batch", code=2)
    )
    assert "--set 'group'" in one_line(
        bench("data", "prepare", "mine.yaml", "--set", "group", code=2)
    )


def test_a_screen_from_the_portal_is_prepared_from_a_folder() -> None:
    """Files that need a login are given by hand, in the portal's own subfolders."""
    write_portal(Path("SCP1064"), cite(), raw_proteins=False)
    given = [file.name for file in find_source("perturb-cite-seq-portal").files]
    assert {path.name for path in Path("SCP1064").rglob("*") if path.is_file()} <= set(given)
    bench("data", "fetch", "perturb-cite-seq-portal", "--from", "SCP1064", "--raw-only")
    small = ["--set", "min_cells=5", "--set", "hvg.name=hvg", "--set", "hvg.n=10"]
    said = bench(
        "data", "prepare", "perturb-cite-seq-portal", *small, "--set", 'energy_on=["pca(n=5)"]'
    )
    assert "highly variable genes" in said
    assert "perturb-cite-seq " in bench("list", "datasets")


def test_damage_is_found(site: Site, tmp_path: Path) -> None:
    path = str(entry(site, tmp_path))
    bench("data", "fetch", path)
    Path("data/raw/toy/type1.txt").write_text("1\n")
    Path("data/toy/obs.parquet").write_bytes(b"")
    said = bench("data", "verify", path, code=1)
    assert "damaged   toy/type1.txt" in said
    assert "damaged   toy: obs.parquet" in said
    assert "2 problems" in said


def test_mistakes_are_one_line() -> None:
    assert "did you mean 'scgem'" in one_line(bench("data", "fetch", "scgen", code=2))
    assert "log in at the Single Cell Portal" in one_line(
        bench("data", "fetch", "perturb-cite-seq-portal", code=2)
    )
    assert "no such folder" in one_line(
        bench("data", "fetch", "scgem", "--from", "nowhere", code=2)
    )
    assert not Path("data").exists(), "a mistake leaves nothing behind"
    assert "missing; bench data fetch scgem" in one_line(bench("data", "prepare", "scgem", code=2))


def own_h5mu(path: Path, groups: int = 4, cells: int = 15) -> Path:
    """A person's screen: two modalities, the perturbation in the common metadata."""
    anndata, mudata = pytest.importorskip("anndata"), pytest.importorskip("mudata")
    rng = np.random.default_rng(0)
    labels = np.repeat([f"gene{g}" for g in range(groups)], cells)
    shared = rng.normal(size=(len(labels), 3)) + np.repeat(np.eye(groups, 3) * 3, cells, axis=0)
    obs = pd.DataFrame(index=[f"AAAC-{i}" for i in range(len(labels))])
    parts = {
        name: anndata.AnnData(shared @ rng.normal(size=(3, width)), obs=obs.copy())
        for name, width in (("rna", 8), ("protein", 5))
    }
    data = mudata.MuData(parts)
    data.obs["perturbation"] = labels
    data.write(path)
    return path


@pytest.mark.filterwarnings("ignore")  # what mudata will do in later versions
def test_a_persons_h5mu_runs_under_leave_one_perturbation_out(tmp_path: Path) -> None:
    path = own_h5mu(tmp_path / "mine.h5mu")
    said = bench(
        *("run", "--data", str(path), "--group", "perturbation", "--split", "lopo"),
        *(*METHODS, "--set", "imputer.kind=mean"),
    )
    assert re.search(r"(\d+)/\1 points have scores", said)
    results = pd.read_parquet("runs/mine/results.parquet")
    assert results["fold"].nunique() == 4
    report = bench("report", "runs/mine", "--task", "matching")
    assert "lda + labeled-eot" in report
    assert "did you mean 'perturbation'" in bench(
        "run", "--data", str(path), "--group", "pertubation", *METHODS, code=2
    )
