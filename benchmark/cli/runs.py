"""Reading of the folders of runs, for reports and figures."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from benchmark.cli import completion
from benchmark.cli.streams import warn
from weakpair.errors import ConfigError, UnknownNameError

if TYPE_CHECKING:
    import pandas as pd

    from benchmark.runs.reading import Reading

Runs = Annotated[
    list[str],
    typer.Argument(
        help="Folders of runs; several are merged. NAME=FOLDER calls its data set NAME.",
        show_default=False,
        autocompletion=completion.runs,
    ),
]
Partial = Annotated[
    bool,
    typer.Option("--partial", help="Of runs that have not finished, what there is by now."),
]


def read_runs(words: Sequence[str], store: Path, *, partial: bool = False) -> "Reading":
    """Read and merge runs as the command line names them; what is odd about one is said.

    Raises:
        DataError: no such run, one that has not finished, or runs that do not go together.
    """
    from benchmark.runs import reading

    return reading.read_runs(words, store, partial=partial, tell=warn)


def read_some(
    runs: Sequence[str], store: Path, *, partial: bool, **chosen: str | None
) -> "Reading":
    """Read and merge runs, of one data set, variant or split where one is chosen.

    Raises:
        DataError: as `read_runs`.
        UnknownNameError: no result has what was chosen.
    """
    found = read_runs(runs, store, partial=partial)
    return replace(found, results=_only(found.results, **chosen))


def choose(found: "Reading", on: str, by: str | None, task: str | None) -> tuple["Reading", str]:
    """The runs with each learner's best settings on one data set, and a caption that says so.

    Raises:
        UnknownNameError: no such data set or metric.
        DataError: nothing can be chosen.
    """
    from tables.choosing.settings import choose_settings
    from weakpair.vocabulary.metrics import METRICS

    name, asked = task_of(found.results, task, by)
    metrics = METRICS.in_order(found.results.loc[found.results["task"] == name, "metric"])
    chosen = choose_settings(found.results, on, asked or metrics[0])
    gaps = None if found.gaps is None else chosen.of_kept(found.gaps)
    caption = f" Settings in brackets: each learner's best by {chosen.metric} on {on}."
    return replace(found, results=chosen.results, gaps=gaps), caption


def task_of(
    results: "pd.DataFrame", task: str | None, metric: str | None
) -> tuple[str, str | None]:
    """The task that has the metric, and the metric as the results call it.

    Raises:
        ConfigError: the metric is one of another task than the one that is asked for.
    """
    import tables

    tasks = [name for name in tables.TASKS if name in set(results["task"])]
    if metric is None:
        return task or next(iter(tasks), "matching"), None
    pairs = results[["metric", "task"]].drop_duplicates().itertuples(index=False)
    has: dict[str, list[str]] = {}
    for name, where in pairs:
        has.setdefault(str(name), []).append(str(where))
    meant = {_plain(name): name for name in has}.get(_plain(metric), metric)
    if meant not in has:
        raise UnknownNameError("metric", metric, has)
    if task is not None and task not in has[meant]:
        raise ConfigError(f"--metric {meant} is one of {has[meant][0]}: leave out --task {task}")
    return task or has[meant][0], meant


def _plain(name: str) -> str:
    """A name whatever its case, hyphens and underscores."""
    return name.lower().replace("_", "-")


def _only(frame: "pd.DataFrame", **chosen: str | None) -> "pd.DataFrame":
    for column, name in chosen.items():
        if name is None:
            continue
        known = frame[column].unique()
        if name not in known:
            raise UnknownNameError(column, name, known)
        frame = frame[frame[column] == name]
    return frame


def board_options(found: "Reading", include: list[str] | None) -> dict[str, Any]:
    """Options of boards: gaps of the same places as the results, who is ranked, overlaps."""
    place = ["dataset", "variant", "split"]
    missing = found.gaps
    if missing is not None:
        missing = missing.merge(found.results[place].drop_duplicates(), on=place)
    return {"failures": missing, "include": include or (), "ratios": found.ratios}
