"""Somebody else's strict type check of a method, against the installed package."""

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from weakpair.imports import HOME


def run(*words: str, cwd: Path, **environment: str) -> str:
    """Output of a command; its failure is the test's, with what it said."""
    ended = subprocess.run(
        words,
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment in which the package is installed as a wheel, beside what it needs."""
    home = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", "--without-pip", "env", cwd=home)
    pip = (sys.executable, "-m", "pip")
    build = ("--no-deps", "--no-build-isolation", "--wheel-dir", "wheels")
    run(*pip, "wheel", *build, str(HOME), cwd=home)
    (wheel,) = (home / "wheels").glob("*.whl")
    python = home / "env/bin/python"
    run(*pip, "--python", str(python), "install", "--no-deps", str(wheel), cwd=home)
    show = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    site = Path(run(str(python), "-c", show, cwd=home).strip())
    # Dependencies come from this environment; the package itself from the wheel, which is before.
    (site / "others.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", encoding="utf-8")
    return python


@pytest.mark.slow
@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_the_first_method_of_a_page_passes_strict_checks(
    python: Path, tmp_path: Path, page: str
) -> None:
    text = (HOME / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    source = next(block for block in blocks if "\nclass " in block)
    (tmp_path / "method.py").write_text(source, encoding="utf-8")
    (tmp_path / "mypy.ini").write_text(
        "[mypy]\n[mypy-ot.*]\nignore_missing_imports = true\n", encoding="utf-8"
    )
    mypy = (sys.executable, "-m", "mypy", "--strict", "--python-executable", str(python))
    assert "no issues found" in run(*mypy, "method.py", cwd=tmp_path)
