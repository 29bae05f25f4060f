"""Import names: that ours lead to our packages, and that a person's folder comes last.

`learners`, `tables` and their like are names that others use too: PyTables is one of them, a
person's own `learners.py` another. Two finders keep them apart, in this process and in every child
that imports `benchmark`; `shadowed` tells what no finder should decide in silence.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

OURS = ("weakpair", "benchmark", "learners", "aligners", "simulate", "tables")
HOME = Path(__file__).resolve().parents[1]
# A line of every package's `__init__`. Installing PyTables into the same folder replaces ours.
_MARK = '__part_of__ = "weakpair"'


class _Own:
    """Finds our packages beside this one, whatever else stands on the path."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        file = HOME / fullname / "__init__.py"
        if path is None and fullname in OURS and file.is_file():
            return spec_from_file_location(fullname, file)
        return None


class _Here:
    """Finds modules of one folder, after all that is installed."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        return PathFinder.find_spec(fullname, [self.folder], target) if path is None else None


def claim() -> None:
    """Let our names lead to our packages in this process from now on."""
    if not any(isinstance(finder, _Own) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Own())


def claimed(module: str, name: str) -> Any:
    """Claim our names, then give what a module of ours calls by that name.

    What is unpickled by this call needs no name of ours to be known before: a process that Python
    spawns looks on the parent's path first, where a person's file may have one of them.
    """
    claim()
    return getattr(import_module(module), name)


def dask_setup(worker: object) -> None:  # noqa: ARG001
    """Claim our names in a Dask worker that preloads this module, before it unpickles a task."""
    claim()


def import_here(name: str) -> ModuleType:
    """Import a module; one of the current folder too, also under a console script.

    Raises:
        ModuleNotFoundError: there is none of that name.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError:
        folder = str(Path.cwd())
        known = {finder.folder for finder in sys.meta_path if isinstance(finder, _Here)}
        if folder in known:
            raise
        # Not on sys.path: there it would come before an editable install, and children would
        # inherit it before they know their own packages.
        sys.meta_path.append(_Here(folder))
        return import_module(name)


def shadowed() -> str:
    """One line if somebody else's package has one of our names here, else empty.

    A file of the current folder is no harm: ours come first.
    """
    for name in OURS:
        file = _found(name)
        if file is not None and not _is_ours(name, file) and not _is_here(file):
            other = " (PyTables has that name)" if name == "tables" else ""
            return (
                f"the import name {name!r} leads to {file}{other}, not to weakpair's package in "
                f"{HOME}; install weakpair into a virtual environment of its own, or rename that "
                "file or take its folder off PYTHONPATH"
            )
    return ""


def _found(name: str) -> Path | None:
    """The file that the name leads to without `claim`; a folder without code is none."""
    for finder in sys.meta_path:
        find = None if isinstance(finder, _Own) else getattr(finder, "find_spec", None)
        spec = find(name, None) if find else None
        if spec is not None and spec.origin:
            return Path(spec.origin)
    return None


def _is_ours(name: str, file: Path) -> bool:
    if file.resolve() != HOME / name / "__init__.py":
        return False
    return _MARK in file.read_text(encoding="utf-8", errors="replace")


def _is_here(file: Path) -> bool:
    folder = Path.cwd()
    folders = [file.parent, file.parent.parent] if file.name == "__init__.py" else [file.parent]
    return folder != HOME and folder in folders
