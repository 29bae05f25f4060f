"""`bench publish`: a static folder of runs for any web server."""

from pathlib import Path
from typing import Annotated

import typer

from benchmark.cli import completion
from benchmark.cli.options import StoreOption, store_path
from benchmark.cli.streams import say, warn


def publish(
    runs: Annotated[
        list[str],
        typer.Argument(
            help="Folders of runs that have ended.",
            show_default=False,
            autocompletion=completion.runs,
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="A folder that is not there yet.")],
    public: Annotated[
        bool,
        typer.Option(
            "--public", help="Leave out cells and names of perturbations, where data may not leave."
        ),
    ] = False,
    store: StoreOption = None,
) -> None:
    """Write pages, scores, tables and cards of runs into a folder for any web server.

    The first page lists the runs and what comes first in each. A run has its report, the scores as
    Parquet, the ranked tables as CSV, the grid, and a card in Croissant, which data set searches
    read.

    Examples:
        bench publish runs/demo runs/simulation --out site

        bench publish runs/my_screen --public --out site
    """
    from benchmark.publishing import publish as write

    out = out.expanduser()
    say(f"wrote {write(runs, store_path(store), out, public=public, tell=warn)}")
