"""`bench choose`: from data without pairs to a choice, and what it refuses."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from benchmark.cli import app

FEW = ["--learners", "lda-bounded,pca", "--aligners", "labeled-eot,label-uniform"]


def bench(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False, env={"COLUMNS": "200"})
    assert result.exit_code == code, result.output
    return " ".join(result.output.split())


def screen(folder: Path) -> Path:
    """Six perturbations that move both modalities alike; the cells are others in each."""
    rng = np.random.default_rng(0)
    labels = np.repeat([f"guide-{i}" for i in range(6)], 30)
    effects = rng.normal(0, 3, (6, 4))
    folder.mkdir()
    groups = []
    for side, width in enumerate((7, 5)):
        z = effects[np.repeat(np.arange(6), 30)] + rng.normal(size=(180, 4))
        x = z @ np.random.default_rng(side).normal(size=(4, width))
        ids = pd.Index([f"m{side}-{i}" for i in range(180)], name="cell")
        features = pd.DataFrame(x, ids, [f"f{j}" for j in range(width)])
        features.to_parquet(folder / f"modality{side + 1}.parquet")
        groups.append(pd.DataFrame({"group": labels}, ids))
    pd.concat(groups).to_parquet(folder / "obs.parquet")
    return folder


def test_data_without_pairs_end_with_a_choice(tmp_path: Path) -> None:
    data = screen(tmp_path / "mine")
    places = ["--store", str(tmp_path / "store"), "--out", str(tmp_path / "run")]
    said = bench("choose", "--data", str(data), *FEW, "--workers", "0", *places)
    assert "no true pairs" in said
    assert "lda-bounded + labeled-eot" in said
    assert "mine: take lda-bounded + labeled-eot" in said
    again = bench("choose", str(tmp_path / "run"), *places[:2], "--top", "1")
    assert "mine: take lda-bounded + labeled-eot" in again
    results = pd.read_parquet(tmp_path / "run" / "results.parquet")
    assert set(results["task"]) == {"surrogate"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "give the folder of a run, or --data PATH --group COLUMN"),
        (["runs/x", "--data", "y"], "give a run or --data, not both"),
        (["runs/x", "--split", "lopo"], "--split goes with --data"),
        (["runs/nowhere"], "runs/nowhere"),
        (["--data", "digits", "--learners", "ldaa"], "did you mean"),
    ],
)
def test_wrong_words_are_one_line(words: list[str], message: str) -> None:
    said = bench("choose", *words, code=2)
    assert said.startswith("error: ")
    assert message in said
