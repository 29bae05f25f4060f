"""Imports point one way: the ground floor below, methods side by side, no two files in a circle."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from weakpair.imports import HOME

FLOORS = ("weakpair", "simulate", "learners", "aligners")


def modules(package: str) -> dict[str, Path]:
    """The package's files by the names that they are imported under."""
    found = {}
    for file in (HOME / package).rglob("*.py"):
        parts = file.relative_to(HOME).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def imported(file: Path) -> Iterator[str]:
    """Imports of a file anywhere, also inside functions and for types alone."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def outside(package: str) -> dict[str, set[str]]:
    """Module → the other packages of ours that it imports."""
    ours = {"benchmark", "tables", *FLOORS} - {package}
    return {
        name: {other.partition(".")[0] for other in imported(file)} & ours
        for name, file in modules(package).items()
    }


@pytest.mark.parametrize("package", ["simulate", "aligners"])
def test_a_wing_knows_the_ground_floor_alone(package: str) -> None:
    assert {
        name: others for name, others in outside(package).items() if others - {"weakpair"}
    } == {}


@pytest.mark.parametrize("package", ["learners", "aligners"])
def test_no_files_import_each_other_in_a_circle(package: str) -> None:
    known = modules(package)
    graph = {
        name: set(imported(file)) & (known.keys() - {name, package}) for name, file in known.items()
    }
    TopologicalSorter(graph).prepare()


def test_learners_use_aligners_in_one_place() -> None:
    """Couplings of cells and features, and labels told apart by them; nothing else crosses."""
    uses = {name: others - {"weakpair"} for name, others in outside("learners").items()}
    assert {name: others for name, others in uses.items() if others} == {
        "learners.pairs.matching.couplings": {"aligners"}
    }
