"""`bench run`: compute a grid."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from benchmark.cli.options import IsolateOption, StoreOption, names, store_path
from weakpair.errors import ConfigError

if TYPE_CHECKING:
    from benchmark.grid import GridSpec
    from benchmark.runs import RunOptions, RunSummary


def run(
    grid: Annotated[
        str | None, typer.Option("--grid", help="A shipped grid's name, or a YAML file.")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            "--data", help="Your own files instead: a folder, .npz, .h5mu or two .h5ad; or a name."
        ),
    ] = None,
    group: Annotated[
        str, typer.Option("--group", help="With --data: the column of the perturbation label.")
    ] = "group",
    split: Annotated[
        str | None, typer.Option("--split", help="holdout, kfold[:5] or lopo.")
    ] = None,
    training_cells: Annotated[
        str | None,
        typer.Option("--training-cells", help="same, disjoint or overlap=F (0 ≤ F ≤ 1)."),
    ] = None,
    datasets: Annotated[
        str | None, typer.Option("--datasets", help="Only these data sets, comma-separated.")
    ] = None,
    learners: Annotated[
        str | None, typer.Option("--learners", help="Only these learners, comma-separated.")
    ] = None,
    aligners: Annotated[
        str | None, typer.Option("--aligners", help="Only these aligners, comma-separated.")
    ] = None,
    tasks: Annotated[
        str | None, typer.Option("--tasks", help="Of matching, imputation, probe.")
    ] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change a value: KEY=VALUE, e.g. imputer.epochs=5. Repeatable."),
    ] = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")] = "auto",
    threads: Annotated[
        int, typer.Option("--threads", min=1, help="Threads of a stage; part of every key.")
    ] = 1,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            min=0,
            help="Local Dask workers; 0 runs in this process. Default: one per core.",
            show_default=False,
        ),
    ] = None,
    cluster: Annotated[
        str,
        typer.Option(
            "--cluster",
            help="Address of a running Dask scheduler, or a YAML file: SLURM, LSF, PBS, TLS.",
        ),
    ] = "",
    timeout: Annotated[
        float | None,
        typer.Option("--timeout", min=0.1, help="Seconds a stage may take; then it has failed."),
    ] = None,
    memory: Annotated[
        float | None,
        typer.Option("--memory", min=0.1, help="GiB a stage may take; then it has failed."),
    ] = None,
    isolate: IsolateOption = "auto",
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of the run. Default: runs/GRID.")
    ] = None,
    store: StoreOption = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="Seed of splits and methods.")
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Count stages, predict time and disk; compute nothing."),
    ] = False,
    retry_failed: Annotated[
        bool,
        typer.Option("--retry-failed", help="Only what failed or was blocked in the last run."),
    ] = False,
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="Start nothing new after the first failure.")
    ] = False,
) -> None:
    """Compute a grid: what is stored already is not computed again.

    Examples:
        bench run --grid demo

        bench run --data my_screen/ --group perturbation --split lopo

        bench run --grid demo --learners lda,pca --set imputer.epochs=20 --workers 4

    Exit code: 0 every cell has scores, 1 some, 2 none or a mistake in the input.
    """
    from benchmark.runs import RunOptions, resolve_device

    content = _content(grid, data, group)
    _narrow(content, {"datasets": datasets, "learners": learners, "aligners": aligners})
    _replace_splits(content, split, training_cells)
    if tasks is not None:
        content["tasks"] = names(tasks)
    if seed is not None:
        content["seed"] = seed
    spec = _validated(content, overrides or [])
    device = resolve_device(device)
    options = RunOptions(
        out=(out or Path("runs") / spec.name).expanduser(),
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
    )
    if dry_run:
        _show_outlook(spec, options)
        return
    raise typer.Exit(_execute(spec, options))


def _content(grid: str | None, data: str | None, group: str) -> dict[str, Any]:
    from benchmark.grid import read_grid

    if (grid is None) == (data is None):
        raise ConfigError("give either --grid NAME|FILE or --data PATH --group COLUMN")
    if grid is not None:
        return read_grid(grid)
    name = Path(str(data).split(",")[0].rstrip("/")).stem or "own"
    entry = {"name": name, "path": data, "group": group}
    if _is_known(str(data)):
        entry = {"name": str(data), "group": group}
    return {**read_grid("own"), "name": entry["name"], "datasets": [entry]}


def _is_known(data: str) -> bool:
    """Whether it is the name of a set in the data folder, and no path from here."""
    from benchmark.datasets import available

    return not Path(data).exists() and data in {entry.name for entry in available()}


def _narrow(content: dict[str, Any], chosen: dict[str, str | None]) -> None:
    """Keep the grid's own spec of a chosen name; a name that the grid lacks is taken plain."""
    for key, value in chosen.items():
        wanted = names(value)
        if wanted is not None:
            have = content.get(key, [])
            content[key] = [
                next((item for item in have if _name(item) == name), name) for name in wanted
            ]


