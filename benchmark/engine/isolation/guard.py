"""Runs stages in a child process that can be ended: a method that hangs or leaks costs its stage.

Parent and child exchange JSON lines; artefacts travel through the store as ever. A child whose
parent dies ends itself, and takes what it started along when it is ended.
"""

import json
import os
import queue
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psutil

from benchmark.engine.isolation.serving import FOREIGN, OWN
from benchmark.engine.task import Task
from benchmark.engine.worker import Outcome
from weakpair.children import start_child
from weakpair.registry import Described

_START = 600.0
_POLL = 0.05
_ALIVE = 0.5
# As often as Dask lets a stage's worker die before it gives the stage up.
_TRIES = 3
_SERVE = "from benchmark.engine.isolation.serving import serve; serve()"


@dataclass(frozen=True)
class Limits:
    """Limits of a stage: `timeout` in seconds, `memory` in GiB; None: no limit."""

    timeout: float | None = None
    memory: float | None = None

    def __bool__(self) -> bool:
        return self != Limits()


NO_LIMITS = Limits()


class Guard:
    """Runs stages one after another in a child process, anew after each that had to be ended.

    Attributes:
        tries: how often a stage is tried that its process dies of.
        entry: the method from outside that stages call, which a child may not know by itself.
        deadly: whether a stage killed its process whenever it was tried.
    """

    def __init__(self, root: str, limits: Limits, tries: int = _TRIES) -> None:
        self.root, self.limits, self.tries = root, limits, tries
        self.entry: Described | None = None
        self.deadly = False
        self._child: _Child | None = None

    def run(self, task: Task) -> tuple[Outcome, ...]:
        """Outcomes of a task; one that exceeds a limit, or kills its process, has failed."""
        outcome = Outcome(task.key, "failed", error="never started")
        for _ in range(self.tries):
            child = self._child or _Child(self.root, foreign=self.entry is not None)
            self._child = child
            try:
                outcomes = child.ask(task, self.limits, self.entry)
            except EOFError as error:
                self.close()
                again = f", {self.tries} times in a row" if self.tries > 1 else ""
                why = f"{error}{again}"
                outcome = Outcome(task.key, "failed", error=why, log=why)
                continue
            except (TimeoutError, MemoryError) as error:
                self.close()
                why = f"{type(error).__name__}: {error}"
                return (Outcome(task.key, "failed", child.seconds, error=why, log=why),)
            except BaseException:
                self.close()
                raise
            if self._leaky(child):
                self.close()
            return outcomes
        self.deadly = True
        return (outcome,)

    def _leaky(self, child: "_Child") -> bool:
        """Tell whether so much memory is left behind that it would count against the next stage."""
        if self.limits.memory is None:
            return False
        return child.memory() > (child.baseline + self.limits.memory) / 2

    def close(self) -> None:
        """End the child."""
        if self._child:
            self._child.kill()
            self._child = None


class _Child:
    """A child process; `baseline` is what it takes before it has run a stage, in GiB."""

    def __init__(self, root: str, *, foreign: bool) -> None:
        self._process: subprocess.Popen[str] = start_child(
            _SERVE,
            root,
            FOREIGN if foreign else OWN,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            # A group of its own: Ctrl-C reaches the parent alone, and kill() all that it started.
            process_group=0,
        )
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.baseline = 0.0
        self._asked = time.monotonic()
        self._number = 0

    def ask(
        self, task: Task, limits: Limits, entry: Described | None = None
    ) -> tuple[Outcome, ...]:
        """Have a task run.

        Raises:
            TimeoutError: it takes longer than it may.
            MemoryError: it takes more memory than it may.
            EOFError: the process died.
        """
        if not self._number:
            self._await(Limits(timeout=_START))
            self.baseline = self.memory()
        self._number += 1
        question = {
            "number": self._number,
            "task": task.plain(),
            "entry": None if entry is None else entry.plain(),
        }
        pipe = self._process.stdin
        assert pipe is not None
        with suppress(BrokenPipeError):  # that it died shows when the answer is awaited
            pipe.write(json.dumps(question) + "\n")
            pipe.flush()
        return tuple(Outcome(**plain) for plain in self._await(limits)["outcomes"])

    @property
    def seconds(self) -> float:
        """Seconds since it was last asked."""
        return time.monotonic() - self._asked

    def memory(self) -> float:
        """Resident memory of it and of all that it started, in GiB."""
        total = 0
        with suppress(psutil.Error):
            own = psutil.Process(self._process.pid)
            for process in (own, *own.children(recursive=True)):
                with suppress(psutil.Error):
                    total += process.memory_info().rss
        return total / 2**30

    def kill(self) -> None:
        """End it and what it started."""
        started: list[psutil.Process] = []
        with suppress(psutil.Error):
            started = psutil.Process(self._process.pid).children(recursive=True)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        for process in started:
            with suppress(psutil.Error):
                process.kill()
        self._process.wait()

    def _await(self, limits: Limits) -> dict[str, Any]:
        """The answer to the question of the last number; others are a forked copy's."""
        self._asked = time.monotonic()
        dead = False
        while True:
            left = self._check(limits)
            try:
                line = self._answers.get(timeout=left)
            except queue.Empty:
                # What it started may hold its end of the pipe open for ever.
                if dead:
                    raise EOFError(self._obituary()) from None
                dead = self._process.poll() is not None
                continue
            if not line:
                raise EOFError(self._obituary())
            with suppress(ValueError, TypeError, KeyError):
                answer: dict[str, Any] = json.loads(line)
                if answer["number"] == self._number:
                    return answer

    def _check(self, limits: Limits) -> float:
        """Seconds until limits, and whether it is alive, are to be looked at again."""
        if limits.memory is not None and self.memory() > limits.memory:
            raise MemoryError(f"the stage took more than {limits.memory:g} GiB (--memory)")
        wait = _ALIVE if limits.memory is None else _POLL
        if limits.timeout is None:
            return wait
        left = limits.timeout - self.seconds
        if left <= 0:
            raise TimeoutError(f"the stage took longer than {limits.timeout:g} s (--timeout)")
        return min(left, wait)

    def _obituary(self) -> str:
        try:
            # A process that ends closes the pipe a little before.
            status = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "the process of the stage closed its line to the run"
        if status >= 0:
            return f"the process of the stage ended with exit code {status}"
        names = {one.value: one.name for one in signal.Signals}
        return f"the process of the stage died of {names.get(-status, -status)}"

    def _listen(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None
        for line in pipe:
            self._answers.put(line)
        self._answers.put("")
