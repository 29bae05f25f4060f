"""`bench run`: compute a grid."""

from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from benchmark.cli import completion
from benchmark.cli.options import IsolateOption, StoreOption, names, store_path
from benchmark.cli.streams import say, shown
from weakpair.errors import ConfigError

if TYPE_CHECKING:
    from benchmark.grids.expand import Problem
    from benchmark.grids.spec import GridSpec
    from benchmark.runs.run import Loaded, RunOptions

_GRID, _DATA, _METHODS, _RUNNING, _OUTPUT = (
    "Grid",
    "Data of your own",
    "Methods and protocol",
    "Running",
    "Output",
)


def run(
    context: typer.Context,
    grid: Annotated[
        str | None,
        typer.Option(
            "--grid",
            help="A shipped grid's name, or a YAML file.",
            rich_help_panel=_GRID,
            autocompletion=completion.grids,
        ),
    ] = None,
    datasets: Annotated[
        str | None,
        typer.Option(
            "--datasets", help="Only these data sets, comma-separated.", rich_help_panel=_GRID
        ),
    ] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="Change a value: KEY=VALUE, e.g. imputer.epochs=5. Repeatable.",
            rich_help_panel=_GRID,
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            help="Your own files instead of a grid: a folder, .npz, .h5mu or two .h5ad; or a name.",
            rich_help_panel=_DATA,
        ),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(
            "--group",
            help="Column of the perturbation label. Default: group.",
            rich_help_panel=_DATA,
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            help="What the data set and the run's folder are called. Default: as the files.",
            rich_help_panel=_DATA,
        ),
    ] = None,
    preprocess1: Annotated[
        str | None,
        typer.Option(
            "--preprocess1",
            help="Of modality 1: rna, atac, protein, none, auto, or steps such as "
            '"log1p, zscore". Default: none.',
            rich_help_panel=_DATA,
        ),
    ] = None,
    preprocess2: Annotated[
        str | None,
        typer.Option("--preprocess2", help="Of modality 2, likewise.", rich_help_panel=_DATA),
    ] = None,
    paired: Annotated[
        str | None,
        typer.Option(
            "--paired",
            help="How true pairs are known: ids (equal ids), rows (the same row), none.",
            rich_help_panel=_DATA,
        ),
    ] = None,
    learners: Annotated[
        str | None,
        typer.Option(
            "--learners",
            help="Only these learners, comma-separated.",
            rich_help_panel=_METHODS,
            autocompletion=completion.learners,
        ),
    ] = None,
    aligners: Annotated[
        str | None,
        typer.Option(
            "--aligners",
            help="Only these aligners, comma-separated.",
            rich_help_panel=_METHODS,
            autocompletion=completion.aligners,
        ),
    ] = None,
    tasks: Annotated[
        str | None,
        typer.Option(
            "--tasks",
            help="Of matching, imputation, surrogate, probe.",
            rich_help_panel=_METHODS,
            autocompletion=completion.tasks,
        ),
    ] = None,
    predict: Annotated[
        str | None,
        typer.Option(
            "--predict",
            help="Which modality is imputed from the other: 1, 2 or both. Default: the grid's, "
            "else 1 (from 2).",
            rich_help_panel=_METHODS,
        ),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            "--split",
            help="holdout, kfold[:5], lopo[:20], of so many perturbations, or column:NAME, a "
            "metadata column with train and test.",
            rich_help_panel=_METHODS,
        ),
    ] = None,
    training_cells: Annotated[
        str | None,
        typer.Option(
            "--training-cells",
            help="same, disjoint or overlap=F (0 ≤ F ≤ 1).",
            rich_help_panel=_METHODS,
        ),
    ] = None,
    test_cells: Annotated[
        str | None,
        typer.Option(
            "--test-cells",
            help="paired, or decoys=F: beside each pair, F cells of either modality alone.",
            rich_help_panel=_METHODS,
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", min=0, help="Seed of splits and methods.", rich_help_panel=_METHODS),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            "--seeds",
            min=1,
            max=1000,
            help="Fits of each learner per fold, each from a seed of its own. Default: 1.",
            rich_help_panel=_METHODS,
        ),
    ] = None,
    device: Annotated[
        str,
        typer.Option(
            "--device",
            help="auto, cpu or cuda.",
            rich_help_panel=_RUNNING,
            autocompletion=completion.devices,
        ),
    ] = "auto",
    threads: Annotated[
        int,
        typer.Option(
            "--threads",
            min=1,
            max=1024,
            help="Threads of a stage; part of every key.",
            rich_help_panel=_RUNNING,
        ),
    ] = 1,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            min=0,
            max=1024,
            help="Local Dask workers; 0 runs in this process. Default: one per core.",
            show_default=False,
            rich_help_panel=_RUNNING,
        ),
    ] = None,
    cluster: Annotated[
        str,
        typer.Option(
            "--cluster",
            help="Address of a running Dask scheduler, or a YAML file: SLURM, LSF, PBS, TLS.",
            rich_help_panel=_RUNNING,
        ),
    ] = "",
    timeout: Annotated[
        float | None,
        typer.Option(
            "--timeout",
            min=0.1,
            max=1e8,
            help="Seconds a stage may take; then it has failed.",
            rich_help_panel=_RUNNING,
        ),
    ] = None,
    memory: Annotated[
        float | None,
        typer.Option(
            "--memory",
            min=0.1,
            max=1e6,
            help="GiB a stage may take; then it has failed.",
            rich_help_panel=_RUNNING,
        ),
    ] = None,
    isolate: IsolateOption = "auto",
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Say what was read, count stages, predict time and disk; compute nothing.",
            rich_help_panel=_RUNNING,
        ),
    ] = False,
    retry_failed: Annotated[
        bool,
        typer.Option(
            "--retry-failed",
            help="Only what failed or was blocked in the last run.",
            rich_help_panel=_RUNNING,
        ),
    ] = False,
    fail_fast: Annotated[
        bool,
        typer.Option(
            "--fail-fast",
            help="Start nothing new after the first failure.",
            rich_help_panel=_RUNNING,
        ),
    ] = False,
    against: Annotated[
        Path | None,
        typer.Option(
            "--against",
            help="Results of an earlier run, its folder or results.parquet: rank among them.",
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Folder of the run. Default: runs/NAME.", rich_help_panel=_OUTPUT
        ),
    ] = None,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help="Replace what a run of another grid left in that folder.",
            rich_help_panel=_OUTPUT,
        ),
    ] = False,
    store: StoreOption = None,
) -> None:
    """Compute a grid: what is stored already is not computed again.

    Examples:
        bench run --grid demo

        bench run --data my_screen/ --group perturbation --split lopo

        bench run --data rna.h5ad,adt.h5ad --preprocess1 rna --preprocess2 protein --predict both

        bench run --grid demo --learners lda,pca --set imputer.epochs=20 --workers 4

        bench run --grid simulation --learners mine --against runs/simulation --out runs/mine

    Exit code: 0 every point has scores, 1 some, 2 none or a mistake in the input.
    """
    from benchmark.cli.asked import asked
    from benchmark.cli.executing import execute
    from benchmark.grids.request import Changes, Request, settled
    from benchmark.runs.folder import folder_of
    from benchmark.runs.run import RunOptions, resolve_device
    from benchmark.store.store import Store
    from weakpair.vocabulary.metrics import METRICS

    _finite({"--timeout": timeout, "--memory": memory})
    own = {
        "--group": group,
        "--name": name,
        "--preprocess1": preprocess1,
        "--preprocess2": preprocess2,
        "--paired": paired,
    }
    changes = Changes(
        datasets=names(datasets, "--datasets"),
        learners=names(learners, "--learners"),
        aligners=names(aligners, "--aligners"),
        split=split,
        training_cells=training_cells,
        test_cells=test_cells,
        tasks=names(tasks, "--tasks"),
        seed=seed,
        seeds=seeds,
        overrides=tuple(overrides or ()),
        predict=predict,
    )
    request = Request(asked(grid, data, context.args, own), changes)
    chosen = settled(request, Store(store_path(store)))
    device = resolve_device(device)
    options = RunOptions(
        out=(out or folder_of(chosen.grid)).expanduser(),
        store=store_path(store),
        device=device,
        threads=threads,
        workers=_workers(workers, device, threads),
        cluster=cluster,
        timeout=timeout,
        memory=memory,
        isolate=isolate,
        fail_fast=fail_fast,
        retry_failed=retry_failed,
        replace=replace,
    )
    for line in chosen.lines:
        say(line)
    for line in METRICS.complaints():
        say(f"warning: not scored: {shown(line)}", err=True)
    if dry_run:
        _show_outlook(chosen.grid, options, chosen.loaded)
        return
    raise typer.Exit(execute(chosen.grid, options, chosen.loaded, against))


