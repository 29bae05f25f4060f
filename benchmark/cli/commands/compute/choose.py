"""`bench choose`: which combination to take for data of which nobody knows a pair."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from benchmark.cli import completion
from benchmark.cli.options import (
    DataOption,
    DeviceOption,
    GroupOption,
    Preprocess1Option,
    Preprocess2Option,
    StoreOption,
    names,
    store_path,
)
from benchmark.cli.streams import say, shown
from weakpair.errors import ConfigError

if TYPE_CHECKING:
    from benchmark.grids.request import Changes


def choose(
    run: Annotated[
        Path | None,
        typer.Argument(
            help="Folder of a run that has the task surrogate; or --data.",
            autocompletion=completion.runs,
        ),
    ] = None,
    data: DataOption = None,
    group: GroupOption = None,
    name: Annotated[
        str | None,
        typer.Option("--name", help="What the data set and the run's folder are called."),
    ] = None,
    preprocess1: Preprocess1Option = None,
    preprocess2: Preprocess2Option = None,
    paired: Annotated[
        str | None,
        typer.Option("--paired", help="ids, rows or none; no pair is used for the choice."),
    ] = None,
    learners: Annotated[
        str | None,
        typer.Option(
            "--learners",
            help="Only these learners, comma-separated.",
            autocompletion=completion.learners,
        ),
    ] = None,
    aligners: Annotated[
        str | None,
        typer.Option(
            "--aligners",
            help="Only these aligners, comma-separated.",
            autocompletion=completion.aligners,
        ),
    ] = None,
    split: Annotated[
        str | None, typer.Option("--split", help="Default: kfold:5.", show_default=False)
    ] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", help="KEY=VALUE, e.g. surrogate.merges=10. Repeatable."),
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, help="How many combinations to show.")] = 5,
    device: DeviceOption = "auto",
    workers: Annotated[
        int,
        typer.Option("--workers", min=0, max=1024, help="Local Dask workers; 0: this process."),
    ] = 2,
    store: StoreOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of the run. Default: runs/NAME-choose.")
    ] = None,
) -> None:
    """Choose learner and aligner without a single true pair.

    Perturbations are merged at random into groups of two, methods see the groups alone, and the one
    whose plans of held-out cells find the hidden perturbations again is put first. docs/choosing.md
    tells how far that can be trusted, measured on data with pairs; the last lines say it for a
    score like yours, or that nothing can be told.

    Examples:
        bench choose --data my_screen/ --group perturbation

        bench choose --data rna.h5ad,adt.h5ad --preprocess1 rna --preprocess2 protein

        bench choose runs/my_screen

    Exit code: 0, also where nothing can be told; 1 no score was computed; 2 a mistake in the input.
    """
    from benchmark.grids.request import Changes

    own = {
        "--group": group,
        "--name": name,
        "--preprocess1": preprocess1,
        "--preprocess2": preprocess2,
        "--paired": paired,
    }
    changes = Changes(
        learners=names(learners, "--learners"),
        aligners=names(aligners, "--aligners"),
        split=split,
        overrides=tuple(overrides or ()),
    )
    if data is None:
        folder = _finished(run, {**own, "--out": out, "--split": split, "--set": overrides})
    elif run is not None:
        raise ConfigError("give a run or --data, not both; two files are joined by a comma")
    else:
        folder = _computed(data, own, changes, out, store_path(store), device, workers)
    _say(folder, store_path(store), top)


def _finished(run: Path | None, given: dict[str, object]) -> Path:
    """The run's folder; what goes with --data is refused."""
    if run is None:
        raise ConfigError("give the folder of a run, or --data PATH --group COLUMN")
    for option, value in given.items():
        if value is not None and value != []:
            raise ConfigError(f"{option} goes with --data; the run's grid says it already")
    return run


def _computed(
    data: str,
    own: dict[str, str | None],
    changes: "Changes",
    out: Path | None,
    store: Path,
    device: str,
    workers: int,
) -> Path:
    """Run the template on a person's own data, and return the run's folder."""
    from benchmark.cli.asked import own_data
    from benchmark.cli.executing import execute
    from benchmark.grids.request import Request, settled
    from benchmark.runs.run import RunOptions, resolve_device
    from benchmark.store.store import Store

    chosen = settled(Request(own_data(data, own, template="choose"), changes), Store(store))
    for line in chosen.lines:
        say(line)
    folder = (out or Path("runs") / f"{chosen.grid.name}-choose").expanduser()
    options = RunOptions(out=folder, store=store, device=resolve_device(device), workers=workers)
    if execute(chosen.grid, options, chosen.loaded) == 2:
        raise typer.Exit(1)
    return folder


def _say(folder: Path, store: Path, top: int) -> None:
    """Print short list and verdict of every data set."""
    import tables
    from benchmark.cli.runs import read_runs

    found = read_runs([str(folder)], store)
    for choice in tables.shortlists(
        found.results, ratios=found.ratios, top=top, failures=found.gaps
    ):
        if choice.table.groups:
            say(tables.render([choice.table], "text", screen=tables.Screen.detect()))
        say(shown(f"{choice.dataset}: {choice.verdict}"))
        if choice.trust:
            say(choice.trust)
