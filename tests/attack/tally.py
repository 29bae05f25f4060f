"""Counts of an attack: what was injected, and what came of it."""

import signal
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from weakpair.errors import BenchError

VERDICTS = ("identical", "one clear line", "lost", "silent", "traceback", "hang")
GOOD = VERDICTS[:2]


@dataclass
class Tally:
    """Counts of how an attack ended; `bad` says of the others what was injected."""

    name: str
    counts: Counter[str] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)

    def add(self, injected: str, verdict: str, why: str = "") -> None:
        """Note the end of one case."""
        self.counts[verdict] += 1
        if verdict not in GOOD:
            self.bad.append(f"{injected}: {verdict} {why}")

    def judge(self, injected: str, act: Callable[[], str], seconds: int = 120) -> None:
        """Do something that says how it ended, or raises, or goes on for too long."""
        try:
            with limited(seconds):
                verdict = act()
            self.add(injected, verdict)
        except BenchError as error:
            line = str(error)
            good = "\n" not in line and len(line) > 10
            self.add(injected, "one clear line" if good else "traceback", line)
        except TimeoutError:
            self.add(injected, "hang")
        except Exception:  # noqa: BLE001 - whatever it is, it is what an attack looks for
            self.add(injected, "traceback", traceback.format_exc(limit=-3))

    def __str__(self) -> str:
        ends = ", ".join(f"{verdict} {self.counts[verdict]}" for verdict in VERDICTS)
        return f"{self.name}: injected {self.counts.total()}; {ends}"


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    """Raise TimeoutError inside once so much time has passed."""

    def ring(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
