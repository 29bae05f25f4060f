"""The command line: what a person types, what they are answered, with which exit code."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from benchmark.cli import app

SMALL = ["--learners", "pca", "--aligners", "labeled-eot,uniform", "--set", "imputer.kind=mean"]


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WEAKPAIR_STORE", raising=False)


def bench(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False, env={"COLUMNS": "120"})
    assert result.exit_code == code, result.output
    return result.output


def smoke(*words: str, code: int = 0) -> str:
    return bench("run", "--grid", "smoke", "--workers", "0", *SMALL, *words, code=code)


def one_line(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()]
    assert len(lines) == 1, said
    assert lines[0].startswith("error: ")
    return lines[0]


def screen(folder: Path, cells: int = 12, groups: int = 3) -> Path:
    """A person's own screen: three Parquet files."""
    rng = np.random.default_rng(0)
    folder.mkdir()
    ids = pd.Index([f"c{i}" for i in range(cells * groups)], name="cell")
    label = np.repeat([f"gene{g}" for g in range(groups)], cells)
    shift = np.repeat(np.arange(groups), cells)[:, None]
    for m, width in ((1, 6), (2, 4)):
        values = rng.normal(size=(len(ids), width)) + shift
        frame = pd.DataFrame(values, index=ids, columns=[f"f{m}{k}" for k in range(width)])
        frame.to_parquet(folder / f"modality{m}.parquet")
    pd.DataFrame({"perturbation": label}, index=ids).to_parquet(folder / "obs.parquet")
    return folder


def test_help_shows_examples_for_every_command() -> None:
    assert "bench run --grid demo" in bench("--help")
    for command in ("run", "report", "list", "status", "simulate", "doctor"):
        assert f"bench {command}" in bench(command, "--help").split("Options")[0]


def test_a_run_leaves_its_files_and_a_report_reads_them() -> None:
    said = smoke("--out", "out")
    assert "8/8 points have scores" in said
    names = {path.name for path in Path("out").iterdir()}
    expected = {"results", "perturbations", "stages", "gaps"}
    assert names == {*(f"{n}.parquet" for n in expected), "grid.yaml", "provenance.json"}
    tidy = pd.read_parquet("out/results.parquet")
    columns = "dataset variant split fold learner aligner task metric value higher_is_better seed"
    assert set(columns.split()) <= set(tidy.columns)
    assert "labeled-eot" in bench("report", "out", "--task", "matching")
    assert r"\toprule" in bench("report", "out", "--format", "latex")
    bench("report", "out", "--format", "csv", "--out", "table.csv")
    assert len(pd.read_csv("table.csv")) > 0


def test_a_dry_run_counts_and_writes_nothing(tmp_path: Path) -> None:
    said = smoke("--dry-run")
    assert "to compute" in said
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("grid", ["demo", "simulation", "smoke"])
def test_splits_of_every_spelling_can_be_changed(grid: str) -> None:
    run = ["run", "--grid", grid, "--datasets", "digits", "--learners", "lda", "--dry-run"]
    bench(*run, "--aligners", "labeled-eot", "--training-cells", "disjoint")
    bench(*run, "--aligners", "labeled-eot", "--set", "splits.kind=lopo")


def test_a_persons_own_files_need_no_yaml(tmp_path: Path) -> None:
    folder = screen(tmp_path / "mine")
    said = bench(
        "run", "--data", str(folder), "--group", "perturbation", "--split", "kfold:3",
        "--workers", "0", *SMALL,
    )  # fmt: skip
    assert "12/12 points have scores" in said
    assert set(pd.read_parquet("runs/mine/results.parquet")["dataset"]) == {"mine"}


