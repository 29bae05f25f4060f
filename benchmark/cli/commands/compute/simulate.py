"""`bench simulate`: write simulated screens with known truth."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from benchmark.cli.commands.compute.balls import balls
from benchmark.cli.streams import say


class Format(StrEnum):
    """Format of a simulated screen on disk."""

    parquet = "parquet"
    h5mu = "h5mu"


def simulate(
    context: typer.Context,
    shared: Annotated[
        float, typer.Option("--shared", help="Share of latent dimensions both modalities have.")
    ] = 1.0,
    replicates: Annotated[
        int, typer.Option("--replicates", min=1, max=10_000, help="How many.")
    ] = 1,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the first replicate.")] = 0,
    out: Annotated[Path, typer.Option("--out", help="Folder to write to.")] = Path("simulation"),
    style: Annotated[Format, typer.Option("--format", help="How to write.")] = Format.parquet,
    conditions: Annotated[
        int, typer.Option("--conditions", help="Perturbations plus the control.")
    ] = 10,
    cells: Annotated[int, typer.Option("--cells", help="Cells per condition.")] = 100,
    scale: Annotated[float, typer.Option("--scale", help="Scale of the latent signal.")] = 0.1,
    snr: Annotated[float, typer.Option("--snr", help="Signal-to-noise ratio.")] = 0.2,
    feature_noise: Annotated[
        float,
        typer.Option(
            "--feature-noise",
            help="Noise added to each feature, as a share of its standard deviation (not in the "
            "paper).",
        ),
    ] = 0.0,
    penetrance: Annotated[
        tuple[float, float],
        typer.Option(
            "--penetrance", help="Both parameters of the Beta law of a cell's penetrance."
        ),
    ] = (1.0, 10.0),
    nonlinear: Annotated[
        float,
        typer.Option(
            "--nonlinear",
            help="Share of each feature that a random network makes of the latents, in place of "
            "the linear map (not in the paper).",
        ),
    ] = 0.0,
    heteroscedastic: Annotated[
        float,
        typer.Option(
            "--heteroscedastic",
            help="Spread of the factors by which perturbations stretch latent dimensions (not in "
            "the paper).",
        ),
    ] = 0.0,
    batch: Annotated[
        float,
        typer.Option(
            "--batch",
            help="Shift of each feature between two batches, as a share of its standard deviation "
            "(not in the paper).",
        ),
    ] = 0.0,
    unequal: Annotated[
        float,
        typer.Option(
            "--unequal",
            help="Largest share of a condition's cells that one modality did not measure (not in "
            "the paper).",
        ),
    ] = 0.0,
) -> None:
    """Simulate weakly paired screens (GROOVE, Appendix C) and write them with their truth.

    `balls` draws images instead.

    Prints a summary of the first replicate and draws a picture of it into the folder.

    Examples:
        bench simulate --shared 0.8 --replicates 10 --seed 0 --out sim

        bench simulate --shared 0.8 --nonlinear 0.5 --penetrance 2 5 --batch 0.5 --out odd

        bench simulate balls --n 5000 --size 64 --out balls
    """
    if context.invoked_subcommand is not None:
        return
    from simulate import Parameters, summarise, write_picture, write_replicates
    from simulate import simulate as draw
    from simulate.writers import not_there, picture_of, targets

    parameters = Parameters(
        shared=shared,
        n_conditions=conditions,
        cells_per_condition=cells,
        scale=scale,
        snr=snr,
        feature_noise=feature_noise,
        penetrance=penetrance,
        nonlinear=nonlinear,
        heteroscedastic=heteroscedastic,
        batch=batch,
        unequal=unequal,
    )
    picture = picture_of(targets(parameters, replicates, seed, out, style.value)[0])
    not_there(picture)
    written = write_replicates(parameters, replicates, seed, out, style.value)
    first = draw(parameters, seed)
    written.append(write_picture(first, picture))
    say(str(summarise(first)))
    for path in written:
        say(f"wrote {path}")


app = typer.Typer(no_args_is_help=False, callback=simulate, invoke_without_command=True)
app.command("balls")(balls)
