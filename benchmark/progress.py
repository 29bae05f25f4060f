"""How a run shows that it goes on: a bar in a terminal, plain lines elsewhere."""

import sys
import time
from typing import TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from benchmark.engine import Observer
from benchmark.worker import Outcome

_SECONDS_BETWEEN_LINES = 10.0


class Bar:
    """A progress bar: stages done, cached, failed, time left."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("stages"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[cached]} cached, {task.fields[failed]} failed"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
        )
        self._failed = 0

    def start(self, needed: int, cached: int) -> None:
        """Show an empty bar."""
        self._progress.start()
        self._task = self._progress.add_task("run", total=needed, cached=cached, failed=0)

    def ended(self, outcome: Outcome) -> None:
        """Advance by one."""
        self._failed += outcome.status in ("failed", "blocked")
        self._progress.update(self._task, advance=1, failed=self._failed)

    def stop(self) -> None:
        """Leave the bar as it is."""
        self._progress.stop()


class Lines:
    """A line every ten seconds, for logs."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._needed = self._done = self._failed = self._cached = 0
        self._started = self._shown = time.monotonic()

    def start(self, needed: int, cached: int) -> None:
        """Say how much there is to do."""
        self._needed, self._cached = needed, cached
        self._say(f"stages: {needed} to compute, {cached} cached")

    def ended(self, outcome: Outcome) -> None:
        """Count, and say so now and then."""
        self._done += 1
        self._failed += outcome.status in ("failed", "blocked")
        if time.monotonic() - self._shown >= _SECONDS_BETWEEN_LINES:
            self._line()

    def stop(self) -> None:
        """Say where the run stands."""
        if self._needed:
            self._line()

    def _line(self) -> None:
        elapsed = time.monotonic() - self._started
        left = elapsed * (self._needed - self._done) / max(self._done, 1)
        self._say(
            f"stages: {self._done}/{self._needed} done, {self._cached} cached, "
            f"{self._failed} failed, {elapsed:.0f} s, about {left:.0f} s left"
        )
        self._shown = time.monotonic()

    def _say(self, line: str) -> None:
        print(line, file=self._file, flush=True)


def observer(console: Console) -> Observer:
    """The one that fits where the console writes to."""
    return Bar(console) if console.is_terminal else Lines(console.file or sys.stderr)  # type: ignore[arg-type]
