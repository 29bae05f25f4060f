"""Execution of a grid from the command line: what was read, progress, and what came of it."""

from typing import TYPE_CHECKING

from benchmark.cli.streams import say, shown

if TYPE_CHECKING:
    from benchmark.grids.spec import GridSpec
    from benchmark.runs.run import Loaded, RunOptions


def execute(spec: "GridSpec", options: "RunOptions", loaded: "Loaded" = None) -> int:
    """Run a grid, tell how it goes on, and return the exit code."""
    from benchmark.cli.closing import closing_lines
    from benchmark.cli.reading import first_lines
    from benchmark.cli.stopping import answered
    from benchmark.cli.streams import screen
    from benchmark.engine.progress import observer
    from benchmark.grids.expand import Expansion
    from benchmark.runs.run import run_grid

    def announce(expansion: Expansion) -> None:
        for line in first_lines(expansion):
            say(shown(line))

    watcher = observer(screen(stderr=True))
    with answered(watcher.say):
        summary = run_grid(spec, options, watcher, loaded=loaded, announce=announce)
    for line in closing_lines(summary, options):
        say(line)
    return summary.exit_code
