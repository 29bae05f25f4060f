"""Execution of a grid from the command line: what was read, progress, and what came of it."""

from typing import TYPE_CHECKING

from benchmark.cli.streams import say, shown
from benchmark.datasets.lazy import Lazy

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from benchmark.grids.spec import GridSpec
    from benchmark.runs.run import Loaded, RunOptions
else:
    pd = Lazy("pandas")


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
    from benchmark.grids.expand import Expansion
    from benchmark.runs.run import run_grid
    from tables.merging import check_alike, read_results

    frozen = None if against is None else read_results(against)

    def admit(expansion: Expansion) -> None:
        if frozen is not None:
            points = pd.DataFrame([point.row() for point in expansion.points])
            check_alike([(str(against), frozen), ("this run", points)])

    def announce(expansion: Expansion) -> None:
        for line in first_lines(expansion):
            say(shown(line))

    watcher = observer(screen(stderr=True))
    with answered(watcher.say):
        summary = run_grid(spec, options, watcher, loaded=loaded, announce=announce, admit=admit)
    for line in closing_lines(summary, options, against):
        say(line)
    return summary.exit_code
