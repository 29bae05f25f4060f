"""Progress of a run on the screen: a bar in a terminal, plain lines elsewhere."""

import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from benchmark.engine.watching import Watch
from benchmark.engine.worker import Outcome
from weakpair.quantities import duration
from weakpair.visible import visible

_SECONDS_BETWEEN_LINES = 10.0
_LOOK_EVERY = 0.5


@dataclass
class _Counts:
    """Stages by how they ended; failed ones and those blocked by them are different things."""

    needed: int = 0
    cached: int = 0
    ended: int = 0
    failed: int = 0
    blocked: int = 0

    def add(self, outcome: Outcome) -> None:
        self.ended += 1
        self.failed += outcome.status == "failed"
        self.blocked += outcome.status == "blocked"

    def words(self) -> str:
        return f"{self.cached} cached, {self.failed} failed, {self.blocked} blocked"


class _Base:
    """Counts, and knows of the run what `watch` was told."""

    def __init__(self) -> None:
        self.counts = _Counts()
        self.watched: Watch | None = None

    def watch(self, watched: Watch) -> None:
        """Be told what is to be shown of the run beside counts."""
        self.watched = watched

    def _count(self, outcome: Outcome) -> None:
        self.counts.add(outcome)
        if self.watched:
            self.watched.forecast.ended(outcome.key, outcome.seconds)


class _Bars(Progress):
    """The bar, and below it a line of what runs now, looked up now and then."""

    watched: Watch | None = None
    _looked = 0.0
    _below = ""
    notice = ""

    def get_renderables(self) -> Iterable[RenderableType]:
        yield from super().get_renderables()
        if self.watched and time.monotonic() - self._looked >= _LOOK_EVERY:
            words = "  ".join(filter(None, (self.watched.now(), self.watched.left())))
            self._below = visible(words)
            self._looked = time.monotonic()
        if self.notice:
            yield Text(self.notice)
        elif self._below:
            yield Text(f"  {self._below}", overflow="ellipsis", no_wrap=True, style="dim")


class Bar(_Base):
    """A progress bar: stages done, cached, failed, blocked; what runs now, and time left."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._progress = _Bars(
            TextColumn("stages"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[words]}"),
            TimeElapsedColumn(),
            console=console,
        )

    def start(self, needed: int, cached: int) -> None:
        """Show an empty bar."""
        self.counts = _Counts(needed, cached)
        self._progress.watched = self.watched
        self._progress.start()
        self._task = self._progress.add_task("run", total=needed, words=self.counts.words())

    def ended(self, outcome: Outcome) -> None:
        """Advance by one."""
        self._count(outcome)
        self._progress.update(self._task, advance=1, words=self.counts.words())

    def say(self, line: str) -> None:
        """Show a line below the bar, from any thread.

        Two threads that print above a live display at once would tear it.
        """
        self._progress.notice = line = visible(line)
        if not self._progress.live.is_started:
            self._progress.console.print(line, markup=False, highlight=False)

    def stop(self) -> None:
        """Leave the bar as it is."""
        self._progress.watched = None
        self._progress._below = ""
        self._progress.stop()


class Lines(_Base):
    """A line every ten seconds, for logs, also while one stage takes longer."""

    def __init__(self, file: TextIO, every: float = _SECONDS_BETWEEN_LINES) -> None:
        super().__init__()
        self._file = file
        self._every = every
        self._started = time.monotonic()
        self._over = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def start(self, needed: int, cached: int) -> None:
        """Say how much there is to do."""
        self.counts = _Counts(needed, cached)
        self.say(f"stages: {needed} to compute, {cached} cached")
        if needed:
            self._ticker.start()

    def ended(self, outcome: Outcome) -> None:
        """Count."""
        self._count(outcome)

    def stop(self) -> None:
        """Say where the run stands."""
        self._over.set()
        if self.counts.needed:
            self.say(self._line())

    def _tick(self) -> None:
        while not self._over.wait(self._every):
            watched = self.watched
            left, now = (watched.left(), watched.now()) if watched else ("", "")
            running = f"; now {now}" if now else ""
            self.say(", ".join(filter(None, (self._line(), left))) + running)

    def _line(self) -> str:
        elapsed = time.monotonic() - self._started
        counts = self.counts
        return f"stages: {counts.ended}/{counts.needed} done, {counts.words()}, {duration(elapsed)}"

    def say(self, line: str) -> None:
        """Write a line."""
        print(visible(line), file=self._file, flush=True)


def observer(console: Console) -> Bar | Lines:
    """The one that fits where the console writes to."""
    return Bar(console) if console.is_terminal else Lines(console.file or sys.stderr)  # type: ignore[arg-type]
