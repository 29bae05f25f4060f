"""`bench figure` and `bench report --compare`: files, captions, and mistakes in one line."""

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from benchmark.cli import app
from benchmark.runs.reading import test_to_train as read_ratios
from tests.tables.examples import mixed
from tests.tables.test_figures import simulation


def bench(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False, env={"COLUMNS": "120"})
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A finished run of a small simulation."""
    folder = tmp_path / "run"
    folder.mkdir()
    simulation(5, 3, 2).to_parquet(folder / "results.parquet")
    return folder


def grid(folder: Path, *splits: dict[str, object] | str) -> Path:
    folder.mkdir(parents=True)
    (folder / "grid.yaml").write_text(yaml.safe_dump({"splits": list(splits)}), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "kind",
    ["heatmap", "ranks", "shared", "critical", "overlap", "sensitivity", "embedding", "contours"],
)
def test_help_shows_an_example(kind: str) -> None:
    assert f"bench figure {kind}" in bench("figure", kind, "--help").split("Options")[0]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["heatmap", "--metric", "foscttm"], "Bary. FOSCTTM by learner and aligner"),
        (["ranks", "--top", "3"], "bootstrap resamples of the replicates"),
        (["shared", "--reference", "label-uniform"], "band ± SE across 5 replicates"),
        (["critical", "--variant", "shared=0.8"], "Nemenyi's critical difference"),
    ],
)
def test_a_figure_and_its_caption(words: list[str], says: str, run: Path, tmp_path: Path) -> None:
    out = tmp_path / "figure.svg"
    said = bench("figure", words[0], str(run), *words[1:], "--out", str(out))
    assert f"wrote {out}" in said
    assert says in " ".join(said.split())
    assert out.read_text(encoding="utf-8").startswith("<?xml")


def test_only_the_variant_that_was_chosen(run: Path, tmp_path: Path) -> None:
    one, all_of_them = (tmp_path / f"{n}.svg" for n in ("one", "all"))
    bench("figure", "heatmap", str(run), "--variant", "shared=0.8", "--out", str(one))
    bench("figure", "heatmap", str(run), "--out", str(all_of_them))
    assert len(one.read_bytes()) < len(all_of_them.read_bytes())


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["heatmap", "--variant", "shared=0.9"], "did you mean 'shared=0.8'"),
        (["heatmap", "--metric", "trase"], "did you mean 'trace'"),
        (["ranks", "--task", "imputation"], "tasks with results: matching"),
        (["shared", "--reference", "uniforn"], "unknown reference"),
        (["embedding", "--variant", "shared=0.8"], "the runs have no fits"),
        (["contours"], "is not the file of a sweep"),
    ],
)
def test_a_mistake_is_one_line(words: list[str], hint: str, run: Path, tmp_path: Path) -> None:
    said = bench("figure", words[0], str(run), *words[1:], "--out", str(tmp_path / "f.pdf"), code=2)
    (line,) = [line for line in said.splitlines() if line.strip()]
    assert hint in line


@pytest.mark.parametrize("kind", ["ranks", "embedding", "contours"])
def test_a_wrong_kind_of_file_is_one_line(kind: str, run: Path, tmp_path: Path) -> None:
    said = bench("figure", kind, str(run), "--out", str(tmp_path / "f.jpg"), code=2)
    assert ".pdf, .svg, .png" in said


def test_compare_adds_the_statistics(run: Path) -> None:
    said = bench("report", str(run), "--task", "matching", "--compare", "--top", "2")
    for title in (
        "Differences from the best.",
        "Mean ranks with intervals.",
        "Learner, aligner and their interaction.",
        "Critical differences: matching",
    ):
        assert title in " ".join(said.split())
    plain = bench("report", str(run), "--task", "matching")
    assert "≈: not told from the best" in plain
    assert "Differences from the best." not in plain


def test_the_grid_says_how_much_folds_overlap(tmp_path: Path) -> None:
    one = grid(tmp_path / "1", {"kind": "kfold", "folds": 5, "repeats": 2}, "lopo")
    two = grid(tmp_path / "2", {"kind": "kfold", "folds": 3}, {"kind": "holdout"})
    assert read_ratios([one]) == pytest.approx({"kfold": 0.25})
    assert read_ratios([one, two]) == pytest.approx({"kfold": 0.5, "holdout": 0.25})
    assert read_ratios([tmp_path]) == {}


def test_the_caption_of_a_comparison_has_the_grids_overlap(tmp_path: Path) -> None:
    folder = grid(tmp_path / "run", {"kind": "kfold", "folds": 2})
    mixed().to_parquet(folder / "results.parquet")
    said = bench("report", str(folder), "--compare", "--format", "markdown")
    assert "(test/train 1)" in said
