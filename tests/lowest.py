"""The lowest versions that pyproject.toml allows: an environment of them, and a small run in it.

`make test-lowest`. A bound below which nobody has ever run the package is a promise not kept, and
newest versions alone, as constraints.txt pins them, never find out. What others depend on in turn
is left to pip. torch stays at the pinned version: every other one is hundreds of megabytes more.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
KEPT = "torch"
COMMANDS = (
    ("--help",),
    ("doctor",),
    ("list", "learners"),
    ("run", "--grid", "smoke", "--dry-run"),
    ("run", "--grid", "smoke", "--workers", "0"),
    ("run", "--grid", "demo", "--workers", "2", "--set", "splits.folds=2"),
    ("status", "runs/demo"),
    ("report", "runs/smoke"),
    ("report", "runs/demo", "--compare", "--format", "markdown"),
    ("report", "runs/demo", "--format", "latex", "--out", "demo.tex"),
    ("report", "runs/demo", "--format", "html", "--out", "demo.html"),
    ("figure", "heatmap", "runs/demo", "--metric", "trace", "--out", "heatmap.png"),
    ("simulate", "--shared", "0.8", "--replicates", "1", "--out", "sim"),
    ("cache", "ls"),
    ("cache", "verify"),
)


def lowest(requirements: list[str], pinned: str) -> list[str]:
    """Every "name>=version" as "name==version", but torch, which stays as `pinned` has it.

    >>> lowest(["numpy>=1.26", "torch>=2.4"], "torch==2.13.0")
    ['numpy==1.26', 'torch==2.13.0']
    """
    lines = [requirement.replace(">=", "==") for requirement in requirements]
    return [pinned if line.startswith(f"{KEPT}==") else line for line in lines]


def constraints() -> list[str]:
    """One line for each package that weakpair and its extra `scverse` name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [*project["dependencies"], *project["optional-dependencies"]["scverse"]]
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    found = re.search(rf"^{KEPT}==.*$", pins, re.MULTILINE)
    assert found, f"constraints.txt does not pin {KEPT}"
    return lowest(named, found.group())


def main(folder: Path) -> None:
    """Make the environment in `folder` and run every kind of command there."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "lowest.txt"
    file.write_text("\n".join(constraints()) + "\n", encoding="utf-8")
    venv = folder / "venv"
    shutil.rmtree(ROOT / "build" / "lib", ignore_errors=True)  # what an earlier build left
    _run(sys.executable, "-m", "venv", "--clear", str(venv))
    _run(
        *(str(venv / "bin" / "pip"), "install", "--quiet", "--constraint", str(file)),
        f"{ROOT}[scverse]",
    )
    bench = str(venv / "bin" / "bench")
    for command in COMMANDS:
        _run(bench, *command, cwd=folder)


def _run(*command: str, cwd: Path = ROOT) -> None:
    """Run a command; the first that fails ends the script with its exit code."""
    print("$", *command, flush=True)
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ended = subprocess.run(command, cwd=cwd, env=clean, check=False)
    if ended.returncode:
        sys.exit(f"exit code {ended.returncode}: {' '.join(command)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
