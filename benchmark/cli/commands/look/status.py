"""`bench status`: how far a run is, what runs where, and what failed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from benchmark.cli import completion
from benchmark.cli.options import StoreOption, store_path
from benchmark.cli.streams import say, screen, shown

if TYPE_CHECKING:
    from rich.table import Table

    from benchmark.engine.inflight import Note
    from benchmark.engine.scheduling import Outlook


def status(
    run: Annotated[
        Path,
        typer.Argument(
            help="Folder of the run, e.g. runs/demo.",
            autocompletion=completion.runs,
        ),
    ],
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
    from benchmark.cli.outlook import expected, share_table
    from benchmark.engine.inflight import under_way
    from benchmark.grids.methods import Recorded
    from benchmark.runs.folder import RunFolder
    from benchmark.runs.run import RunOptions, foresee, resolve_device
    from benchmark.store.answers import Answers

    folder = RunFolder(run)
    grid, used = folder.grid, folder.resources
    options = RunOptions(
        run,
        store_path(store),
        resolve_device(device) if device else used.device,
        threads or used.threads,
    )
    recorded = Recorded(folder.provenance, Answers.read(options.store).describe)
    outlook = foresee(grid, options, recorded)
    notes = under_way(options.store, outlook.missing)
    at_work = len({(note.host, note.pid) for note in notes}) or max(1, used.workers)
    stages = folder.stages()
    console, rows = screen(), [] if stages is None else stages.to_pylist()
    console.print(share_table(outlook, f"run {run}", _seconds(rows)))
    if notes:
        console.print(_now(outlook, notes))
    for line in expected(outlook, workers or at_work, str(options.store)):
        say(line)
    _show_failures(rows, logs)


def _now(outlook: "Outlook", notes: "list[Note]") -> "Table":
    """Table of the stages that run, and where, the longest first."""
    from rich.table import Table
    from rich.text import Text

    from weakpair.quantities import duration

    table = Table("stage", "what", "machine", "process", "for", title="running now")
    for note in notes:
        spent = ", ".join(filter(None, (duration(note.seconds), note.trained)))
        named = (Text(shown(text)) for text in (outlook.whats[note.key], note.host))
        table.add_row(outlook.missing[note.key].kind, *named, str(note.pid), spent)
    return table


def _seconds(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Seconds that the run's last execution spent, by kind of stage."""
    spent: dict[str, float] = {}
    for row in rows:
        spent[str(row["kind"])] = spent.get(str(row["kind"]), 0.0) + float(row["seconds"] or 0)
    return spent


def _show_failures(rows: list[dict[str, Any]], logs: bool) -> None:
    failed = [row for row in rows if row["status"] == "failed"]
    blocked = sum(row["status"] == "blocked" for row in rows)
    if failed or blocked:
        hint = "" if logs else "; --logs shows their tracebacks"
        say(f"last execution: {len(failed)} failed, {blocked} blocked by them{hint}")
    for row in failed:
        say(shown(f"failed {row['kind']} {row['what']}: {row['error']}"))
        if logs:
            say("\n".join(shown(line) for line in str(row["log"]).splitlines()))
