"""`bench cache`: look into the store, explain differences, verify and clean."""

from pathlib import Path
from typing import Annotated

import typer

from benchmark.cli import completion
from benchmark.cli.options import StoreOption, store_path
from benchmark.cli.streams import say, shown
from weakpair.errors import UnknownNameError

app = typer.Typer(
    help="Look into the store: ls, explain, export, verify, gc.", no_args_is_help=True
)


@app.command("ls")
def ls(
    store: StoreOption = None,
    kind: Annotated[
        str | None,
        typer.Option("--kind", help="Only this kind of stage.", autocompletion=completion.kinds),
    ] = None,
    method: Annotated[
        str | None, typer.Option("--method", help="Only what this learner or aligner has part in.")
    ] = None,
    dataset: Annotated[
        str | None, typer.Option("--dataset", help="Only what comes from this data set.")
    ] = None,
) -> None:
    """List artefacts: key, kind, size, data set, and what they are; the total last.

    Example:
        bench cache ls --kind fit --method lda
    """
    from benchmark.runs.maintenance import listing
    from benchmark.stages.table import KINDS
    from benchmark.store.store import existing
    from weakpair.registry import same_name

    if kind is not None and kind not in (*KINDS, "damaged"):
        raise UnknownNameError("kind of stage", kind, (*KINDS, "damaged"))
    count = total = 0
    for row in listing(existing(store_path(store))):
        if kind not in (None, row.kind) or dataset not in (None, row.data):
            continue
        if method and not any(same_name(word, method) for word in row.what.split()):
            continue
        count, total = count + 1, total + row.bytes
        line = f"{row.key[:12]}  {row.kind:8} {row.bytes:>12,} B  {row.data} {row.what}"
        say(shown(line.rstrip()))
    say(f"{count:,} artefacts, {total:,} B")


@app.command("explain")
def explain(
    first: Annotated[str, typer.Argument(help="Key (or its beginning) of an artefact.")],
    second: Annotated[str, typer.Argument(help="Key of another.")],
    store: StoreOption = None,
) -> None:
    """Print the first field in which the recipes of two artefacts differ.

    Example:
        bench cache explain 3f2a 9c41
    """
    from benchmark.runs.maintenance import first_difference
    from benchmark.store.store import existing

    where = existing(store_path(store))
    say(first_difference(where, where.find(first), where.find(second)))


@app.command("export")
def export(
    plan: Annotated[str, typer.Argument(help="Key (or its beginning) of a plan.")],
    out: Annotated[Path, typer.Option("--out", help="File to write, .parquet.")],
    store: StoreOption = None,
) -> None:
    """Write a plan's weights as a table: row, column, weight, however the store keeps them.

    Example:
        bench cache export 3f2a --out plan.parquet
    """
    from benchmark.store.export import export_plan
    from benchmark.store.store import existing

    where = existing(store_path(store))
    count = export_plan(where, where.find(plan), out)
    say(f"wrote {out}: {count:,} weights")


@app.command("verify")
def verify(store: StoreOption = None) -> None:
    """Read every artefact and check it; damaged ones are named (exit code 1).

    Example:
        bench cache verify
    """
    from benchmark.runs.maintenance import damaged
    from benchmark.store.store import existing

    where = existing(store_path(store))
    bad = damaged(where)
    for key, why in bad:
        say(f"damaged {key}: {why}")
    say(f"{sum(1 for _ in where)} artefacts, {len(bad)} damaged")
    raise typer.Exit(1 if bad else 0)


@app.command("gc")
def gc(
    keep: Annotated[
        list[Path] | None,
        typer.Option("--keep", help="A run whose artefacts stay; repeatable. Others are removed."),
    ] = None,
    store: StoreOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Remove damaged artefacts and leftovers; with --keep also what none of these runs uses.

    What a run needs that goes on stays, and so do files that no store has named.

    Example:
        bench cache gc --keep runs/demo --dry-run
    """
    from benchmark.runs.garbage import collect_garbage
    from benchmark.store.store import existing

    removed = collect_garbage(existing(store_path(store)), keep, dry_run=dry_run)
    verb = "would remove" if dry_run else "removed"
    say(f"{verb} {removed.files} files, {removed.bytes:,} bytes")
    if removed.spared:
        say(f"left {removed.spared} files to runs that go on")
