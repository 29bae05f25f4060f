"""`bench sweep`: choose a learner's settings on simulations that no table uses."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from benchmark.cli.options import StoreOption, names, store_path
from benchmark.cli.streams import say
from weakpair.errors import ConfigError

if TYPE_CHECKING:
    from benchmark.sweep import Sweep, SweepSpec, Trial


def sweep(
    learner: Annotated[str, typer.Argument(help="Whose settings to search, e.g. groove-cosine.")],
    out: Annotated[Path, typer.Option("--out", help="File of the result, JSON.")],
    trials: Annotated[
        int | None,
        typer.Option("--trials", min=1, help="Settings to try. Default: 5 for each that is open."),
    ] = None,
    task: Annotated[
        str, typer.Option("--task", help="What a setting is judged by: matching or probe.")
    ] = "matching",
    training_cells: Annotated[
        str, typer.Option("--training-cells", help="same, disjoint, overlap=F or same=F.")
    ] = "same",
    within: Annotated[
        list[str] | None,
        typer.Option("--within", help="Other bounds of a setting: NAME=LOW:HIGH. Repeatable."),
    ] = None,
    replicates: Annotated[
        int, typer.Option("--replicates", min=1, help="Simulations per shared fraction.")
    ] = 2,
    vary: Annotated[
        str | None,
        typer.Option("--vary", help="Only these settings. Default: all the paper leaves open."),
    ] = None,
    fixed: Annotated[
        list[str] | None,
        typer.Option("--set", help="Fix a setting: NAME=VALUE. Repeatable."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the search.")] = 0,
    figure: Annotated[
        Path | None, typer.Option("--figure", help="Draw the contours over the two of --vary.")
    ] = None,
    workers: Annotated[
        int, typer.Option("--workers", min=0, help="As for bench run; 0: in this process.")
    ] = 0,
    store: StoreOption = None,
) -> None:
    """Search a learner's settings with Optuna, on simulations with seeds from 100 on.

    A result that is there already is not computed again. Where the best setting lies at a bound,
    a line says so: search again within wider ones. Needs weakpair[sweep].

    Examples:
        bench sweep ps --out ps.json

        bench sweep ps --training-cells disjoint --within steps=5:2000 --out ps-disjoint.json

        bench sweep groove-cosine --vary beta,tau --out landscape.json --figure landscape.png
    """
    from benchmark.grids.reading.settings import setting
    from benchmark.sweep import OPEN, SIMULATION, SweepSpec, axes, budget, widened
    from weakpair.specs import parse

    if task not in OPEN:
        raise ConfigError(f"--task {task!r}: use {' or '.join(OPEN)}")
    settings = dict(setting(text, "steps=100") for text in fixed or [])
    open_axes = [a for a in axes(learner, names(vary, "--vary"), task) if a.name not in settings]
    chosen = widened(open_axes, within or [])
    content = {
        "learner": learner,
        "axes": [axis.model_dump() for axis in chosen],
        "fixed": settings,
        "simulation": SIMULATION[task],
        "task": task,
        "training_cells": training_cells,
        "replicates": replicates,
        "trials": trials or budget(chosen),
        "seed": seed,
    }
    spec = parse(SweepSpec, content, "sweep")
    sweep = _known(spec, out) or _searched(spec, out, store_path(store), workers)
    say(f"best of {len(sweep.trials)}: {_shown(sweep.best)} → {out}")
    for name in sweep.edges:
        say(f"the best {name} lies at the edge of its range; search wider with --within {name}=…")
    if figure is not None:
        from benchmark.sweep.figure import draw

        say(f"wrote {draw(sweep).save(figure)}")


def _known(spec: "SweepSpec", out: Path) -> "Sweep | None":
    from benchmark.sweep import read_sweep

    if not out.exists():
        return None
    there = read_sweep(out)
    if there.spec != spec:
        raise ConfigError(f"{out} holds another sweep; remove it or choose another --out")
    return there


def _searched(spec: "SweepSpec", out: Path, store: Path, workers: int) -> "Sweep":
    from benchmark.sweep import search, write_sweep

    sweep = search(spec, store, workers=workers, report=lambda trial: say(_shown(trial), err=True))
    write_sweep(sweep, out)
    return sweep


def _shown(trial: "Trial") -> str:
    """One line: number, loss and setting."""
    setting = ", ".join(
        f"{name}={value:.3g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in trial.params.items()
    )
    judged = f"loss {trial.loss:.4f}" if trial.loss is not None else f"failed ({trial.error})"
    return f"trial {trial.number}: {judged}; {setting}"
