"""`bench sweep`: choose a learner's settings on simulations that no table uses."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from benchmark.cli.options import StoreOption, names, store_path
from benchmark.cli.streams import say
from weakpair.errors import ConfigError

if TYPE_CHECKING:
    from benchmark.sweep import Sweep, SweepSpec, Trial


def sweep(
    learner: Annotated[str, typer.Argument(help="Whose settings to search, e.g. groove-cosine.")],
    out: Annotated[Path, typer.Option("--out", help="File of the result, JSON.")],
    trials: Annotated[int, typer.Option("--trials", min=1, help="Settings to try.")] = 20,
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

    A result that is there already is not computed again. Needs weakpair[sweep].

    Examples:
        bench sweep ps --trials 20 --out ps.json

        bench sweep groove-cosine --vary beta,tau --out landscape.json --figure landscape.png
    """
    from benchmark.specs import parse
    from benchmark.sweep import SweepSpec, axes

    content = {
        "learner": learner,
        "axes": [axis.model_dump() for axis in axes(learner, names(vary, "--vary"))],
        "fixed": _settings(fixed or []),
        "replicates": replicates,
        "trials": trials,
        "seed": seed,
    }
    spec = parse(SweepSpec, content, "sweep")
    made = _known(spec, out) or _searched(spec, out, store_path(store), workers)
    say(f"best of {len(made.trials)}: {_shown(made.best)} → {out}")
    if figure is not None:
        from benchmark.sweep.figure import draw

        say(f"wrote {draw(made).save(figure)}")


def _settings(given: list[str]) -> dict[str, Any]:
    import yaml

    from benchmark.plain_yaml import plain

    settings = {}
    for item in given:
        name, sign, value = item.partition("=")
        if not sign or not name:
            raise ConfigError(f"--set {item!r}: use NAME=VALUE, e.g. epochs=10")
        try:
            settings[name] = plain(value)
        except yaml.YAMLError as error:
            raise ConfigError(f"--set {item!r}: the value is not readable") from error
    return settings


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

    made = search(spec, store, workers=workers, report=lambda trial: say(_shown(trial), err=True))
    write_sweep(made, out)
    return made


def _shown(trial: "Trial") -> str:
    """One line: number, loss and setting."""
    setting = ", ".join(
        f"{name}={value:.3g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in trial.params.items()
    )
    judged = f"loss {trial.loss:.4f}" if trial.loss is not None else f"failed ({trial.error})"
    return f"trial {trial.number}: {judged}; {setting}"
