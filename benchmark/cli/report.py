"""`bench report`: ranked tables of one or several runs."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from weakpair.errors import UnknownNameError

if TYPE_CHECKING:
    import pandas as pd

    import tables
    from tables.published import Paper


class Missing(StrEnum):
    """What becomes of combinations that lack some of their units."""

    strict = "strict"
    worst = "worst"
    drop = "drop"


def report(
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs; several are merged.")],
    task: Annotated[
        str | None, typer.Option("--task", help="matching or imputation. Default: both.")
    ] = None,
    style: Annotated[
        str, typer.Option("--format", help="text, markdown, latex, csv or html.")
    ] = "text",
    top: Annotated[
        int | None, typer.Option("--top", min=1, help="Only the K best combinations.")
    ] = None,
    missing: Annotated[
        Missing,
        typer.Option("--missing", help="How incomplete combinations are ranked."),
    ] = Missing.strict,
    include: Annotated[
        list[str] | None,
        typer.Option("--include", help="Rank these too: control, oracle. Repeatable."),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option("--against", help="Set the numbers of a paper beside ours: groove or ipic."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write to a file instead of the screen.")
    ] = None,
) -> None:
    """Rank learner × aligner combinations by their mean rank over the task's metrics.

    Examples:
        bench report runs/demo --task matching

        bench report runs/demo --task imputation --format latex --top 5 --out table.tex

        bench report runs/simulation --against groove --format markdown
    """
    import tables

    results = tables.load_results(runs)
    if against is not None:
        made = _beside(results, against, task)
    else:
        chosen = [task] if task else [t for t in tables.TASKS if t in set(results["task"])]
        made = [
            table
            for name in chosen
            for table in tables.build(
                results,
                name,
                top=top,
                missing=missing.value,
                failures=_gaps(runs),
                include=include or (),
            )
        ]
    if out is None:
        typer.echo(tables.render(made, style, screen=tables.Screen.detect()).rstrip("\n"))
    else:
        out.write_text(tables.render(made, style), encoding="utf-8")
        typer.echo(f"wrote {out}")


def _beside(results: "pd.DataFrame", paper: str, task: str | None) -> "list[tables.Table]":
    """Ours and a paper's, of one task or of all."""
    import tables
    from tables.published import load

    numbers = load(cast("Paper", paper))
    if task is not None:
        numbers = numbers[numbers["protocol"] == task]
        if numbers.empty:
            raise UnknownNameError("task", task, tables.TASKS)
    return tables.compare(results, numbers)


def _gaps(runs: list[Path]) -> "pd.DataFrame | None":
    """Cells of the runs that have no scores."""
    import pandas as pd

    from benchmark.results import GAPS

    frames = [pd.read_parquet(run / GAPS) for run in runs if (run / GAPS).exists()]
    return pd.concat(frames, ignore_index=True) if frames else None
