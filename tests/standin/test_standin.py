"""Runs the checks on the stand-in, in a process of their own.

PyTorch counts the devices when it first goes backward in a process; the stand-in has to be known by
then. `pytest -o python_files='check_*.py' tests/standin` runs them alone.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.standin.device import needs_standin

HERE = Path(__file__).parent
FILES = sorted(path.name for path in HERE.glob("check_*.py"))


@needs_standin
@pytest.mark.parametrize("file", FILES)
def test_checks_hold(file: str) -> None:
    words = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-o", "python_files=check_*.py"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, str(HERE / file)],
        cwd=HERE.parents[1],
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout


def test_there_are_checks() -> None:
    assert FILES == ["check_device.py", "check_methods.py"]
