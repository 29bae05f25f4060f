"""`bench data`: public data sets, fetched from their authors' addresses and prepared here."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from benchmark.cli.streams import say
from weakpair.quantities import size
from weakpair.visible import visible

if TYPE_CHECKING:
    from benchmark.datasets.public.fetch import Fetched, Follow
    from benchmark.datasets.public.prepare import Prepared
    from benchmark.datasets.public.sets import Source

app = typer.Typer(help="Public data sets: list, fetch, prepare, verify.", no_args_is_help=True)

FolderOption = Annotated[
    Path | None,
    typer.Option(
        "--folder",
        help="Data folder. Default: $WEAKPAIR_DATA, else the user's data folder.",
        show_default=False,
    ),
]
NameArgument = Annotated[str, typer.Argument(help="A data set of bench data list.")]


@app.command("list")
def list_sources(
    name: Annotated[
        str | None, typer.Argument(help="Tell all about this one: files, licence, steps.")
    ] = None,
    folder: FolderOption = None,
) -> None:
    """List what can be fetched, a line each, or all that is known of one.

    Examples:
        bench data list

        bench data list perturb-cite-seq
    """
    from benchmark.datasets.public.sets import find_source, shipped_sources

    if name is not None:
        for line in _described(find_source(name)):
            say(line)
        return
    where = _folder(folder)
    for source in shipped_sources().values():
        size = _size(source.bytes)
        say(f"{source.name:24} {size:>9}  {_state(source, where):12}  {source.about}")


@app.command("fetch")
def fetch(
    names: Annotated[list[str], typer.Argument(help="Data sets of bench data list.")],
    origin: Annotated[
        Path | None,
        typer.Option("--from", help="Take the files from this folder instead: no network needed."),
    ] = None,
    raw_only: Annotated[
        bool, typer.Option("--raw-only", help="Do not prepare what was fetched.")
    ] = False,
    folder: FolderOption = None,
) -> None:
    """Fetch the raw files of data sets, check them, and prepare the sets.

    A download that was interrupted goes on where it stopped when the command is run again.

    Examples:
        bench data fetch cytof_bodenmiller

        bench data fetch perturb-cite-seq-portal --from ~/Downloads/SCP1064
    """
    from benchmark.datasets.public.fetch import fetch as fetch_files
    from benchmark.datasets.public.prepare import prepare as prepare_set
    from benchmark.datasets.public.sets import find_source

    where = _folder(folder)
    for source in [find_source(name) for name in names]:
        with _progress() as follow:
            raw = fetch_files(source, where, origin, observe=_tell, follow=follow)
        if raw_only:
            say(f"{source.name}: raw files → {raw}")
        elif (where / source.data_set).exists():
            say(f"{source.name}: {where / source.data_set} is there already")
        else:
            _show(source, prepare_set(source, where))


@app.command("prepare")
def prepare(
    name: NameArgument,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change a step: KEY=VALUE, e.g. min_cells=30. Repeatable."),
    ] = None,
    as_name: Annotated[
        str | None, typer.Option("--as", help="Another name for the set, beside the first.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a set of that name.")] = False,
    folder: FolderOption = None,
) -> None:
    """Prepare a data set from its raw files, again or with other steps.

    Example:
        bench data prepare perturb-cite-seq --set min_cells=30 --as perturb-cite-seq-30
    """
    from benchmark.datasets.public.prepare import prepare as prepare_set
    from benchmark.datasets.public.sets import find_source
    from benchmark.grids.reading.settings import nested

    source = find_source(name)
    parameters = nested(overrides or [], "min_cells=30")
    _show(source, prepare_set(source, _folder(folder), parameters, as_name, replace=force))


@app.command("verify")
def verify(
    names: Annotated[
        list[str] | None, typer.Argument(help="Default: every set that has raw files here.")
    ] = None,
    folder: FolderOption = None,
) -> None:
    """Hold raw files and prepared tables against their checksums; exit code 1 if one is wrong.

    Example:
        bench data verify
    """
    from benchmark.datasets.public.fetch import check, raw_folder
    from benchmark.datasets.public.sets import find_source, shipped_sources

    where = _folder(folder)
    chosen = [find_source(name) for name in names] if names else list(shipped_sources().values())
    wrong = 0
    for source in chosen:
        if names or raw_folder(source, where).is_dir():
            for file, state in check(source, where).items():
                wrong += state != "good"
                say(f"{state:8}  {source.name}/{file}")
    wrong += _verify_tables(chosen, where)
    say(f"{wrong} problems" if wrong else "all is well")
    raise typer.Exit(1 if wrong else 0)


def _verify_tables(chosen: "list[Source]", where: Path) -> int:
    from benchmark.datasets.public.owned import RECORD
    from benchmark.datasets.public.prepare import damaged_tables

    wrong = 0
    for name in dict.fromkeys(source.data_set for source in chosen):
        if (where / name / RECORD).exists():
            bad = damaged_tables(where / name)
            wrong += len(bad)
            say(f"{'damaged' if bad else 'good':8}  {name}: {', '.join(bad) or 'prepared'}")
    return wrong


def _folder(given: Path | None) -> Path:
    from benchmark.datasets import data_folder

    return given.expanduser() if given is not None else data_folder()


def _state(source: "Source", folder: Path) -> str:
    """State of a set: prepared, fetched, to be fetched or to be had by hand."""
    from benchmark.datasets.public.fetch import raw_folder

    if (folder / source.data_set).is_dir():
        return "prepared"
    raw = raw_folder(source, folder)
    needed = [file for file in source.files if not file.optional]
    if all((raw / file.name).exists() for file in needed):
        return "fetched"
    return "by hand" if any(file.url is None for file in needed) else "not here"


def _size(count: int | None) -> str:
    return "?" if count is None else size(count)


def _described(source: "Source") -> Iterator[str]:
    """All that an entry says, line by line."""
    yield f"{source.name}: {source.about}"
    yield f"  numbers   {source.numbers}"
    yield f"  licence   {source.licence}"
    yield f"  cite      {source.citation}"
    yield f"  page      {source.page}"
    for i, step in enumerate(source.steps, 1):
        yield f"  step {i:<4} {step}"
    for note in source.notes:
        yield f"  note      {note}"
    for file in source.files:
        yield f"  file      {file.name} ({_size(file.bytes)}; {file.format})"
        yield f"            {file.url or file.by_hand}{' (optional)' if file.optional else ''}"
        known = f"{file.checksum}, says {file.checksum_from}" if file.checksum else _UNKNOWN
        yield f"            {known}"


_UNKNOWN = "checksum not known to us: pinned at first fetch, in the lock file beside the file"


def _tell(fetched: "Fetched") -> None:
    """A line about a file."""
    state = "pinned in the lock file" if fetched.pinned else "checksum is right"
    say(f"{fetched.how:8}  {fetched.file.name} ({state})")


def _show(source: "Source", made: "Prepared") -> None:
    say(str(made.report))
    if made.expected is not None and made.digest != made.expected:
        say(
            f"warning: the content of {source.name} differs from the one that we know: "
            f"{made.digest[:12]} is not {made.expected[:12]}",
            err=True,
        )
    say(f"{made.path.name} → {made.path} (content {made.digest[:12]})")


@contextmanager
def _progress() -> "Iterator[Follow | None]":
    """A bar per download on a terminal, nothing elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn())
    with Progress(*columns, TransferSpeedColumn(), console=console, transient=True) as bars:

        def follow(file: Any) -> Any:
            task = bars.add_task(visible(file.name), total=file.bytes)
            return lambda done, total: bars.update(task, completed=done, total=total)

        yield follow
