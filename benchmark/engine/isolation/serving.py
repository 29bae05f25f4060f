"""The child process of a guard: answers questions from standard input until it ends."""

import json
import os
import queue
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict
from typing import IO, Any

from benchmark.engine.task import Task
from benchmark.engine.together import run_task
from benchmark.engine.worker import threads_pinned
from benchmark.stages.mapping.server import prepare
from benchmark.stages.table import STAGES

OWN, FOREIGN = "own", "foreign"
"""Whose methods the process calls: the package's, or one from outside."""


def serve() -> None:
    """Run stages, one JSON line each way, until the parent is gone."""
    import torch  # noqa: F401 - what every stage needs counts against none

    lines, answers = _own(0, "r"), _own(1, "w")
    # What methods print is no answer, and what they read is no question.
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    if sys.argv[2] == FOREIGN:
        prepare(threads_pinned, closed=(lines, answers))
    questions: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(lines, questions), daemon=True).start()
    _answer(answers, {"number": 0})
    while True:
        question = json.loads(questions.get())
        task = Task.from_plain(question["task"])
        catalogue = STAGES[task.first.kind].catalogue
        if question["entry"] and catalogue is not None:
            catalogue.add(catalogue.described.from_plain(question["entry"]))
        outcomes = [asdict(outcome) for outcome in run_task(task, sys.argv[1])]
        _answer(answers, {"number": question["number"], "outcomes": outcomes})


def _own(descriptor: int, mode: str) -> IO[str]:
    """A copy of a descriptor under a number that nobody expects."""
    return os.fdopen(os.dup(descriptor), mode, encoding="utf-8")


def _answer(answers: IO[str], content: Mapping[str, Any]) -> None:
    # On a line of its own, whatever else was written there.
    print(f"\n{json.dumps(content)}", file=answers, flush=True)


def _read(lines: IO[str], questions: "queue.SimpleQueue[str]") -> None:
    try:
        for line in lines:
            questions.put(line)
    finally:
        # The parent is gone; a stage that is being computed is nobody's.
        os._exit(1)
