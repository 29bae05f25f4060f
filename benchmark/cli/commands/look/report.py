"""`bench report`: ranked tables of one or several runs."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from benchmark.cli import completion
from benchmark.cli.options import StoreOption, store_path
from benchmark.cli.runs import Partial, Runs
from benchmark.cli.streams import say
from weakpair.errors import ConfigError, UnknownNameError

if TYPE_CHECKING:
    import pandas as pd

    import tables
    from benchmark.runs.reading import Reading
    from tables.papers.published import Paper

SUFFIXES = {
    ".txt": "text",
    ".md": "markdown",
    ".tex": "latex",
    ".csv": "csv",
    ".html": "html",
    ".htm": "html",
}
"""End of a file's name → the form it decides."""


WAYS = ("perturbation", "dataset", "surrogate")
"""Ways of `--by`."""


class Missing(StrEnum):
    """Treatment of combinations that lack some of their units."""

    strict = "strict"
    worst = "worst"
    drop = "drop"


def report(
    runs: Runs,
    task: Annotated[
        str | None,
        typer.Option(
            "--task",
            help="matching, imputation, surrogate or probe. Default: all.",
            autocompletion=completion.tasks,
        ),
    ] = None,
    style: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="text, markdown, latex, csv, or html: a page with everything. Default: as --out "
            "ends (.txt, .md, .tex, .csv, .html), else text.",
            show_default=False,
            autocompletion=completion.formats,
        ),
    ] = None,
    top: Annotated[
        int | None, typer.Option("--top", min=1, help="Only the K best combinations.")
    ] = None,
    missing: Annotated[
        Missing,
        typer.Option("--missing", help="How incomplete combinations are ranked."),
    ] = Missing.strict,
    include: Annotated[
        list[str] | None,
        typer.Option("--include", help="Rank these too: control, oracle. Repeatable."),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            help="Set the numbers of a paper beside ours: groove or ipic.",
            autocompletion=completion.papers,
        ),
    ] = None,
    claims: Annotated[
        bool,
        typer.Option("--claims", help="Put the claims of the papers to the test on our results."),
    ] = False,
    fill: Annotated[
        Path | None,
        typer.Option("--fill", help="Fill a text (Jinja) with numbers of the runs, see below."),
    ] = None,
    document: Annotated[
        str | None,
        typer.Option(
            "--document",
            help="Write a page of docs/ from its notes and its runs, in a checkout: findings, "
            "reproduction-groove, reproduction-ipic, choosing or disjoint.",
            autocompletion=completion.documents,
        ),
    ] = None,
    statistics: Annotated[
        bool,
        typer.Option("--compare", help="Add tests of differences, intervals, interaction."),
    ] = False,
    gap: Annotated[
        bool,
        typer.Option("--gap", help="Add the share of the gap closed, metric by metric."),
    ] = False,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            help="perturbation: how well each one's cells are matched; dataset: which combination "
            "in general; surrogate: how far each can be trusted where pairs are known.",
        ),
    ] = None,
    control: Annotated[
        str | None,
        typer.Option(
            "--control",
            help="Label of the unperturbed cells: with --by perturbation, effect sizes beside it.",
        ),
    ] = None,
    all_metrics: Annotated[
        bool,
        typer.Option(
            "--all-metrics",
            help="Rank over metrics, too, that cannot tell the best oracle from the best control.",
        ),
    ] = False,
    public: Annotated[
        bool,
        typer.Option(
            "--public",
            help="Of a page: leave out cells and names of perturbations, where data may not leave.",
        ),
    ] = False,
    choose_on: Annotated[
        str | None,
        typer.Option(
            "--choose-on",
            metavar="DATASET",
            help="Of aligners with several settings (vary), show each learner's best one on this "
            "data set, and the other data sets alone.",
        ),
    ] = None,
    choose_by: Annotated[
        str | None,
        typer.Option(
            "--choose-by",
            metavar="METRIC",
            help="Metric to choose settings by. Default: the task's first.",
        ),
    ] = None,
    partial: Partial = False,
    store: StoreOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write to a file instead of the screen.")
    ] = None,
) -> None:
    """Rank learner × aligner combinations by their mean rank over the task's metrics.

    ≈ marks what cannot be told from the best of its metric. Where a grid has controls and oracles,
    "Gap closed" is the share of the way from the best control to the best oracle.

    Examples:
        bench report runs/demo --task matching

        bench report runs/simulation --task matching --gap --top 5

        bench report runs/demo --task matching --by perturbation

        bench report runs/real --task matching --by dataset

        bench report runs/demo --task imputation --top 5 --out table.tex

        bench report runs/demo --out report.html

        bench report A=runs/expA B=runs/expB

        bench report runs/simulation --against groove --format markdown

        bench report runs/simulation --task matching --compare --top 10

        bench report runs/simulation runs/simulation-disjoint --claims

        bench report runs/epsilon --choose-on calibration --choose-by trace

        bench report runs/demo --fill results.tex.in --out results.tex

        bench report runs/ipic --document reproduction-ipic --out docs/reproduction-ipic.md

    In the text of --fill, {{ score("lda + eot", "trace") }} is a mean, {{ score_se(…) }} a mean
    ± SE and {{ gap("lda + eot", "pca + eot", "trace") }} a paired difference ± SE; dataset=…,
    variant=…, training_cells=…, task=… say which, where there are several.
    """
    import tables
    from benchmark.cli.runs import choose, read_runs

    if document is not None:
        from benchmark.cli.documents import document_page

        _write(document_page(document, runs, store_path(store)), out)
        return
    form = _form(style, out)
    _check_by(by, control)
    _check_choice(choose_on, choose_by, form)
    if public and form != "html":
        raise ConfigError(
            "--public goes with a page: --format html, or an --out that ends in .html"
        )
    found = read_runs(runs, store_path(store), partial=partial)
    options: dict[str, Any] = {
        "top": top,
        "missing": missing.value,
        "include": tuple(include or ()),
        "all_metrics": all_metrics,
    }
    caption = ""
    if choose_on is not None:
        found, caption = choose(found, choose_on, choose_by, task)
    if fill is not None:
        _write(_filled(fill, found.results), out)
        return
    if claims:
        from tables.papers.claims import claims as put_to_the_test

        made = put_to_the_test(found.results, found.ratios)
    elif against is not None:
        made = _beside(found.results, against, task)
    elif by == "dataset":
        made = _by_dataset(found, task, failures=found.gaps, **options)
    elif by == "surrogate":
        known = {"failures": found.gaps, "ratios": found.ratios}
        made = tables.trust_tables(found.results, **known, **options)
    elif by is not None:
        made = _by_perturbation(found, task, store_path(store), control, **options)
    elif form == "html":
        from benchmark.runs.material.page import page_of
        from benchmark.store.store import Store

        options["tasks"] = [task] if task else None
        _write(page_of(found, Store(store_path(store)), public=public, **options), out)
        return
    else:
        made = _ranked(found, task, statistics=statistics, gap=gap, failures=found.gaps, **options)
    made = [replace(each, caption=f"{each.caption}{caption}") for each in made]
    screen = tables.Screen.detect() if out is None else None
    _write(tables.render(made, form, screen=screen), out)


