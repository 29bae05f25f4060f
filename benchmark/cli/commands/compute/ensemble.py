"""`bench ensemble`: the mean plan of a run's best combinations, as a row of its tables."""

from pathlib import Path
from typing import Annotated

import typer

from benchmark.cli import completion
from benchmark.cli.options import StoreOption, store_path


def ensemble(
    run: Annotated[
        Path,
        typer.Argument(help="Folder of the run, e.g. runs/demo.", autocompletion=completion.runs),
    ],
    best: Annotated[
        int, typer.Option("--best", min=2, help="How many combinations are averaged.")
    ] = 3,
    store: StoreOption = None,
) -> None:
    """Average the stored plans of the best combinations of a run, and score the mean.

    The rule is fixed beforehand: on each fold those that lead by mean rank on all *other* folds or
    replicates. The row is called "ensemble + best-3"; the run's grid.yaml then names its members.
    Nothing is fitted, and no plan is computed but the mean.

    Example:
        bench ensemble runs/demo --best 3
    """
    from benchmark.cli.executing import execute
    from benchmark.grids.ensembles import EnsembleSpec, Members
    from benchmark.runs.folder import RunFolder
    from benchmark.runs.run import RunOptions
    from tables.merging import read_results
    from tables.ranked.elsewhere import best_elsewhere
    from weakpair.errors import ConfigError

    folder = RunFolder(run)
    resources, grid = folder.resources, folder.grid
    if grid.include:
        raise ConfigError(
            f"{run}: its grid includes others ({', '.join(part.name for part in grid.parts)}); "
            "run one of them by itself"
        )
    members = tuple(
        Members(**chosen.place, of=chosen.names)
        for chosen in best_elsewhere(read_results(run), best)
    )
    made = EnsembleSpec(label=f"best-{best}", by_fold=members)
    others = tuple(one for one in grid.ensembles if one.label != made.label)
    options = RunOptions(
        out=run, store=store_path(store), device=resources.device, threads=resources.threads
    )
    extended = grid.model_copy(update={"ensembles": (*others, made)})
    raise typer.Exit(execute(extended, options))
