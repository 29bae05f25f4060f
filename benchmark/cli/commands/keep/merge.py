"""`bench merge`: runs of one benchmark, computed at different places, as one run."""

from pathlib import Path
from typing import Annotated

import typer

from benchmark.cli import completion
from benchmark.cli.streams import say, shown


def merge(
    runs: Annotated[
        list[Path],
        typer.Argument(
            help="Folders of runs that have ended, oldest first.",
            show_default=False,
            autocompletion=completion.runs,
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="A folder that is not there yet.")],
) -> None:
    """Join runs into one: other methods, data sets or replicates, from whatever machine.

    Of scores that several runs have, those of the last one are kept. Data sets, protocols and
    settings that differ under one name are refused, so that no table compares what is not alike.
    Stores are not needed.

    Examples:
        bench merge runs/mine runs/colleague --out runs/both

        bench merge runs/replicates-0-4 runs/replicates-5-9 --out runs/all
    """
    from benchmark.runs.joining import join_runs

    out = out.expanduser()
    joined = join_runs([run.expanduser() for run in runs], out)
    say(
        f"{joined.points:,} points with scores, {joined.shared:,} of them in several runs, "
        f"{joined.gaps:,} without → {shown(str(out))}"
    )
    say(f"next: bench report {shown(str(out))}")
