"""`bench doctor`: is this environment fit?"""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from benchmark.cli.streams import say, shown
from weakpair.imports import shadowed


def doctor(
    store: Annotated[Path | None, typer.Option("--store", help="The store to look at.")] = None,
) -> None:
    """Check the environment: packages, extras, device, data folder, store.

    weakpair wants a virtual environment of its own: its folder `tables` has the import name of
    PyTables. Exit code 1 if something is wrong.

    Example:
        bench doctor
    """
    from benchmark.cli.options import store_path
    from benchmark.datasets import data_folder
    from benchmark.engine.provenance import run_provenance

    facts = run_provenance()
    say(f"weakpair {facts['weakpair']}, Python {facts['python']}, {facts['platform']}")
    say(", ".join(f"{name} {v or 'missing'}" for name, v in facts["packages"].items()))
    say(f"device: {facts['gpu'] or 'CPU only'}; {facts['cores']} cores; {facts['processor']}")
    extra = all(find_spec(name) for name in ("anndata", "mudata"))
    say(f"h5ad and h5mu: {'yes' if extra else 'no; pip install weakpair[scverse]'}")
    folder = data_folder()
    say(f"data folder: {folder}{'' if folder.is_dir() else ' (not there)'}")
    found = (shadowed(), _store_problem(store_path(store)), *_plugin_problems())
    problems = [shown(line) for line in found if line]
    for line in problems:
        say(f"problem: {line}")
    say("all is well" if not problems else f"{len(problems)} problems")
    raise typer.Exit(1 if problems else 0)


def _plugin_problems() -> list[str]:
    """A line for each method or metric of an installed package that does not load."""
    import aligners
    import learners
    from weakpair.vocabulary.metrics import METRICS

    return [
        f"{registry.kind} {name!r} of an installed package cannot be loaded: {why}"
        for registry in (learners.REGISTRY, aligners.REGISTRY, METRICS)
        for name, why in registry.broken().items()
    ]


def _store_problem(root: Path) -> str:
    existing = next(path for path in (root.absolute(), *root.absolute().parents) if path.exists())
    if existing.is_dir() and os.access(existing, os.W_OK):
        return ""
    return f"the store {root} cannot be written: check the permissions of {existing}"
