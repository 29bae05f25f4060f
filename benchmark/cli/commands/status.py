"""`bench status`: how far a run is, what runs where, and what failed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from benchmark.cli import completion
from benchmark.cli.options import StoreOption, store_path
from benchmark.cli.streams import say, screen, shown
from weakpair.errors import ConfigError

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
    from benchmark.grids.foreign import Recorded
    from benchmark.grids.spec import read_grid, validate_grid
    from benchmark.runs.results import GRID, STAGES
    from benchmark.runs.run import RunOptions, foresee, resolve_device
    from benchmark.store.answers import Answers

    if not (run / GRID).exists():
        raise ConfigError(f"{run} is not the folder of a run: it has no {GRID}")
    grid = validate_grid(read_grid(str(run / GRID)))
    facts = _facts(run)
    options = RunOptions(
        run,
        store_path(store),
        resolve_device(device) if device else facts["device"],
        threads or facts["threads"],
    )
    made = foresee(grid, options, Recorded(facts, Answers.read(options.store).describe))
    notes = under_way(options.store, made.missing)
    at_work = len({(note.host, note.pid) for note in notes}) or max(1, facts["workers"])
    console, rows = screen(), _rows(run / STAGES)
    console.print(share_table(made, f"run {run}", _seconds(rows)))
    if notes:
        console.print(_now(made, notes))
    for line in expected(made, workers or at_work, str(options.store)):
        say(line)
    _show_failures(rows, logs)


def _facts(run: Path) -> dict[str, Any]:
    """With what device, threads and workers it was started."""
    from benchmark.runs.folder import PROVENANCE, provenance

    facts = provenance(run) or {}
    try:
        known = {
            "device": str(facts["device"]),
            **{name: int(facts[name]) for name in ("threads", "workers")},
        }
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f"{run} is not the folder of a run: it has no readable {PROVENANCE}"
        ) from error
    return {**facts, **known}


def _now(made: "Outlook", notes: "list[Note]") -> "Table":
    """Table of the stages that run, and where, the longest first."""
    from rich.table import Table
    from rich.text import Text

    from weakpair.quantities import duration

    table = Table("stage", "what", "machine", "process", "for", title="running now")
    for note in notes:
        spent = ", ".join(filter(None, (duration(note.seconds), note.trained)))
        named = (Text(shown(text)) for text in (made.whats[note.key], note.host))
        table.add_row(made.missing[note.key].kind, *named, str(note.pid), spent)
    return table


def _rows(path: Path) -> list[dict[str, Any]]:
    """The stages of the run's last execution."""
    from weakpair.parquet import read_parquet

    rows: list[dict[str, Any]] = read_parquet(path).to_pylist() if path.exists() else []
    return rows


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