def _name(item: Any) -> str:
    """What an item of a grid's list is called; a simulation entry needs no name of its own."""
    from benchmark.datasets.simulated import NAME

    if not isinstance(item, dict):
        return str(item)
    inner = item.get("data", item)
    if not isinstance(inner, dict):
        return str(inner)
    return str(item.get("label") or inner.get("name", NAME))


def _replace_splits(content: dict[str, Any], split: str | None, training_cells: str | None) -> None:
    from benchmark.grid import split_mappings

    if split is not None:
        content["splits"] = split_mappings(split)
    if training_cells is not None:
        splits = content.get("splits") or [{}]
        content["splits"] = [{**item, "training_cells": training_cells} for item in splits]


def _validated(content: dict[str, Any], overrides: list[str]) -> "GridSpec":
    from benchmark.grid import validate_grid
    from benchmark.overrides import apply_overrides

    return validate_grid(apply_overrides(content, overrides))


def _workers(given: int | None, device: str, threads: int) -> int:
    """One worker per core unless asked otherwise; a single GPU takes one stage at a time."""
    if given is not None:
        return given
    if device == "cuda":
        return 1
    import os

    return max(1, (os.cpu_count() or 1) // threads)


def _show_outlook(spec: "GridSpec", options: "RunOptions") -> None:
    from rich.console import Console

    from benchmark.cli.outlook import expected, share_table
    from benchmark.runs import foresee

    made = foresee(spec, options)
    Console().print(share_table(made, f"grid {spec.name}"))
    for line in expected(made, max(1, options.workers), str(options.store)):
        typer.echo(line)


def _execute(spec: "GridSpec", options: "RunOptions") -> int:
    import signal

    from rich.console import Console

    from benchmark.progress import observer
    from benchmark.runs import run_grid

    # Batch systems announce the end of a job by SIGTERM: end as on Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    summary = run_grid(spec, options, observer(Console(stderr=True)))
    for line in _closing_lines(summary, options):
        typer.echo(line)
    return summary.exit_code


def _closing_lines(summary: "RunSummary", options: "RunOptions") -> list[str]:
    lines = [f"skipped {p.dataset}: {p.error}" for p in summary.problems]
    failed = [o for o in summary.outcomes.values() if o.status == "failed"]
    lines += [f"failed {o.key[:12]}: {o.error}" for o in failed[:5]]
    lines += [f"… and {len(failed) - 5} more; see bench status {options.out}"] * (len(failed) > 5)
    if summary.interrupted:
        lines.append("interrupted; finished stages are stored, run the same command to go on")
    lines.append(
        f"{summary.finished}/{summary.cells} cells have scores; stages: "
        f"{summary.count('done')} computed, {summary.count('cached')} cached, "
        f"{len(failed)} failed, {summary.count('blocked')} blocked → {options.out}"
    )
    return lines
