"""A person's own data: names, what is said of them first, preprocessing, pairs, direction."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from benchmark.datasets.paths import join_paths
from benchmark.grids.own_data import OwnData, folder_name, own_grid
from tests.benchmark.cli.test_cli import SMALL, bench, inside, one_line, screen

__all__ = ["inside"]

GROUP = ["--group", "perturbation"]
FAST = ["--workers", "0", "--split", "holdout", *SMALL]


def counts(folder: Path, genes: int = 510, proteins: int = 8) -> Path:
    """A screen of raw counts, one of whose features outweighs all others."""
    screen(folder)
    rng = np.random.default_rng(1)
    for m, width in ((1, genes), (2, proteins)):
        path = folder / f"modality{m}.parquet"
        ids = pd.read_parquet(path).index
        values = rng.poisson(3, (len(ids), width)).astype(float)
        values[:, 0] = rng.poisson(5000, len(ids))
        columns = [f"f{m}{k}" for k in range(width)]
        pd.DataFrame(values, index=ids, columns=columns).to_parquet(path)
    return folder


def grid_of(run: str) -> dict[str, object]:
    content: dict[str, object] = yaml.safe_load(Path(run, "grid.yaml").read_text())
    return content


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("sim/shared0.8-seed0", "shared0.8-seed0"),
        ("sim/shared0.8-seed1/", "shared0.8-seed1"),
        ("rna.h5ad,atac.h5ad", "rna+atac"),
        ("a/Screen.H5MU", "Screen"),
        ("a/screen.v2.csv.gz", "screen.v2"),
        ("a/screen.zarr", "screen"),
        ("a/screen.2024", "screen.2024"),
    ],
)
def test_only_known_suffixes_are_cut_off_a_name(data: str, name: str) -> None:
    content = own_grid(OwnData(data))
    assert content["name"] == name
    assert content["datasets"][0]["name"] == name


def test_a_folder_has_no_suffix(tmp_path: Path) -> None:
    (tmp_path / "screen.csv").mkdir()
    assert own_grid(OwnData(str(tmp_path / "screen.csv")))["name"] == "screen.csv"


def test_the_folder_that_one_stands_in_has_a_name(tmp_path: Path) -> None:
    assert own_grid(OwnData("."))["name"] == tmp_path.name


@pytest.mark.parametrize("name", ["..", ".", "a/b", "../runs", "Gène 1", "", "a\nb"])
def test_no_name_leaves_the_folder_of_runs(name: str) -> None:
    made = folder_name(name)
    assert Path("runs", made).resolve().parent == Path("runs").resolve()
    assert one_line(bench("run", "--data", ".", "--name", name, code=2)).count("--name")


def test_two_folders_that_differ_after_a_dot_have_runs_of_their_own() -> None:
    for name in ("shared0.8-seed0", "shared0.8-seed1"):
        screen(Path(name))
        bench("run", "--data", name, *GROUP, *FAST)
    for name in ("shared0.8-seed0", "shared0.8-seed1"):
        results = pd.read_parquet(f"runs/{name}/results.parquet")
        assert set(results["dataset"]) == {name}


def test_a_name_of_ones_own_is_that_of_data_and_folder() -> None:
    screen(Path("mine"))
    bench("run", "--data", "mine", "--name", "pilot-1", *GROUP, *FAST)
    assert set(pd.read_parquet("runs/pilot-1/results.parquet")["dataset"]) == {"pilot-1"}
    bench("run", "--data", "digits", "--name", "numbers", "--dry-run", *FAST)


@pytest.mark.parametrize(
    "typed",
    [
        ("rna.h5ad,atac.h5ad",),
        ("rna.h5ad, atac.h5ad",),
        ("rna.h5ad,", "atac.h5ad"),
        ("rna.h5ad", "atac.h5ad"),
        ("rna.h5ad", ",", "atac.h5ad"),
    ],
)
def test_two_files_are_two_however_they_are_typed(typed: tuple[str, ...]) -> None:
    assert join_paths(typed) == "rna.h5ad,atac.h5ad"


def test_two_files_may_stand_without_a_comma() -> None:
    anndata = pytest.importorskip("anndata", reason="needs weakpair[scverse]")
    folder = screen(Path("mine"))
    obs = pd.read_parquet(folder / "obs.parquet")
    for m, name in ((1, "rna"), (2, "atac")):
        x = pd.read_parquet(folder / f"modality{m}.parquet")
        anndata.AnnData(x, obs=obs.loc[x.index]).write_h5ad(f"{name}.h5ad")
    bench("run", "--data", "rna.h5ad", "atac.h5ad", *GROUP, *FAST)
    assert Path("runs/rna+atac/results.parquet").exists()


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["demo"], "bench run --grid demo"),
        (["my.yaml"], "bench run --grid my.yaml"),
        (["mine"], "bench run --data mine --group COLUMN"),
        (["--grid", "smoke", "lda"], "'lda'"),
        (["--grid", "smoke", "--preprocess1", "rna"], "datasets.modality1.preprocess"),
        (["--grid", "smoke", "--name", "x"], "--out"),
        (["--grid", "smoke", "--paired", "none"], "datasets.pairing"),
        (["--grid", "smoke", "--predict", "3"], "1, 2, both"),
        (["--grid", "smoke", "--tasks", "matching", "--predict", "2"], "imputation"),
        (["--data", "mine", "--preprocess1", "rnaa"], "did you mean 'rna'"),
        (["--data", "mine", "--preprocess2", "hvg(m=3)"], "--preprocess2"),
        (["--data", "mine", "--paired", "order"], "ids, rows, none"),
        (["--data", "", "--group", "g"], "--data is empty"),
    ],
)
def test_what_is_meant_is_said_in_one_line(words: list[str], hint: str) -> None:
    screen(Path("mine"))
    assert hint in one_line(bench("run", *words, code=2))


def test_the_first_lines_say_what_was_read_and_what_is_imputed() -> None:
    screen(Path("mine"))
    run = ["run", "--data", "mine", *GROUP, *FAST]
    for said in (bench(*run, "--dry-run"), bench(*run)):
        first = said.splitlines()[0]
        assert "36 cells × 6 features" in first
        assert "36 cells × 4 features" in first
        assert "3 groups, the smallest 'gene0' with 12" in first
        assert "36 true pairs, by equal ids" in first
        assert "imputes modality 1 from modality 2" in said


def test_data_without_pairs_say_so() -> None:
    screen(Path("mine"))
    said = bench("run", "--data", "mine", *GROUP, *FAST, "--paired", "none")
    assert "no true pairs" in said.splitlines()[0]
    assert "surrogates are computed, which need none" in said
    assert "by what needs no pairs: bench choose runs/mine" in said
    found = pd.read_parquet("runs/mine/results.parquet")
    assert set(found["task"]) == {"surrogate"}
    asked = ["--paired", "none", "--tasks", "matching", "--name", "asked"]
    assert "surrogates" not in bench("run", "--data", "mine", *GROUP, *FAST, *asked)
    notes = pd.read_parquet("runs/asked/results.parquet").query("metric == 'trace'")
    assert len(notes)
    assert notes["value"].isna().all()


def test_data_with_pairs_are_judged_by_them() -> None:
    screen(Path("mine"))
    bench("run", "--data", "mine", *GROUP, *FAST)
    found = pd.read_parquet("runs/mine/results.parquet")
    assert set(found["task"]) == {"matching", "imputation"}


def test_what_stands_for_matching_without_pairs_tells_methods_apart() -> None:
    """Four perturbations: hidden labels are there, and their table is what the report shows."""
    screen(Path("mine"), groups=4)
    run = ["run", "--data", "mine", *GROUP, *FAST, "--paired", "none"]
    assert "Surrogate: mine (holdout, no true pairs): " in bench(*run)
    found = pd.read_parquet("runs/mine/results.parquet").query("metric == 'hidden-label'")
    assert found["value"].notna().all()
    said = bench("report", "runs/mine", "--format", "markdown")
    assert "Hidden label" in said
    assert "not defined" not in said


def test_raw_counts_are_noticed_with_a_remedy_that_works() -> None:
    counts(Path("mine"))
    run = ["run", "--data", "mine", *GROUP, *FAST]
    said = bench(*run, "--dry-run")
    assert "raw counts" in said
    assert "--preprocess1 rna" in said
    assert "--preprocess2 protein" in said
    mended = bench(*run, "--preprocess1", "rna", "--preprocess2", "protein")
    assert "raw counts" not in mended


def test_auto_says_what_it_chose_and_the_grid_keeps_the_steps() -> None:
    counts(Path("mine"))
    chosen = ["--preprocess1", "auto", "--preprocess2", "auto"]
    said = bench("run", "--data", "mine", *GROUP, *FAST, *chosen)
    assert "rna (normalize-total, log1p, hvg, zscore)" in said
    kept = grid_of("runs/mine")["datasets"][0]["data"]  # type: ignore[index]
    names = [step["name"] for step in kept["modality1"]["preprocess"]]
    assert names == ["normalize-total", "log1p", "hvg", "zscore"]
    before = pd.read_parquet("runs/mine/results.parquet")
    explicit = ["--preprocess1", "rna", "--preprocess2", "protein"]
    assert " 0 computed" in bench("run", "--data", "mine", *GROUP, *FAST, *explicit)
    pd.testing.assert_frame_equal(before, pd.read_parquet("runs/mine/results.parquet"))


def test_a_preset_stands_in_a_grid_and_auto_does_not() -> None:
    smoke = ["run", "--grid", "smoke", "--dry-run", "--set"]
    bench(*smoke, "datasets.modality1.preprocess=protein")
    screen(Path("mine"))
    content = {
        "datasets": [{"name": "mine", "path": "mine", "group": "perturbation"}],
        "aligners": ["uniform"],
    }
    content["datasets"][0]["modality1"] = {"preprocess": ["rna", "pca(n=2)"]}  # type: ignore[index]
    Path("my.yaml").write_text(yaml.safe_dump(content))
    bench("run", "--grid", "my.yaml", "--dry-run")


def test_either_modality_or_both_are_imputed() -> None:
    screen(Path("mine"))
    run = ["run", "--data", "mine", *GROUP, *FAST]
    found = {}
    for which in ("1", "2", "both"):
        said = bench(*run, "--predict", which, "--out", which)
        assert ("imputes modality 2 from modality 1" in said) == (which == "2")
        found[which] = pd.read_parquet(f"{which}/results.parquet")
    both = found["both"].query("task == 'imputation'")
    for which in ("1", "2"):
        one = found[which].query("task == 'imputation'").reset_index(drop=True)
        assert set(one["target"]) == {int(which)}
        same = both[both["target"] == int(which)].reset_index(drop=True)
        pd.testing.assert_frame_equal(one, same)
    one, other = (
        found[which].query("task == 'matching'").reset_index(drop=True) for which in ("1", "both")
    )
    pd.testing.assert_frame_equal(one, other)
    assert set(one["target"]) == {0}
    assert "imputes" not in bench(*run, "--tasks", "matching", "--out", "m")


def test_steps_for_counts_on_other_values_are_noticed() -> None:
    screen(Path("mine"))
    said = bench("run", "--data", "mine", *GROUP, *FAST, "--dry-run", "--preprocess2", "protein")
    assert "transformed already?" in said


def test_preprocessing_is_listed() -> None:
    said = bench("list", "preprocess")
    assert "hvg(n=2000)" in said
    assert "target_sum=10000" in said


def test_data_that_cannot_be_used_are_named_in_a_dry_run() -> None:
    content = {"datasets": ["digits", {"name": "gone", "path": "gone"}], "aligners": ["uniform"]}
    Path("my.yaml").write_text(yaml.safe_dump(content))
    said = bench("run", "--grid", "my.yaml", "--dry-run")
    assert "skipped gone: gone: no such file" in said
