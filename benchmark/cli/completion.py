"""Completion of an option's value: names that are known, folders of runs."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from weakpair.vocabulary.tasks import TASKS


def grids(incomplete: str) -> list[str]:
    """Shipped grids; files are the shell's own affair."""
    from benchmark.grids.reading.shipped import shipped_grids

    return list(_beginning(shipped_grids(), incomplete))


def learners(incomplete: str) -> list[str]:
    """Learners, also behind a comma."""
    from learners import names

    return list(_listed(names, incomplete))


def aligners(incomplete: str) -> list[str]:
    """Aligners, also behind a comma."""
    from aligners import names

    return list(_listed(names, incomplete))


def tasks(incomplete: str) -> list[str]:
    """Tasks, also behind a comma."""
    return list(_listed(lambda: list(TASKS), incomplete))


def formats(incomplete: str) -> list[str]:
    """Forms of a report."""
    return list(_beginning(("text", "markdown", "latex", "csv", "html"), incomplete))


def papers(incomplete: str) -> list[str]:
    """Values of `--against`."""
    return list(_beginning(("groove", "ipic", "ps"), incomplete))


def documents(incomplete: str) -> list[str]:
    """Values of `--document`."""
    from tables.documents import DOCUMENTS

    return list(_beginning((document.name for document in DOCUMENTS), incomplete))


def devices(incomplete: str) -> list[str]:
    """Values of `--device`."""
    return list(_beginning(("auto", "cpu", "cuda"), incomplete))


def kinds(incomplete: str) -> list[str]:
    """Kinds of stages."""
    from benchmark.stages.table import KINDS

    return list(_beginning(KINDS, incomplete))


def runs(incomplete: str) -> list[str]:
    """Folders of runs below `runs`, or below the folder that is being typed."""
    typed = Path(incomplete)
    above = {Path("runs"), typed if incomplete.endswith("/") else typed.parent}
    found = {str(grid.parent) for folder in above for grid in folder.glob("*/grid.yaml")}
    return list(_beginning(sorted(found), incomplete))


def _listed(names: Callable[[], Iterable[str]], incomplete: str) -> Iterator[str]:
    before, comma, last = incomplete.rpartition(",")
    return (f"{before}{comma}{name}" for name in _beginning(names(), last))


def _beginning(names: Iterable[str], incomplete: str) -> Iterator[str]:
    return (name for name in names if name.startswith(incomplete))
