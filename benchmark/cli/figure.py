"""`bench figure`: PDF, SVG or PNG for papers, with a caption that says what was computed."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from benchmark.cli.options import StoreOption, names, store_path
from weakpair.errors import UnknownNameError

if TYPE_CHECKING:
    import pandas as pd

    from tables.figures import Drawing

app = typer.Typer(
    help="Draw figures of runs: heatmap, ranks, embedding and others; contours of a sweep.",
    no_args_is_help=True,
)


class Of(StrEnum):
    """What a point of the figure of embeddings is."""

    pairs = "pairs"
    cells = "cells"


class Projection(StrEnum):
    """How embeddings come into the plane."""

    tsne = "tsne"
    umap = "umap"


Runs = Annotated[list[Path], typer.Argument(help="Folders of runs; several are merged.")]
Out = Annotated[Path, typer.Option("--out", help="File of the figure: .pdf, .svg or .png.")]
Task = Annotated[str, typer.Option("--task", help="matching, imputation or probe.")]
Metric = Annotated[
    str | None, typer.Option("--metric", help="E.g. trace, foscttm. Default: the task's first.")
]
DataSet = Annotated[str | None, typer.Option("--dataset", help="Only this data set.")]
Variant = Annotated[str | None, typer.Option("--variant", help="Only this variant of it.")]
SplitKind = Annotated[str | None, typer.Option("--split", help="Only this kind of split.")]
Include = Annotated[
    list[str] | None,
    typer.Option("--include", help="Rank these too: control, oracle. Repeatable."),
]


@app.command("heatmap")
def heatmap(
    runs: Runs,
    out: Out,
    task: Task = "matching",
    metric: Metric = None,
    dataset: DataSet = None,
    variant: Variant = None,
    split: SplitKind = None,
    include: Include = None,
) -> None:
    """Learner × aligner: the mean of a metric in every cell of the grid.

    Example:
        bench figure heatmap runs/simulation --metric trace --out heatmap.pdf
    """
    from tables import figures

    results = _results(runs, dataset=dataset, variant=variant, split=split)
    options = _options(runs, results, include)
    _write(figures.heatmap(results, task, metric, **options), out)


@app.command("ranks")
def ranks(
    runs: Runs,
    out: Out,
    task: Task = "matching",
    top: Annotated[int | None, typer.Option("--top", min=1, help="Only the K best.")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the bootstrap.")] = 0,
    dataset: DataSet = None,
    variant: Variant = None,
    split: SplitKind = None,
    include: Include = None,
) -> None:
    """Mean ranks with bootstrap intervals over replicates, or folds where there is one.

    Example:
        bench figure ranks runs/demo --task imputation --top 10 --out ranks.svg
    """
    from tables import figures

    results = _results(runs, dataset=dataset, variant=variant, split=split)
    options = _options(runs, results, include)
    _write(figures.ranks(results, task, top=top, seed=seed, **options), out)


@app.command("shared")
def shared(
    runs: Runs,
    out: Out,
    task: Task = "matching",
    metric: Metric = None,
    top: Annotated[int, typer.Option("--top", min=1, max=7, help="How many lines.")] = 6,
    reference: Annotated[
        list[str] | None,
        typer.Option("--reference", help="Draw this one dashed, e.g. label-uniform. Repeatable."),
    ] = None,
    dataset: DataSet = None,
    split: SplitKind = None,
    include: Include = None,
) -> None:
    """Score against the shared fraction of a simulation, with bands of one SE.

    Example:
        bench figure shared runs/simulation --reference label-uniform --out shared.pdf
    """
    from tables import figures

    results = _results(runs, dataset=dataset, split=split)
    options = _options(runs, results, include)
    drawing = figures.shared(results, task, metric, top=top, references=reference or (), **options)
    _write(drawing, out)


@app.command("critical")
def critical(
    runs: Runs,
    out: Out,
    task: Task = "matching",
    metric: Metric = None,
    dataset: DataSet = None,
    variant: Variant = None,
    split: SplitKind = None,
    include: Include = None,
) -> None:
    """Critical differences of average ranks, over replicates or several data sets.

    Where the blocks are too few to show any difference, the answer is "not identifiable".

    Example:
        bench figure critical runs/simulation --metric foscttm --variant shared=0.8 --out cd.pdf
    """
    from tables import figures

    results = _results(runs, dataset=dataset, variant=variant, split=split)
    options = _options(runs, results, include)
    _write(figures.critical(results, task, metric, **options), out)


@app.command("overlap")
def overlap(
    runs: Runs,
    out: Out,
    task: Task = "matching",
    metric: Annotated[str, typer.Option("--metric", help="E.g. trace, foscttm.")] = "trace",
    aligner: Annotated[str, typer.Option("--aligner", help="Of all lines.")] = "labeled-eot",
    dataset: DataSet = None,
    variant: Variant = None,
) -> None:
    """Score against the share of training cells that both modalities were taken from.

    Example:
        bench figure overlap runs/overlap --aligner labeled-eot --out overlap.pdf
    """
    from tables import figures

    results = _results(runs, dataset=dataset, variant=variant)
    _write(figures.overlap(results, task, metric, aligner=aligner), out)


@app.command("sensitivity")
def sensitivity(
    runs: Runs,
    out: Out,
    task: Task = "matching",
    metric: Annotated[str, typer.Option("--metric", help="E.g. trace, foscttm.")] = "trace",
    aligner: Annotated[str, typer.Option("--aligner", help="Whose.")] = "labeled-eot",
    dataset: DataSet = None,
    variant: Variant = None,
) -> None:
    """Score against epsilon by the cost's scale, learner by learner.

    Example:
        bench figure sensitivity runs/sensitivity --variant shared=0.8 --out sensitivity.pdf
    """
    from tables import figures

    results = _results(runs, dataset=dataset, variant=variant)
    _write(figures.sensitivity(results, task, metric, aligner=aligner), out)


@app.command("embedding")
def embedding(
    runs: Runs,
    out: Out,
    learners: Annotated[
        str | None,
        typer.Option(
            "--learners", help="Rows, e.g. raw,ipic. Default: these, else the first of the run."
        ),
    ] = None,
    dataset: DataSet = None,
    variant: Variant = None,
    split: SplitKind = None,
    training_cells: Annotated[
        str | None, typer.Option("--training-cells", help="Only this kind, e.g. same, disjoint.")
    ] = None,
    replicate: Annotated[
        int | None, typer.Option("--replicate", help="Default: the first that all learners have.")
    ] = None,
    fold: Annotated[
        str | None, typer.Option("--fold", help="E.g. holdout-0. Default: the first, likewise.")
    ] = None,
    of: Annotated[
        Of, typer.Option("--of", help="A point: a pair with both latents, or a cell of either.")
    ] = Of.pairs,
    method: Annotated[
        Projection, typer.Option("--method", help="Of projection; umap needs umap-learn.")
    ] = Projection.tsne,
    points: Annotated[
        int, typer.Option("--points", min=3, help="At most so many, drawn at random.")
    ] = 1000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of drawing and projection.")] = 0,
    store: StoreOption = None,
) -> None:
    """Latents of test cells in the plane, by treatment and by task: before and after learning.

    A row per learner. Latents are read from the store as the run left them. With --of cells the
    modality is shown too; that needs latents in a common space, which raw features do not have.

    Examples:
        bench figure embedding runs/ipic --dataset cytof_bodenmiller --out embedding.png

        bench figure embedding runs/demo --learners ps,lda --of cells --out latents.pdf
    """
    from benchmark.embeddings import Choice, embeddings
    from benchmark.store import Store
    from tables import figures
    from tables.figures.style import check_suffix

    check_suffix(out)
    chosen = Choice(names(learners), replicate, fold, of.value, points, seed)
    results = _results(
        runs, dataset=dataset, variant=variant, split=split, training_cells=training_cells
    )
    found = embeddings(results, Store(store_path(store)), chosen)
    _write(figures.embedding(found, method=method.value, seed=seed), out)


@app.command("contours")
def contours(
    sweep: Annotated[Path, typer.Argument(help="File of a sweep over two settings (bench sweep).")],
    out: Out,
) -> None:
    """Matching as a function of two settings of a learner; brighter is better in every panel.

    Examples:
        bench sweep groove-cosine --vary beta,tau --out landscape.json

        bench figure contours landscape.json --out landscape.pdf
    """
    from benchmark.sweep import read_sweep
    from benchmark.sweep.figure import draw
    from tables.figures.style import check_suffix

    check_suffix(out)
    _write(draw(read_sweep(sweep)), out)


def _results(runs: list[Path], **chosen: str | None) -> "pd.DataFrame":
    """The merged results, of one data set, variant or split where one is chosen."""
    import tables

    return _only(tables.load_results(runs), **chosen)


def _only(frame: "pd.DataFrame", **chosen: str | None) -> "pd.DataFrame":
    for column, name in chosen.items():
        if name is None:
            continue
        known = frame[column].unique()
        if name not in known:
            raise UnknownNameError(column, name, known)
        frame = frame[frame[column] == name]
    return frame


def _options(
    runs: list[Path], results: "pd.DataFrame", include: list[str] | None
) -> dict[str, Any]:
    """Gaps of the same places as the results, and who is ranked beside methods."""
    from benchmark.cli.runs import gaps

    place = ["dataset", "variant", "split"]
    missing = gaps(runs)
    if missing is not None:
        missing = missing.merge(results[place].drop_duplicates(), on=place)
    return {"failures": missing, "include": include or ()}


def _write(drawing: "Drawing", out: Path) -> None:
    typer.echo(f"wrote {drawing.save(out)}")
    typer.echo(f"Caption: {drawing.caption}")
