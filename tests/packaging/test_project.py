"""Packaging: types and data go with every package; version and hooks stand in one place."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

from weakpair import __version__

HOME = Path(__file__).parents[2]
PACKAGES = ("weakpair", "simulate", "learners", "aligners", "tables", "benchmark")
# Files that are no code, and need not be installed.
TALK = {"README.md"}


def project() -> dict[str, dict[str, dict[str, dict[str, list[str]]]]]:
    with (HOME / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)


def data_files(package: str) -> set[Path]:
    """Files of a package that are no modules, by git."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", package],
        cwd=HOME,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = {Path(line) for line in listed.stdout.splitlines()}
    return {path for path in paths if path.suffix != ".py" and path.name not in TALK}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_data_file_is_declared(package: str) -> None:
    patterns = project()["tool"]["setuptools"]["package-data"][package]
    declared = {
        path.relative_to(HOME) for pattern in patterns for path in (HOME / package).glob(pattern)
    }
    assert data_files(package) <= declared
    assert Path(package, "py.typed") in declared


@pytest.mark.parametrize("package", PACKAGES)
def test_no_pattern_is_empty(package: str) -> None:
    for pattern in project()["tool"]["setuptools"]["package-data"][package]:
        assert list((HOME / package).glob(pattern)), pattern


def test_the_citation_is_of_this_version() -> None:
    citation = yaml.safe_load((HOME / "CITATION.cff").read_text(encoding="utf-8"))
    assert str(citation["version"]) == __version__
    # What the format asks for (https://citation-file-format.github.io, schema 1.2.0).
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= set(citation)
    assert all("name" in author or "family-names" in author for author in citation["authors"])
    known = {"message", "title", "authors", "type", "license", "keywords", "version", "cff-version"}
    assert set(citation) <= known


def test_hooks_and_ci_run_what_make_and_ci_run() -> None:
    """Hooks run parts of `make lint`, and the workflow does nothing of its own."""
    lint = (
        (HOME / "Makefile").read_text(encoding="utf-8").partition("\nlint:")[2].partition("\n\n")[0]
    )
    parts = {
        line.strip().replace("$(BIN)", ".venv/bin").removesuffix(" .")
        for line in lint.splitlines()[1:]
    }
    hooks = yaml.safe_load((HOME / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert {hook["entry"] for hook in hooks["repos"][0]["hooks"]} == parts
    flow = yaml.safe_load((HOME / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    run = {
        name: [step["run"] for step in job["steps"] if "run" in step]
        for name, job in flow["jobs"].items()
    }
    assert run == {"lint-and-test": [".ci/run"], "site": ["make site"]}


@pytest.mark.slow
def test_a_wheel_has_types_and_data_of_every_package(tmp_path: Path) -> None:
    command = ["pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(tmp_path)]
    subprocess.run([sys.executable, "-m", *command, str(HOME)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    there = {Path(name) for name in zipfile.ZipFile(wheel).namelist()}
    for package in PACKAGES:
        assert data_files(package) <= there
