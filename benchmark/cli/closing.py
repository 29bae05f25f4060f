"""The last lines of `bench run`: what failed and where its log is, what came out, what is next."""

from collections.abc import Iterator
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from benchmark.cli.streams import shown

if TYPE_CHECKING:
    import pandas as pd

    from benchmark.runs.run import RunOptions, RunSummary
    from tables import Table

_NAMED = 5


def closing_lines(
    summary: "RunSummary", options: "RunOptions", against: Path | None = None
) -> list[str]:
    """The lines; what failed is named by fold, learner and aligner, from the run's files.

    Args:
        summary: of the run.
        options: of the run.
        against: results that the run's are ranked among, if there are any.
    """
    lines = [shown(f"skipped {p.dataset}: {p.error}") for p in summary.problems]
    lines += _failures(summary, options.out)
    if summary.interrupted:
        lines.append("interrupted; finished stages are stored, run the same command to go on")
    lines.append(
        f"{summary.finished}/{summary.points} points have scores; stages: "
        f"{summary.count('done')} computed, {summary.count('cached')} cached, "
        f"{summary.count('failed')} failed, {summary.count('blocked')} blocked → {options.out}"
    )
    if summary.finished and not summary.interrupted and against is not None:
        both = f"{quote(str(against))} {quote(str(options.out))}"
        lines += [*_among(options.out, against), f"next: bench report {both}"]
    elif summary.finished and not summary.interrupted:
        lines += [*_best(options), f"next: bench report {quote(str(options.out))}"]
    return lines


def _failures(summary: "RunSummary", out: Path) -> Iterator[str]:
    from benchmark.stages.naming import whats

    failed = [o for o in summary.outcomes.values() if o.status == "failed"]
    if not failed:
        return
    names = whats(summary.graph)
    for outcome in failed[:_NAMED]:
        kind = summary.graph.nodes[outcome.key].kind
        yield shown(f"failed {kind} {names[outcome.key]}: {outcome.error}")
    if len(failed) > _NAMED:
        yield f"… and {len(failed) - _NAMED} more failed"
    yield f"their logs: bench status {quote(str(out))} --logs"


def _best(options: "RunOptions") -> list[str]:
    """The first of every ranking, looked up if these results were looked at before."""
    from benchmark.runs.folder import RESULTS, RunFolder
    from benchmark.store.answers import Answers

    answers = Answers.read(options.store)
    question = ["what comes first", RunFolder(options.out).digests().get(RESULTS)]
    lines = answers.get(question, lambda: [*_first(options.out)])
    if lines and options.isolate != "never":
        answers.write(options.store)
    return [str(line) for line in lines]


def _first(out: Path) -> Iterator[str]:
    """The first row of each table, and how many combinations have plans that did not converge."""
    from tables import TASKS, build, load_results
    from weakpair.errors import BenchError

    try:
        results = load_results([out])
        for task in TASKS:
            if (results["task"] == task).any():
                for table in build(results, task, top=1):
                    yield shown(f"{table.title}: {_leader(table)}")
        if "surrogate" in set(results["task"]):
            yield f"by what needs no pairs: bench choose {quote(str(out))}"
        elif not results["pairs"].any():
            yield "no true pairs: bench choose --data PATH --group COLUMN asks what needs none"
        yield from _unconverged(results)
    except (BenchError, OSError, KeyError, IndexError):
        return  # the report says what is wrong with them; the run itself is over


def _among(out: Path, against: Path) -> Iterator[str]:
    """Leaders of both runs together, and the place of the best of this one."""
    from tables import TASKS, build
    from tables.merging import merged, read_results
    from tables.ranked.sections import combination

    own = read_results(out)
    results = merged([(str(against), read_results(against)), (str(out), own)])
    mine = {combination((one, other)) for one, other in own[["learner", "aligner"]].to_numpy()}
    for task in TASKS:
        if not (own["task"] == task).any():
            continue
        for table in build(results, task):
            names = [row.cells[0].display for row in table.rows if row.cells[1].value is not None]
            place = next((n for n, name in enumerate(names, 1) if name in mine), None)
            if place is not None:
                best = f"{names[place - 1]} is {place} of {len(names)}"
                yield shown(f"{table.title}: {_leader(table)}; of this run {best}")


def _leader(table: "Table") -> str:
    """Say what comes first; rows that are not ranked have no mean rank."""
    method, rank, *_ = table.rows[0].cells
    return "nothing is ranked" if rank.value is None else f"{method.display} comes first"


def _unconverged(results: "pd.DataFrame") -> Iterator[str]:
    place = ["dataset", "variant", "learner", "aligner"]
    combinations = results.groupby(place)["converged"].all()
    count = int((~combinations).sum())
    if count:
        yield f"† {count} of {len(combinations)} combinations have plans that did not converge"
