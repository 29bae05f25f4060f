"""Imports that take seconds happen only where something is computed."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmark.cli import app
from weakpair.imports import HOME

HEAVY = ("torch", "sklearn", "scipy", "pandas", "distributed", "pyro", "matplotlib", "anndata")
RUN = "run --grid smoke --learners lda,pca --workers"
# What a command may import of these, beside nothing.
COMMANDS = {
    "--help": (),
    "list learners": (),
    f"{RUN} 1": (),
    f"{RUN} 0 --dry-run": (),
    "status runs/smoke": (),
    "cache ls": (),
    "data list": (),
    # Ties and resolution need the t distribution.
    "report runs/smoke --task matching": ("pandas", "scipy"),
}
SHOW = f"""
import atexit, sys
from weakpair.__main__ import main
known = {HEAVY!r}
atexit.register(lambda: print("imported", *[n for n in known if n in sys.modules], file=sys.stderr))
main()
"""


def imported(folder: Path, words: str) -> list[str]:
    """Heavy modules that a command has imported when it ends."""
    path = os.pathsep.join([str(HOME), *(entry for entry in sys.path if entry)])
    ended = subprocess.run(
        [sys.executable, "-P", "-c", SHOW, *words.split()],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "WEAKPAIR_DATA": str(folder / "data")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stderr.splitlines()[-1].split()[1:]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run in it."""
    folder = tmp_path_factory.mktemp("imports")
    with contextlib.chdir(folder):
        result = CliRunner().invoke(app, f"{RUN} 0".split(), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return folder


@pytest.mark.parametrize("words", COMMANDS)
def test_what_computes_nothing_imports_nothing_heavy(folder: Path, words: str) -> None:
    assert set(imported(folder, words)) <= set(COMMANDS[words])
