"""Matches that are read from files: the same plan, and new cells without fitting anything."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import weakpair
from tests.benchmark.applying.test_apply import grown
from tests.benchmark.cli.test_cli import bench, inside, one_line
from weakpair.errors import ConfigError, DataError, ParameterError

__all__ = ["inside"]

FORMS = ["matched.h5mu", "matched"]


def whole(learner: str = "lda", **params: Any) -> Any:
    return weakpair.match(
        grown(slice(None)),
        grown(slice(None)),
        group="drug",
        learner=learner,
        learner_params=params,
        preprocess1="zscore",
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("learner", ["lda", "groove-cosine"])
def test_a_match_is_read_as_it_was_written_and_takes_new_cells(
    form: str, learner: str, tmp_path: Path
) -> None:
    match = whole(learner, **({"steps": 2} if learner == "groove-cosine" else {}))
    match.write(tmp_path / form)
    read = weakpair.read(tmp_path / form)
    assert repr(read) == repr(match)
    np.testing.assert_array_equal(read.plan.todense(), match.plan.todense())
    np.testing.assert_array_equal(read.impute(1).mean, match.impute(1).mean)
    new = grown(slice(3, 12))[:, list("srqp")]
    for modality in (1, 2):
        again, once = read.more(new, "drug", modality), match.more(new, "drug", modality)
        np.testing.assert_array_equal(again.plan.todense(), once.plan.todense())
        assert again.partners(modality).equals(once.partners(modality))


@pytest.mark.parametrize("form", FORMS)
def test_a_fit_that_cannot_be_written_is_left_out_and_said(form: str, tmp_path: Path) -> None:
    whole("forest").write(tmp_path / form)
    read = weakpair.read(tmp_path / form)
    assert "RandomForestClassifier cannot be written" in read.settings["fit_not_written"]
    with pytest.raises(ParameterError, match=r"takes no more cells: .*RandomForest"):
        read.more(grown(slice(0, 4)), "drug")


def test_the_command_matches_new_cells_with_what_was_fitted() -> None:
    match = whole()
    match.write("matched.h5mu")
    grown(slice(3, 12)).write_h5ad("more.h5ad")
    given = ["apply", "--model", "matched.h5mu", "--data", "more.h5ad", "--group", "drug"]
    said = bench(*given, "--modality", "2", "--out", "more")
    assert "wrote more" in said
    once = match.more(grown(slice(3, 12)), "drug", 2)
    read = weakpair.read("more")
    np.testing.assert_array_equal(read.two.latents, once.two.latents)
    assert json.loads(Path("more/settings.json").read_text())["more"] == {"modality": 2}


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--model", "no", "--data", "more.h5ad"], "no: no such file or folder"),
        (["--model", "matched", "--data", "no.h5ad"], "no.h5ad: no such file"),
        (["--model", "matched", "--data", "matched/fit.parquet"], "no AnnData file"),
        (["--model", "matched", "--data", "more.h5ad", "--group", "dose"], "no column 'dose'"),
        (["--model", "matched"], "give --data"),
        (["--model", "matched", "--learner", "lda"], "--learner does not go with --model"),
        (["--model", "more.h5ad", "--data", "more.h5ad"], "more.h5ad is no match"),
    ],
)
def test_what_is_meant_is_said_in_one_line(words: list[str], hint: str) -> None:
    whole().write("matched")
    grown(slice(3, 12)).write_h5ad("more.h5ad")
    group = [] if "--group" in words else ["--group", "drug"]
    assert hint in one_line(bench("apply", *words, *group, "--out", "x", code=2))
    assert not Path("x").exists()


def test_a_file_starts_no_program(tmp_path: Path) -> None:
    whole().write(tmp_path / "matched")
    settings = tmp_path / "matched" / "settings.json"
    content = json.loads(settings.read_text())
    content["aligner"] = {"name": "command", "params": {"run": "touch started"}}
    settings.write_text(json.dumps(content))
    with pytest.raises(ConfigError, match="start no program"):
        weakpair.read(tmp_path / "matched")


def test_a_damaged_fit_is_one_line(tmp_path: Path) -> None:
    whole().write(tmp_path / "matched")
    (tmp_path / "matched" / "fit.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(DataError, match="no fitted method can be read"):
        weakpair.read(tmp_path / "matched")
