"""Import names that others use too: ours lead to our packages, and a person's folder is no harm."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from weakpair import imports
from weakpair.errors import ParameterError
from weakpair.registry import Entry

SMALL = ("--workers", "0", "--aligners", "labeled-eot", "--tasks", "matching")
LEARNER = """
import helper_of_a_person
from learners.base import Learner


class Mine(Learner):
    def fit(self, x1, t1, x2, t2, *, seed=0, device="cpu"):
        return self

    def transform(self, x, modality=1):
        return x[:, : helper_of_a_person.WIDTH]
"""


def bench(*words: str, path: str = "", code: int = 0) -> str:
    """Run `bench` as the console script does: without the current folder on the path."""
    entries = [*([path] if path else []), str(imports.HOME), *(e for e in sys.path if e)]
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "weakpair", *words],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(entries), "COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == code, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WEAKPAIR_STORE", raising=False)
    return tmp_path


def test_a_foreign_package_of_our_name_is_one_line_before_any_work(folder: Path) -> None:
    other = folder / "lib" / "tables" / "__init__.py"
    other.parent.mkdir(parents=True)
    other.write_text("raise SystemError('PyTables was imported')\n")
    said = bench("run", "--grid", "smoke", path=str(folder / "lib"), code=2)
    assert said.startswith("error: the import name 'tables' leads to")
    assert str(other) in said
    assert "environment of its own" in said
    assert len(said.splitlines()) == 1
    assert f"problem: the import name 'tables' leads to {other}" in bench(
        "doctor", path=str(folder / "lib"), code=1
    )


@pytest.mark.parametrize(
    "workers",
    [
        (),
        pytest.param(("--workers", "1"), marks=pytest.mark.slow),
        pytest.param(("--timeout", "300"), marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("path", [pytest.param("", marks=pytest.mark.slow), "."])
def test_a_persons_own_namesakes_harm_neither_bench_nor_a_plugin(
    folder: Path, path: str, workers: tuple[str, ...]
) -> None:
    for name in ("learners.py", "benchmark.py", "simulate.py"):
        (folder / name).write_text("raise SystemError('this is the file of a person')\n")
    (folder / "tables").mkdir()
    (folder / "tables" / "__init__.py").write_text("raise SystemError('and this')\n")
    (folder / "mine.py").write_text(LEARNER)
    (folder / "helper_of_a_person.py").write_text("WIDTH = 3\n")
    said = bench("run", "--grid", "smoke", "--learners", "mine:Mine", *SMALL, *workers, path=path)
    assert "2/2 points have scores" in said
    if not workers:
        assert "mine:Mine" in bench("report", "runs/smoke", "--format", "csv", path=path)


def test_a_method_in_a_namesake_is_told_to_rename_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "learners.py").write_text("class Mine: ...\n")
    with pytest.raises(ParameterError, match=r"give your learners\.py another name"):
        Entry[object]("mine", "learners:Mine", "").load()


def test_a_package_that_was_installed_over_ours_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in imports.OURS:
        file = tmp_path / name / "__init__.py"
        file.parent.mkdir()
        file.write_text('__part_of__ = "weakpair"\n' if name != "tables" else "# PyTables\n")
    monkeypatch.setattr(imports, "HOME", tmp_path)
    monkeypatch.setattr("sys.path", [str(tmp_path), *sys.path])
    assert imports.shadowed().startswith("the import name 'tables' leads to")
    (tmp_path / "tables" / "__init__.py").write_text('__part_of__ = "weakpair"\n')
    assert imports.shadowed() == ""
