"""Execution of a grid from the command line: what was read, progress, and what came of it."""

from typing import TYPE_CHECKING

from benchmark.cli.streams import say, shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmark.grids.expand import Expansion
    from benchmark.grids.spec import GridSpec
    from benchmark.runs.run import Loaded, RunOptions


def execute(
    spec: "GridSpec",
    options: "RunOptions",
    loaded: "Loaded" = None,
    against: "Path | None" = None,
) -> int:
    """Run a grid, tell how it goes on, and return the exit code.

    Args:
        spec: the grid.
        options: where and how.
        loaded: data sets that were read already.
        against: results of an earlier run, which the new ones are set beside.
    """
    from benchmark.cli.closing import closing_lines
    from benchmark.cli.reading import first_lines
    from benchmark.cli.stopping import answered
    from benchmark.cli.streams import screen
    from benchmark.engine.progress import observer
    from benchmark.runs.run import run_grid

    admit = None if against is None else _beside(against)

    def announce(expansion: "Expansion") -> None:
        for line in first_lines(expansion):
            say(shown(line))

    watcher = observer(screen(stderr=True))
    with answered(watcher.say):
        summary = run_grid(spec, options, watcher, loaded=loaded, announce=announce, admit=admit)
    for line in closing_lines(summary, options, against):
        say(line)
    return summary.exit_code


def _beside(against: "Path") -> "Callable[[Expansion], None]":
    """Refusal of a run whose names mean other things than in earlier results.

    Raises:
        DataError: these results cannot be read.
    """
    import pandas as pd

    from tables.merging import check_alike, read_results

    frozen = read_results(against)

    def admit(expansion: "Expansion") -> None:
        points = pd.DataFrame([point.row() for point in expansion.points])
        check_alike([(str(against), frozen), ("this run", points)])

    return admit
