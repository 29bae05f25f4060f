"""`bench verify`: compute a sample of a run again and compare."""

from pathlib import Path
from typing import Annotated

import typer

from benchmark.cli import completion
from benchmark.cli.options import StoreOption, store_path
from benchmark.cli.streams import say


def verify(
    run: Annotated[
        Path,
        typer.Argument(help="Folder of the run, e.g. runs/demo.", autocompletion=completion.runs),
    ],
    sample: Annotated[
        str, typer.Option("--sample", help="How many stages: a share like 5%, or a number.")
    ] = "5%",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Which stages are drawn.")] = 0,
    store: StoreOption = None,
) -> None:
    """Recompute random stages of a run and compare them with the store, bit for bit.

    Nothing is written. Inputs are taken as they are stored, so that a difference is the stage's
    own. Exit code 1 if anything differs, with a line for each.

    Example:
        bench verify runs/demo --sample 10%
    """
    from benchmark.runs.verify import verification
    from benchmark.store.store import Store

    differences = verification(run, Store(store_path(store)), sample, seed)
    differing = 0
    for difference in differences:
        say(str(difference))
        differing += 1
    say(f"{differences.checked} stages computed again, {differing} differ")
    raise typer.Exit(1 if differing else 0)
