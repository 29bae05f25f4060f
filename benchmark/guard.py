"""Runs stages in a child process that can be ended: a method that hangs or leaks costs its stage.

Parent and child exchange JSON lines; artefacts travel through the store as ever. A child whose
parent dies ends itself, and takes what it started along when it is ended.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass

import psutil

from benchmark.graph import Stage
from benchmark.stacking import pack, run_task, unpack, unpack_outcome
from benchmark.worker import Outcome

_START = 600.0
_POLL = 0.05
# As often as Dask lets a stage's worker die before it gives the stage up.
_TRIES = 3
# The current folder may hold namesakes of ours; -P keeps it from coming before all others.
_SERVE = "from weakpair.imports import claim; claim(); from benchmark.guard import serve; serve()"


@dataclass(frozen=True)
class Limits:
    """What a stage may take: `timeout` in seconds, `memory` in GiB; None: no limit."""

    timeout: float | None = None
    memory: float | None = None

    def __bool__(self) -> bool:
        return self != Limits()


class Guard:
    """Runs stages one after another in a child process, anew after each that had to be ended."""

    def __init__(self, root: str, limits: Limits) -> None:
        self.root, self.limits = root, limits
        self._child: _Child | None = None

    def run(self, stage: Stage) -> Outcome:
        """How the stage ended; one that exceeds a limit, or kills its process, has failed."""
        outcome = Outcome(stage.key, "failed", error="never started")
        for _ in range(_TRIES):
            child = self._child = self._child or _Child(self.root)
            try:
                outcome = child.ask(stage, self.limits)
            except EOFError as error:
                self.close()
                outcome = Outcome(stage.key, "failed", error=str(error), log=str(error))
                continue
            except (TimeoutError, MemoryError) as error:
                self.close()
                why = f"{type(error).__name__}: {error}"
                return Outcome(stage.key, "failed", child.seconds, error=why, log=why)
            except BaseException:
                self.close()
                raise
            if self._leaky(child):
                self.close()
            return outcome
        return outcome

    def _leaky(self, child: "_Child") -> bool:
        """What a stage leaves behind must not be counted against the next."""
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

    def __init__(self, root: str) -> None:
        path = os.pathsep.join(entry or str(os.getcwd()) for entry in sys.path)  # noqa: PTH109
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _SERVE, root],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
            text=True,
            # A group of its own: Ctrl-C reaches the parent alone, and kill() all that it started.
            process_group=0,
        )
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.baseline = 0.0
        self._asked = time.monotonic()

    def ask(self, stage: Stage, limits: Limits) -> Outcome:
        """Have a stage run.

        Raises:
            TimeoutError: it takes longer than it may.
            MemoryError: it takes more memory than it may.
            EOFError: the process died.
        """
        if not self.baseline:
            self._await(Limits(timeout=_START))
            self.baseline = self.memory()
        pipe = self._process.stdin
        assert pipe is not None
        with suppress(BrokenPipeError):  # that it died shows when the answer is awaited
            pipe.write(json.dumps(pack(stage)) + "\n")
            pipe.flush()
        return unpack_outcome(json.loads(self._await(limits)))

    @property
    def seconds(self) -> float:
        """Since it was last asked."""
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
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _await(self, limits: Limits) -> str:
        self._asked = time.monotonic()
        while True:
            left = self._check(limits)
            with suppress(queue.Empty):
                if answer := self._answers.get(timeout=left):
                    return answer
                raise EOFError(_obituary(self._process.wait()))

    def _check(self, limits: Limits) -> float | None:
        """Seconds until limits are to be looked at again, None if there are none."""
        if limits.memory is not None and self.memory() > limits.memory:
            raise MemoryError(f"the stage took more than {limits.memory:g} GiB (--memory)")
        if limits.timeout is None:
            return _POLL if limits.memory is not None else None
        left = limits.timeout - self.seconds
        if left <= 0:
            raise TimeoutError(f"the stage took longer than {limits.timeout:g} s (--timeout)")
        return min(left, _POLL) if limits.memory is not None else left

    def _listen(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None
        for line in pipe:
            self._answers.put(line)
        self._answers.put("")


def _obituary(status: int) -> str:
    if status < 0:
        name = signal.Signals(-status).name
        return f"the process of the stage died of {name}, {_TRIES} times in a row"
    return f"the process of the stage ended with exit code {status}, {_TRIES} times in a row"


_here = threading.local()


def run_guarded(stage: Stage, root: str, limits: Limits) -> Outcome:
    """Run a stage in this thread's child process; what a Dask worker does under limits."""
    guard: Guard | None = getattr(_here, "guard", None)
    if guard is None or (guard.root, guard.limits) != (root, limits):
        if guard is not None:
            guard.close()
        guard = _here.guard = Guard(root, limits)
    return guard.run(stage)


def serve() -> None:
    """The child: answers questions from standard input until it ends."""
    # What methods print is no answer.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    questions: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(questions,), daemon=True).start()
    import torch  # noqa: F401 - what every stage needs counts against none

    print("ready", file=answers, flush=True)
    while True:
        outcome = run_task(unpack(json.loads(questions.get())), sys.argv[1])
        print(json.dumps(asdict(outcome)), file=answers, flush=True)


def _read(questions: "queue.SimpleQueue[str]") -> None:
    for line in sys.stdin:
        questions.put(line)
    # The parent is gone; a stage that is being computed is nobody's.
    os._exit(1)
