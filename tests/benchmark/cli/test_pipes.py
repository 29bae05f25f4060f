"""A pipe in a file's place is never waited for."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmark.engine.scheduling import Timings
from benchmark.runs.folder import RunFolder
from benchmark.store.store import Store
from benchmark.store.usage import used
from tests.attack.tally import limited
from tests.benchmark.cli.test_cli import bench, inside, one_line, screen, smoke

__all__ = ["inside"]


@pytest.fixture(autouse=True)
def _not_for_ever(inside: None) -> Iterator[None]:
    with limited(60):
        yield


def test_in_a_store(tmp_path: Path) -> None:
    Store(tmp_path).mark()
    key = "ab" * 32
    (tmp_path / "using").mkdir()
    (tmp_path / "running").mkdir()
    for path in ("timings.json", "using/00000000.1.01234567", f"running/{key}", "tmp"):
        os.mkfifo(tmp_path / path)
    assert Timings.read(tmp_path).costs == {}
    assert used(tmp_path) == set()
    bench("cache", "gc", "--store", str(tmp_path))
    assert len(list(tmp_path.rglob("*"))) == 8


def test_in_the_folder_of_a_run(tmp_path: Path) -> None:
    Path("out").mkdir()
    os.mkfifo("out/provenance.json")
    assert RunFolder(Path("out")).provenance == {}
    assert "is of no run" in one_line(smoke("--out", "out", code=2))


def test_among_data() -> None:
    os.mkfifo("pipe.npz")
    assert "pipe.npz: no file but a pipe" in one_line(bench("run", "--data", "pipe.npz", code=2))
    screen(Path("mine"))
    for name in ("modality1", "modality2"):
        os.mkfifo(f"mine/{name}.h5ad")
    said = one_line(bench("run", "--data", "mine", code=2))
    assert "modality1.h5ad: no file but a pipe" in said
