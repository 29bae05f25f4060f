"""Learners and aligners that are programs: what they are handed, what they leave, how they fail."""

import pickle
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import aligners
import learners
from benchmark.cli import app
from learners.conformance.toys import toy
from weakpair.errors import MethodError, ParameterError

PROGRAM = Path(__file__).parents[1] / "programs" / "means.py"
RUN = f"{sys.executable} {PROGRAM}"
DATA = toy()


def fitted(run: str = RUN, **params: Any) -> Any:
    return learners.get("command", run=run, **params).fit(DATA.x1, DATA.t1, DATA.x2, DATA.t2)


def script(folder: Path, text: str) -> str:
    path = folder / "program.sh"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_a_program_learns_and_maps_wherever_its_copy_goes() -> None:
    learner = fitted()
    z = learner.transform(DATA.x1, 1)
    labels = np.unique(DATA.t1)
    means = np.stack([DATA.x1[DATA.t1 == label].mean(axis=0) for label in labels])
    np.testing.assert_allclose(z, -np.linalg.norm(DATA.x1[:, None] - means, axis=2), rtol=1e-4)
    assert z.dtype == np.float32
    copy = pickle.loads(pickle.dumps(learner))
    assert np.array_equal(copy.transform(DATA.x2, 2), learner.transform(DATA.x2, 2))
    twice = fitted(params={"scale": 2}).transform(DATA.x1, 1)
    np.testing.assert_allclose(twice, 2 * z, rtol=1e-5)


def test_a_program_couples_cells() -> None:
    z1, z2 = fitted().transform(DATA.x1, 1), fitted().transform(DATA.x2, 2)
    plan = aligners.get("command", run=RUN).align(z1, DATA.t1, z2, DATA.t2)
    dense = plan.todense()
    assert dense.sum() == pytest.approx(1)
    assert (dense[DATA.t1[:, None] != DATA.t2] == 0).all()


def test_a_script_that_changed_is_another_method(tmp_path: Path) -> None:
    run = script(tmp_path, "exit 0")
    before = learners.get("command", run=run).version
    assert learners.get("command", run=run).version == before
    script(tmp_path, "exit 1")
    assert learners.get("command", run=run).version != before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("echo the matrix is singular >&2; exit 3", "ended with code 3: the matrix is singular"),
        ("exit 4", "ended with code 4: it said nothing"),
        ("sleep 60", "took longer than 0.5 s"),
        ("exit 0", "left no latents.parquet"),
    ],
)
def test_failures_are_one_line(tmp_path: Path, text: str, message: str) -> None:
    started = time.monotonic()
    timeout = 0.5 if "sleep" in text else 60
    with pytest.raises(MethodError, match=message):
        fitted(script(tmp_path, text), timeout=timeout).transform(DATA.x1, 1)
    assert time.monotonic() - started < 30


def test_what_a_program_started_ends_with_it(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    with pytest.raises(MethodError, match="took longer"):
        fitted(script(tmp_path, f"sleep 60 & echo $! > {pid}; wait"), timeout=1.0)
    time.sleep(0.2)
    state = Path(f"/proc/{pid.read_text().strip()}/stat")
    assert not state.exists() or state.read_text().split()[2] == "Z"


@pytest.mark.parametrize(
    ("params", "message"),
    [({"run": ""}, "run is empty"), ({"run": "a 'b"}, "No closing quotation")],
)
def test_a_command_line_that_is_none(params: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        fitted(**params)


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(MethodError, match="/no/such/program cannot be started: No such file"):
        fitted("/no/such/program")


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({"row": [0], "column": [99999], "weight": [1.0]}, "outside of"),
        ({"row": [0], "column": [0], "weight": [-1.0]}, "negative"),
        ({"row": [0], "column": [0], "weight": [0.0]}, "no mass"),
        ({"row": [0], "column": [0]}, "plan.parquet"),
    ],
)
def test_a_plan_that_is_none(tmp_path: Path, plan: dict[str, Any], message: str) -> None:
    pd.DataFrame(plan).to_parquet(tmp_path / "plan.parquet")
    run = script(tmp_path, f'cp {tmp_path / "plan.parquet"} "$2"')
    with pytest.raises(MethodError, match=message):
        aligners.get("command", run=run).align(DATA.x1, DATA.t1, DATA.x2, DATA.t2)


def test_programs_stand_in_a_grid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WEAKPAIR_STORE", str(tmp_path / "store"))
    (tmp_path / "mine.yaml").write_text(
        "name: mine\ndatasets: [{name: digits, subsample: 8}]\nsplits: [holdout]\n"
        f"learners: [{{name: command, label: means, params: {{run: {RUN!r}}}}}]\n"
        f"aligners: [labeled-eot, {{name: command, label: near, params: {{run: {RUN!r}}}}}]\n"
        "tasks: [matching]\n",
        encoding="utf-8",
    )
    said = CliRunner().invoke(app, ["run", "--grid", "mine.yaml", "--workers", "0"])
    assert said.exit_code == 0, said.output
    results = pd.read_parquet(tmp_path / "runs" / "mine" / "results.parquet")
    assert set(zip(results["learner"], results["aligner"], strict=True)) == {
        ("means", "labeled-eot"),
        ("means", "near"),
    }
    assert results["value"].notna().all()
