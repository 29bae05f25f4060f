"""What a run and its stages record of where and how they were computed."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from benchmark.engine import provenance
from benchmark.engine.progress import Lines
from benchmark.engine.provenance import full_precision, git_state, precision, run_provenance
from benchmark.grids.reading.files import read_grid
from benchmark.grids.spec import validate_grid
from benchmark.runs.run import RunOptions, run_grid
from benchmark.store.store import Store

FULL = {"dtype": "float32", "matmul": "highest", "tf32": False, "bf16": False}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> RunOptions:
    folder = tmp_path_factory.mktemp("run")
    options = RunOptions(out=folder / "run", store=folder / "store", workers=1)
    grid = {**read_grid("smoke"), "learners": ["pca"], "aligners": ["uniform"], "seed": 7}
    run_grid(validate_grid(grid), options, Lines(io.StringIO()))
    return options


def git(folder: Path, *words: str) -> str:
    owner = ["-c", "user.name=n", "-c", "user.email=e@x"]
    command = ["git", "-C", str(folder), *owner, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with one committed file."""
    git(tmp_path, "init", "--quiet")
    (tmp_path / "code.py").write_text("1")
    git(tmp_path, "add", "code.py")
    git(tmp_path, "commit", "--quiet", "--message", "one")
    return tmp_path


def test_a_run_records_code_machine_options_and_times(finished: RunOptions) -> None:
    facts = json.loads((finished.out / "provenance.json").read_text())
    assert facts["python"] == ".".join(map(str, sys.version_info[:3]))
    assert facts["packages"]["torch"] == torch.__version__
    assert {"numpy", "scipy", "pyarrow", "dask", "pyro-ppl"} <= set(facts["packages"])
    assert facts["git"] is None or {"sha", "dirty"} == set(facts["git"])
    assert facts["processor"]
    assert facts["cores"] >= 1
    assert (facts["gpu"] is None) == (not torch.cuda.is_available())
    assert "gpu_driver" in facts
    assert (facts["device"], facts["threads"], facts["workers"]) == ("cpu", 1, 1)
    assert facts["seed"] == 7
    assert facts["precision"] == FULL
    assert facts["started"] <= facts["ended"]


def test_every_stage_records_who_computed_it_at_what_cost(finished: RunOptions) -> None:
    store = Store(finished.store)
    for key in store:
        made = store.read(key).provenance
        assert {"weakpair", "git", "host", "processor", "torch", "gpu", "gpu_driver"} <= set(made)
        assert made["precision"] == FULL
        assert isinstance(made["seed"], int)
        assert made["seconds"] > 0
        assert made["cpu_seconds"] > 0
        assert made["peak_rss_mb"] > 10
        assert made["peak_gpu_mb"] is None


def test_the_stages_of_a_run_name_no_gpu_memory_without_a_gpu(finished: RunOptions) -> None:
    stages = pd.read_parquet(finished.out / "stages.parquet")
    assert (stages["seconds"] > 0).all()
    assert (stages["cpu_seconds"] > 0).all()
    assert (stages["peak_rss_mb"] > 10).all()
    assert stages["peak_gpu_mb"].isna().all()


def test_commit_and_dirty_flag_are_the_checkouts(checkout: Path) -> None:
    sha = git(checkout, "rev-parse", "HEAD")
    assert git_state(checkout / "code.py") == {"sha": sha, "dirty": False}
    (checkout / "code.py").write_text("2")
    assert git_state(checkout / "code.py") == {"sha": sha, "dirty": True}


def test_a_package_installed_inside_a_foreign_checkout_has_no_commit(checkout: Path) -> None:
    installed = checkout / "site-packages" / "code.py"
    installed.parent.mkdir()
    installed.write_text("1")
    assert git_state(installed) is None


def test_no_checkout_and_no_git_are_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "code.py").write_text("1")
    assert git_state(tmp_path / "code.py") is None
    monkeypatch.setenv("PATH", "")
    assert git_state(Path(__file__)) is None
    assert run_provenance()["gpu_driver"] is None


def test_cudnn_may_not_round_to_tf32_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    assert precision()["tf32"]
    with full_precision():
        assert precision() == FULL
    assert precision()["tf32"]


@contextmanager
def matmul_precision(name: str) -> Iterator[None]:
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(name)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


def test_precision_that_a_user_lowers_is_recorded() -> None:
    with matmul_precision("high"), full_precision():
        assert precision() == {**FULL, "matmul": "high", "tf32": True}
    with torch.autocast("cpu", torch.bfloat16):
        assert precision()["bf16"]


def test_the_gpu_and_its_driver_stand_in_what_it_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with a GPU, played."""
    said: dict[str, Any] = {"gpu_name": "NVIDIA H200", "gpu_driver": "570.1"}
    for name, value in said.items():
        monkeypatch.setattr(provenance, name, lambda value=value: value)
    provenance._here.cache_clear()
    made = provenance.stage_provenance("cuda")
    provenance._here.cache_clear()
    assert (made["gpu"], made["gpu_driver"]) == ("NVIDIA H200", "570.1")
    assert provenance.stage_provenance("cpu")["gpu"] is None