def test_lopo_and_disjoint_cells_on_own_files(tmp_path: Path) -> None:
    folder = screen(tmp_path / "mine")
    bench(
        "run", "--data", str(folder), "--group", "perturbation", "--split", "lopo",
        "--training-cells", "disjoint", "--workers", "0", *SMALL,
    )  # fmt: skip
    tidy = pd.read_parquet("runs/mine/results.parquet")
    assert set(tidy["fold"]) == {"gene0", "gene1", "gene2"}
    assert set(tidy["training_cells"]) == {"disjoint"}


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["run"], "--grid NAME|FILE or --data"),
        (["run", "--grid", "dmo"], "did you mean 'demo'"),
        (["run", "--grid", "smoke", "--learners", "pcaa"], "did you mean 'pca'"),
        (["run", "--grid", "smoke", "--aligners", "labelled-eot"], "did you mean 'labeled-eot'"),
        (["run", "--grid", "smoke", "--datasets", "digit"], "did you mean 'digits'"),
        (["run", "--grid", "smoke", "--set", "imputer.epoch=3"], "did you mean 'epochs'"),
        (["run", "--grid", "smoke", "--set", "learners.pca.dims=3"], "dim"),
        (["run", "--grid", "smoke", "--split", "kfold:99"], "99"),
        (["run", "--grid", "smoke", "--split", "loop"], "lopo"),
        (["run", "--grid", "smoke", "--training-cells", "overlap=2"], "overlap"),
        (["run", "--grid", "smoke", "--device", "gpu"], "auto, cpu or cuda"),
        (["run", "--grid", "smoke", "--tasks", "impute"], "imputation"),
        (["run", "--data", "nowhere", "--group", "g"], "nowhere"),
        (["report", "nowhere"], "nowhere"),
        (["status", "nowhere"], "nowhere"),
        (["cache", "explain", "ab", "cd"], "no store at .weakpair"),
        (["simulate", "--shared", "1.2"], "shared"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_two(words: list[str], hint: str) -> None:
    assert hint in one_line(bench(*words, code=2))


def test_a_cluster_that_does_not_answer_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmark.engine.dispatch.cluster.CONNECT_TIMEOUT", "1s")
    said = bench("run", "--grid", "smoke", *SMALL, "--cluster", "tcp://127.0.0.1:9", code=2)
    assert "no Dask scheduler answers at 'tcp://127.0.0.1:9'" in one_line(said)


def test_a_wrong_column_names_the_right_one(tmp_path: Path) -> None:
    folder = screen(tmp_path / "mine")
    said = bench("run", "--data", str(folder), "--group", "perturbaton", "--workers", "0", code=2)
    assert "perturbation" in one_line(said)


def test_a_table_that_cannot_be_written_is_one_line() -> None:
    smoke()
    said = bench("report", "runs/smoke", "--out", "no/such/folder/table.tex", code=2)
    assert "no/such/folder/table.tex: No such file" in one_line(said)


def test_debug_shows_the_traceback() -> None:
    from weakpair.errors import UnknownNameError

    with pytest.raises(UnknownNameError):
        bench("--debug", "run", "--grid", "dmo")


def test_status_and_cache_tell_what_is_there() -> None:
    smoke()
    assert "missing" in bench("status", "runs/smoke")
    keys = [line.split()[0] for line in bench("cache", "ls", "--kind", "align").splitlines()[:-1]]
    assert len(keys) == 8
    said = bench("cache", "explain", keys[0], keys[1])
    assert "≠" in said
    assert "0 damaged" in bench("cache", "verify")


def test_explain_follows_a_difference_into_the_inputs() -> None:
    smoke()
    smoke("--set", "learners.pca.dim=5", "--out", "other")
    keys = [
        set(pd.read_parquet(f"{run}/results.parquet").query("learner == 'pca'")["align_key"])
        for run in ("runs/smoke", "other")
    ]
    said = bench("cache", "explain", min(keys[0]), min(keys[1]))
    assert "params" in said


def test_verify_finds_damage_and_gc_removes_it() -> None:
    smoke()
    victim = next(Path(".weakpair/objects").glob("*/*.parquet"))
    content = victim.read_bytes()
    victim.write_bytes(bytes(len(content) - 8) + content[-8:])
    assert "1 damaged" in bench("cache", "verify", code=1)
    assert "would remove 1 files" in bench("cache", "gc", "--dry-run")
    bench("cache", "gc")
    assert "0 damaged" in bench("cache", "verify")
    smoke()


def test_gc_keeps_what_a_run_uses() -> None:
    smoke()
    smoke("--seed", "1", "--out", "other")
    bench("cache", "gc", "--keep", "runs/smoke")
    assert "0 computed" in smoke()
    assert "0 computed" not in smoke("--seed", "1", "--out", "other")


@pytest.mark.parametrize("what", ["learners", "aligners", "datasets", "grids", "metrics"])
def test_lists_name_what_there_is(what: str) -> None:
    named = {"learners": "pca", "aligners": "labeled-eot", "datasets": "digits", "grids": "demo"}
    assert named.get(what, "trace") in bench("list", what)


def test_doctor_is_content_here() -> None:
    assert "all is well" in bench("doctor")