def _form(style: str | None, out: Path | None) -> str:
    """The format that was asked for, else the one that the file's name ends in.

    Raises:
        ConfigError: the two contradict each other.
        UnknownNameError: no such format.
    """
    import tables

    if style is not None and style not in tables.FORMATS:
        raise UnknownNameError("format", style, tables.FORMATS)
    meant = SUFFIXES.get(out.suffix.lower()) if out else None
    if style and meant and style != meant:
        raise ConfigError(f"--out {out} is a file of {meant}, --format says {style}: give one")
    return style or meant or "text"


def _ranked(
    found: "Reading", task: str | None, *, statistics: bool, gap: bool, **options: Any
) -> "list[tables.Table]":
    """Ranked tables of a task or of all, with statistics behind each where they are asked for."""
    import tables

    results = found.results
    made = []
    for name in [task] if task else found.tasks:
        made += tables.build(results, name, ties=found.ratios, **options)
        if gap:
            made += tables.gap_tables(results, name, ratios=found.ratios, **options)
        if statistics:
            made += tables.statistics_tables(results, name, ratios=found.ratios, **options)
    return made


def _check_by(by: str | None, control: str | None) -> None:
    """Refuse what tables cannot be divided by, and a control without such a table."""
    if by not in (None, *WAYS):
        raise UnknownNameError("way to divide a table", str(by), WAYS)
    if control is not None and by != "perturbation":
        raise ConfigError("--control goes with --by perturbation: effects stand in that table")


def _check_choice(on: str | None, by: str | None, form: str) -> None:
    """Refuse a metric to choose by without a data set, and a page, which shows all settings."""
    if by is not None and on is None:
        raise ConfigError("--choose-by goes with --choose-on: say on which data set")
    if on is not None and form == "html":
        raise ConfigError("--choose-on goes with tables: text, markdown, latex or csv, not a page")


def _by_dataset(found: "Reading", task: str | None, **options: Any) -> "list[tables.Table]":
    """Tables of shares over data sets, of a task or of all."""
    import tables

    return [
        table
        for name in ([task] if task else found.tasks)
        for table in tables.aggregate_tables(found.results, name, ratios=found.ratios, **options)
    ]


def _by_perturbation(
    found: "Reading", task: str | None, store: Path, control: str | None, **options: Any
) -> "list[tables.Table]":
    """Tables of perturbations × methods, of a task or of all that have scores by label."""
    import tables

    results = found.results
    scored = set(results.loc[results["score_key"].isin(set(found.by_label["score_key"])), "task"])
    effects = None
    if control is not None:
        from benchmark.runs.material.effects import effect_sizes
        from benchmark.store.store import Store

        effects = effect_sizes(results, Store(store), control)
    names = [task] if task else [t for t in tables.TASKS if t in scored] or [tables.TASKS[0]]
    return [
        table
        for name in names
        for table in tables.perturbation_tables(
            results,
            found.by_label,
            name,
            ratios=found.ratios,
            control=control,
            effects=effects,
            **options,
        )
    ]


def _filled(path: Path, results: "pd.DataFrame") -> str:
    """The text of a file with numbers of results."""
    from tables.filling import fill

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {path}: {error}") from error
    return fill(text, results, str(path))


def _write(text: str, out: Path | None) -> None:
    if out is None:
        typer.echo(text.rstrip("\n"))
    else:
        out.write_text(text, encoding="utf-8")
        say(f"wrote {out}")


def _beside(results: "pd.DataFrame", paper: str, task: str | None) -> "list[tables.Table]":
    """Ours and a paper's, of one task or of all."""
    import tables
    from tables.papers.published import load

    numbers = load(cast("Paper", paper))
    if task is not None:
        numbers = numbers[numbers["protocol"] == task]
        if numbers.empty:
            raise UnknownNameError("task", task, tables.TASKS)
    return tables.compare(results, numbers)
