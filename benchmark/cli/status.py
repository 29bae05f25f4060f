"""`bench status`: how far a run is and what failed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from benchmark.cli.options import StoreOption, store_path
from weakpair.errors import ConfigError

if TYPE_CHECKING:
    from rich.console import Console


def status(
    run: Annotated[Path, typer.Argument(help="Folder of the run, e.g. runs/demo.")],
    store: StoreOption = None,
    device: Annotated[str, typer.Option("--device", help="The run's device.")] = "auto",
    threads: Annotated[int, typer.Option("--threads", min=1, help="The run's threads.")] = 1,
    workers: Annotated[
        int, typer.Option("--workers", min=1, help="Workers, to tell the time left.")
    ] = 1,
    logs: Annotated[
        bool, typer.Option("--logs", help="Show the tracebacks of failed stages.")
    ] = False,
) -> None:
    """Show the stages of a run, finished or still going, their time and its failures.

    Seconds are summed over the workers; what was cached took none.

    Example:
        bench status runs/demo
    """
    from rich.console import Console

    from benchmark.cli.outlook import expected, share_table
    from benchmark.grid import read_grid, validate_grid
    from benchmark.results import GRID, STAGES
    from benchmark.runs import RunOptions, foresee, resolve_device

    if not (run / GRID).exists():
        raise ConfigError(f"{run} is not the folder of a run: it has no {GRID}")
    grid = validate_grid(read_grid(str(run / GRID)))
    options = RunOptions(run, store_path(store), resolve_device(device), threads)
    made = foresee(grid, options)
    console = Console()
    console.print(share_table(made, f"run {run}", _seconds(run / STAGES)))
    for line in expected(made, workers, str(options.store)):
        typer.echo(line)
    _show_failures(console, run / STAGES, logs)


def _seconds(path: Path) -> dict[str, float]:
    """Seconds that the run's last execution spent, by kind of stage."""
    import pandas as pd

    if not path.exists():
        return {}
    stages = pd.read_parquet(path, columns=["kind", "seconds"])
    return {
        str(kind): float(total) for kind, total in stages.groupby("kind")["seconds"].sum().items()
    }


def _show_failures(console: "Console", path: Path, logs: bool) -> None:
    import pandas as pd

    if not path.exists():
        return
    stages = pd.read_parquet(path)
    for row in stages[stages["status"] == "failed"].to_dict("records"):
        line = f"failed {row['kind']} {row['key'][:12]} ({row['what']}): {row['error']}"
        console.print(line, markup=False, highlight=False)
        if logs:
            console.print(row["log"], markup=False, highlight=False)
