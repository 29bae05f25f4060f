"""`bench report`: ranked tables of one or several runs."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from benchmark.cli.options import StoreOption, store_path
from weakpair.errors import UnknownNameError

if TYPE_CHECKING:
    import pandas as pd

    import tables
    from tables.published import Paper


class Missing(StrEnum):
    """What becomes of combinations that lack some of their units."""

    strict = "strict"
    worst = "worst"
    drop = "drop"


def report(
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs; several are merged.")],
    task: Annotated[
        str | None, typer.Option("--task", help="matching, imputation or probe. Default: all.")
    ] = None,
    style: Annotated[
        str,
        typer.Option(
            "--format", help="text, markdown, latex, csv, or html: a page with everything."
        ),
    ] = "text",
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
        typer.Option("--against", help="Set the numbers of a paper beside ours: groove or ipic."),
    ] = None,
    claims: Annotated[
        bool,
        typer.Option("--claims", help="Put the claims of the papers to the test on our results."),
    ] = False,
    statistics: Annotated[
        bool,
        typer.Option("--compare", help="Add tests, intervals, interaction; mark ties by ≈."),
    ] = False,
    store: StoreOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write to a file instead of the screen.")
    ] = None,
) -> None:
    """Rank learner × aligner combinations by their mean rank over the task's metrics.

    Examples:
        bench report runs/demo --task matching

        bench report runs/demo --task imputation --format latex --top 5 --out table.tex

        bench report runs/demo --format html --out report.html

        bench report runs/simulation --against groove --format markdown

        bench report runs/simulation --task matching --compare --top 10

        bench report runs/simulation runs/simulation-disjoint --claims
    """
    import tables
    from benchmark.cli.runs import gaps, test_to_train

    results = tables.load_results(runs)
    if claims:
        from tables.claims import claims as put_to_the_test

        made = put_to_the_test(results)
    elif against is not None:
        made = _beside(results, against, task)
    elif style == "html":
        _write(
            _page(
                results,
                runs,
                store_path(store),
                tasks=[task] if task else None,
                top=top,
                missing=missing.value,
                include=tuple(include or ()),
            ),
            out,
        )
        return
    else:
        chosen = [task] if task else [t for t in tables.TASKS if t in set(results["task"])]
        ratios = test_to_train(runs) if statistics else None
        options: dict[str, Any] = {
            "top": top,
            "missing": missing.value,
            "failures": gaps(runs),
            "include": include or (),
        }
        made = []
        for name in chosen:
            made += tables.build(results, name, ties=ratios, **options)
            if statistics:
                made += tables.statistics_tables(results, name, ratios=ratios, **options)
    screen = tables.Screen.detect() if out is None else None
    _write(tables.render(made, style, screen=screen), out)


def _write(text: str, out: Path | None) -> None:
    if out is None:
        typer.echo(text.rstrip("\n"))
    else:
        out.write_text(text, encoding="utf-8")
        typer.echo(f"wrote {out}")


def _page(results: "pd.DataFrame", runs: list[Path], store: Path, **options: Any) -> str:
    """The whole report as one HTML file; `options` are fields of its material."""
    from benchmark.cli.runs import gaps, test_to_train
    from benchmark.report_page import gather
    from benchmark.store import Store
    from tables.page import build_page, render_page

    known = {"gaps": gaps(runs), "ratios": test_to_train(runs)}
    made = gather(results, runs, Store(store), **known, **options)
    return render_page(build_page(made))


def _beside(results: "pd.DataFrame", paper: str, task: str | None) -> "list[tables.Table]":
    """Ours and a paper's, of one task or of all."""
    import tables
    from tables.published import load

    numbers = load(cast("Paper", paper))
    if task is not None:
        numbers = numbers[numbers["protocol"] == task]
        if numbers.empty:
            raise UnknownNameError("task", task, tables.TASKS)
    return tables.compare(results, numbers)
