"""`bench simulate balls`: images of two balls in two views."""

from pathlib import Path
from typing import Annotated

import typer

from benchmark.cli.streams import say
from weakpair.errors import ConfigError


def balls(
    n: Annotated[int, typer.Option("--n", min=1, help="How many scenes.")] = 5000,
    size: Annotated[
        int, typer.Option("--size", min=8, max=1024, help="Pixels along an edge; the paper: 128.")
    ] = 64,
    mechanism: Annotated[
        str, typer.Option("--mechanism", help="nonlinear or linear: how ball 2 depends on ball 1.")
    ] = "nonlinear",
    seed: Annotated[int, typer.Option("--seed", min=0, help="What they are drawn from.")] = 0,
    out: Annotated[Path, typer.Option("--out", help="Folder to write to.")] = Path("balls"),
) -> None:
    """Draw images of two balls under interventions, in two views (Xi et al. 2024).

    Writes pixels, interventions and positions, and a contact sheet of ten pairs. bench run --data
    reads the folder.

    Examples:
        bench simulate balls --n 5000 --size 64 --out balls

        bench run --data balls --preprocess1 pca(n=50) --preprocess2 pca(n=50)
    """
    from simulate.balls import BallParameters, draw_balls, write_balls

    if out.exists():
        raise ConfigError(f"--out {out} exists already; remove it or choose another folder")
    parameters = BallParameters(size=size, n=n, mechanism=mechanism)  # type: ignore[arg-type]
    drawn = draw_balls(parameters, seed)
    folder = write_balls(drawn, out.expanduser())
    say(f"{n} scenes, {len(parameters.classes)} interventions, {size} × {size} pixels in two views")
    say(f"wrote {folder}; look at {folder / 'sheet.png'}")
