"""Modules of data sets import each other in one direction, types and late imports included."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import benchmark.datasets

ROOT = Path(str(benchmark.datasets.__file__)).parent
NAME = "benchmark.datasets"


def module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join([NAME, *(part for part in parts if part != "__init__")])


def imported(path: Path, known: set[str]) -> set[str]:
    """Modules that a file names in any of its imports; a name of a package is its module."""
    found = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names} & known
            found |= inner or ({node.module} & known)
    return found


def test_no_module_imports_itself_by_way_of_others() -> None:
    paths = {module(path): path for path in ROOT.rglob("*.py")}
    graph = {name: imported(path, set(paths)) for name, path in paths.items()}
    assert len(graph) > 50
    tuple(TopologicalSorter(graph).static_order())
