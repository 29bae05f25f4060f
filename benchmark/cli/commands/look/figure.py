"""`bench figure`: PDF, SVG or PNG for papers, with a caption that says what was computed."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from benchmark.cli.options import StoreOption, names, store_path
from benchmark.cli.runs import Partial, Runs, board_options, read_some, task_of
from benchmark.cli.streams import say

if TYPE_CHECKING:
    from benchmark.runs.reading import Reading
    from tables.figures import Drawing

app = typer.Typer(
    help="Draw figures of runs: heatmap, ranks, embedding and others; contours of a sweep.",
    no_args_is_help=True,
)


class Of(StrEnum):
    """Unit that a point of the figure of embeddings stands for."""

    pairs = "pairs"
    cells = "cells"


class Projection(StrEnum):
    """Way of embeddings into the plane."""

    tsne = "tsne"
    umap = "umap"


Out = Annotated[Path, typer.Option("--out", help="File of the figure: .pdf, .svg or .png.")]
Task = Annotated[
    str | None,
    typer.Option(
        "--task",
        help="matching, imputation, surrogate or probe. Default: the one that has the metric.",
        show_default=False,
    ),
]
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
    task: Task = None,
    metric: Metric = None,
    dataset: DataSet = None,
    variant: Variant = None,
    split: SplitKind = None,
    include: Include = None,
    partial: Partial = False,
    store: StoreOption = None,
) -> None:
    """Learner × aligner: the mean of a metric in every cell of the grid.

    Example:
        bench figure heatmap runs/simulation --metric trace --out heatmap.pdf
    """
    from tables import figures

    found = _read(runs, store, partial, dataset=dataset, variant=variant, split=split)
    task, metric = task_of(found.results, task, metric)
    _write(figures.heatmap(found.results, task, metric, **board_options(found, include)), out)


@app.command("ranks")
def ranks(
    runs: Runs,
    out: Out,
    task: Task = None,
    top: Annotated[int | None, typer.Option("--top", min=1, help="Only the K best.")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the bootstrap.")] = 0,
    dataset: DataSet = None,
    variant: Variant = None,
    split: SplitKind = None,
    include: Include = None,
    partial: Partial = False,
    store: StoreOption = None,
) -> None:
    """Mean ranks with bootstrap intervals over replicates, or folds where there is one.

    Example:
        bench figure ranks runs/demo --task imputation --top 10 --out ranks.svg
    """
    from tables import figures

    found = _read(runs, store, partial, dataset=dataset, variant=variant, split=split)
    task, _ = task_of(found.results, task, None)
    options = board_options(found, include)
    _write(figures.ranks(found.results, task, top=top, seed=seed, **options), out)


@app.command("datasets")
def datasets(
    runs: Runs,
    out: Out,
    task: Task = None,
    top: Annotated[int, typer.Option("--top", min=1, help="Only the K best.")] = 15,
    split: SplitKind = None,
    include: Include = None,
    partial: Partial = False,
    store: StoreOption = None,
) -> None:
    """Share of the gap closed on every data set: which combination in general.

    Example:
        bench figure datasets runs/real --task matching --out datasets.pdf
    """
    from tables import figures

    found = _read(runs, store, partial, split=split)
    task, _ = task_of(found.results, task, None)
    _write(figures.datasets(found.results, task, top=top, **board_options(found, include)), out)


@app.command("perturbations")
def perturbations(
    runs: Runs,
    out: Out,
    task: Task = None,
    top: Annotated[int, typer.Option("--top", min=1, help="Only the K best.")] = 8,
    dataset: DataSet = None,
    variant: Variant = None,
    split: SplitKind = None,
    include: Include = None,
    partial: Partial = False,
    store: StoreOption = None,
) -> None:
    """Share of the gap closed on each perturbation's cells, by the best combinations.

    Example:
        bench figure perturbations runs/demo --task matching --out perturbations.pdf
    """
    from tables import figures

    found = _read(runs, store, partial, dataset=dataset, variant=variant, split=split)
    task, _ = task_of(found.results, task, None)
    options = board_options(found, include) | {"failures": None}
    _write(figures.perturbations(found.results, found.by_label, task, top=top, **options), out)


@app.command("shared")
def shared(
    runs: Runs,
    out: Out,
    task: Task = None,
    metric: Metric = None,
    top: Annotated[int, typer.Option("--top", min=1, max=7, help="How many lines.")] = 6,
    reference: Annotated[
        list[str] | None,
        typer.Option("--reference", help="Draw this one dashed, e.g. label-uniform. Repeatable."),
    ] = None,
    dataset: DataSet = None,
    split: SplitKind = None,
    include: Include = None,
    partial: Partial = False,
    store: StoreOption = None,
) -> None:
    """Score against the shared fraction of a simulation, with bands of one SE.

    Example:
        bench figure shared runs/simulation --reference label-uniform --out shared.pdf
    """
    from tables import figures

    found = _read(runs, store, partial, dataset=dataset, split=split)
    task, metric = task_of(found.results, task, metric)
    options = {"top": top, "references": reference or (), **board_options(found, include)}
    _write(figures.shared(found.results, task, metric, **options), out)


@app.command("critical")
def critical(
    runs: Runs,
    out: Out,
    task: Task = None,
    metric: Metric = None,
    dataset: DataSet = None,
    variant: Variant = None,
    split: SplitKind = None,
    include: Include = None,
    partial: Partial = False,
    store: StoreOption = None,
) -> None:
    """Critical differences of average ranks, over replicates or several data sets.

    Where the blocks are too few to show any difference, the answer is "not identifiable".

    Example:
        bench figure critical runs/simulation --metric foscttm --variant shared=0.8 --out cd.pdf
    """
    from tables import figures

    found = _read(runs, store, partial, dataset=dataset, variant=variant, split=split)
    task, metric = task_of(found.results, task, metric)
    _write(figures.critical(found.results, task, metric, **board_options(found, include)), out)


@app.command("overlap")
def overlap(
    runs: Runs,
    out: Out,
    task: Task = None,
    metric: Metric = None,
    aligner: Annotated[str, typer.Option("--aligner", help="Of all lines.")] = "labeled-eot",
    dataset: DataSet = None,
    variant: Variant = None,
    partial: Partial = False,
    store: StoreOption = None,
) -> None:
    """Score against the share of training cells that both modalities were taken from.

    Example:
        bench figure overlap runs/overlap --aligner labeled-eot --out overlap.pdf
    """
    from tables import figures

    found = _read(runs, store, partial, dataset=dataset, variant=variant)
    task, metric = task_of(found.results, task, metric)
    _write(figures.overlap(found.results, task, metric or "trace", aligner=aligner), out)


@app.command("sensitivity")
def sensitivity(
    runs: Runs,
    out: Out,
    task: Task = None,
    metric: Metric = None,
    aligner: Annotated[str, typer.Option("--aligner", help="Whose.")] = "labeled-eot",
    dataset: DataSet = None,
    variant: Variant = None,
    partial: Partial = False,
    store: StoreOption = None,
) -> None:
    """Score against epsilon by the cost's scale, learner by learner.

    Example:
        bench figure sensitivity runs/sensitivity --variant shared=0.8 --out sensitivity.pdf
    """
    from tables import figures

    found = _read(runs, store, partial, dataset=dataset, variant=variant)
    task, metric = task_of(found.results, task, metric)
    _write(figures.sensitivity(found.results, task, metric or "trace", aligner=aligner), out)


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
    partial: Partial = False,
    store: StoreOption = None,
) -> None:
    """Latents of test cells in the plane by treatment and downstream label.

    A row per learner. Latents are read from the store as the run left them. With --of cells the
    modality is shown too; that needs latents in a common space, which raw features do not have.

    Examples:
        bench figure embedding runs/ipic --dataset cytof_bodenmiller --out embedding.png

        bench figure embedding runs/demo --learners ps,lda --of cells --out latents.pdf
    """
    from benchmark.runs.material.latents import Choice, embeddings
    from benchmark.store.store import Store
    from tables import figures
    from tables.figures.style import check_suffix

    check_suffix(out)
    chosen = Choice(names(learners, "--learners"), replicate, fold, of.value, points, seed)
    place = {"dataset": dataset, "variant": variant, "split": split}
    found = _read(runs, store, partial, **place, training_cells=training_cells)
    drawn = embeddings(found.results, Store(store_path(store)), chosen)
    _write(figures.embedding(drawn, method=method.value, seed=seed), out)


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


def _read(runs: list[str], store: Path | None, partial: bool, **chosen: str | None) -> "Reading":
    return read_some(runs, store_path(store), partial=partial, **chosen)


def _write(drawing: "Drawing", out: Path) -> None:
    say(f"wrote {drawing.save(out)}")
    say(f"Caption: {drawing.caption}")
