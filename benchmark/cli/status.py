"""`bench status`: how far a run is, what runs where, and what failed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from benchmark.cli.options import StoreOption, store_path
from weakpair.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console
    from rich.table import Table

    from benchmark.graph import Stage
    from benchmark.running import Note


def status(
    run: Annotated[Path, typer.Argument(help="Folder of the run, e.g. runs/demo.")],
    store: StoreOption = None,
    device: Annotated[
        str | None, typer.Option("--device", help="Stages of this device, not of the run's.")
    ] = None,
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, help="Stages of so many threads.")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            min=1,
            help="Workers, to tell the time left. Default: those at work, else the run's.",
            show_default=False,
        ),
    ] = None,
    logs: Annotated[
        bool, typer.Option("--logs", help="Show the tracebacks of failed stages.")
    ] = False,
) -> None:
    """Show the stages of a run, finished or still going: what runs where, time left, failures.

    Seconds are summed over the workers; what was cached took none.

    Example:
        bench status runs/demo
    """
    from rich.console import Console

    from benchmark.cli.outlook import expected, share_table
    from benchmark.grid import read_grid, validate_grid
    from benchmark.results import GRID, STAGES
    from benchmark.running import under_way
    from benchmark.runs import RunOptions, foresee, resolve_device

    if not (run / GRID).exists():
        raise ConfigError(f"{run} is not the folder of a run: it has no {GRID}")
    grid = validate_grid(read_grid(str(run / GRID)))
    facts = _facts(run)
    options = RunOptions(
        run,
        store_path(store),
        resolve_device(device) if device else str(facts["device"]),
        threads or int(facts["threads"]),
    )
    made = foresee(grid, options)
    notes = under_way(options.store, made.missing)
    at_work = len({(note.host, note.pid) for note in notes}) or max(1, int(facts["workers"]))
    console = Console()
    console.print(share_table(made, f"run {run}", _seconds(run / STAGES)))
    if notes:
        console.print(_now(made.missing, notes))
    for line in expected(
        made, workers or at_work or max(1, int(facts["workers"])), str(options.store)
    ):
        typer.echo(line)
    _show_failures(console, run / STAGES, logs)


def _facts(run: Path) -> dict[str, Any]:
    """With what device, threads and workers it was started."""
    import json

    from benchmark.results import PROVENANCE

    try:
        facts = json.loads((run / PROVENANCE).read_text(encoding="utf-8"))
        return {name: facts[name] for name in ("device", "threads", "workers")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{run} is not the folder of a run: it has no readable {PROVENANCE}"
        ) from error


def _now(missing: "Mapping[str, Stage]", notes: "list[Note]") -> "Table":
    """What runs where, the longest first."""
    import time

    from rich.table import Table

    from benchmark.cli.outlook import duration
    from benchmark.results import describe

    table = Table("stage", "what", "machine", "process", "for", title="running now")
    for note in notes:
        stage = missing[note.key]
        what = describe(stage.params)
        spent = duration(max(0.0, time.time() - note.since))
        table.add_row(stage.kind, what, note.host, str(note.pid), spent)
    return table


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