def _finite(given: dict[str, float | None]) -> None:
    """NaN is neither below nor above a bound.

    Raises:
        ConfigError: an option's value is none.
    """
    for option, value in given.items():
        if value is not None and not isfinite(value):
            raise ConfigError(f"{option} {value}: give a number")


def _workers(given: int | None, device: str, threads: int) -> int:
    """One worker per core unless asked otherwise; a single GPU takes one stage at a time."""
    if given is not None:
        return given
    if device == "cuda":
        return 1
    import os

    return max(1, (os.cpu_count() or 1) // threads)


def _show_outlook(spec: "GridSpec", options: "RunOptions", loaded: "Loaded") -> None:
    from benchmark.cli.outlook import expected, share_table
    from benchmark.cli.reading import first_lines
    from benchmark.cli.streams import screen
    from benchmark.runs.admission import check
    from benchmark.runs.run import look_ahead

    expansion, outlook = look_ahead(spec, options, loaded)
    for line in [*first_lines(expansion), *_skipped(expansion.problems)]:
        say(shown(line))
    screen().print(share_table(outlook, f"grid {spec.name}"))
    for line in expected(outlook, max(1, options.workers), str(options.store)):
        say(line)
    try:
        check(options.out, spec, replace=options.replace)
    except ConfigError as error:
        say(f"the run itself would be refused: {error}")


def _skipped(problems: "list[Problem]") -> list[str]:
    return [f"skipped {problem.dataset}: {problem.error}" for problem in problems]
