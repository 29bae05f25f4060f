"""Questions about code that is not ours, answered by a child process that imports it.

A module may do anything as it is imported: end the process, even with exit code 0, hang, or patch
what others use. The process that asks imports none of it.
"""

import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import EntryPoint
from typing import Any, Self, TypeVar

from weakpair.children import start_child
from weakpair.errors import BenchError, InputError, ParameterError
from weakpair.registry.declared import check_needs
from weakpair.registry.described import Described, load_target
from weakpair.registry.entry import Entry

D = TypeVar("D", bound=Described)

# An import from a network drive may take minutes; one that takes longer will not end.
TIMEOUT = 300.0
_ALIVE = 0.2
_ANSWER = "from weakpair.registry.foreign import answer; answer()"
PLAIN = "parameters must be plain numbers, strings or lists"


class Foreign:
    """A child process that imports what it is asked about; started when first asked.

    Use it in a `with` statement, which ends the child.
    """

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._read = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the child and what it started."""
        child, self._child, self._read = self._child, None, b""
        if child is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
            child.communicate()

    def describe(self, entry: Entry[Any], params: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Describe a method whose class this process does not import.

        Raises:
            ParameterError: it is no such class, or takes no such parameters.
        """
        if not entry.foreign:
            return describe(entry, params)
        try:
            question = {"entry": entry.plain(), "params": dict(params)}
            answer = self._ask(question)
        except (TypeError, ValueError) as error:
            raise ParameterError(f"{entry.name}: {PLAIN}: {error}") from error
        if "died" in answer:
            raise ParameterError(f"{entry.target}: {answer['died']}")
        if "why" in answer:
            raise ParameterError(str(answer["why"]))
        return str(answer["version"]), dict(answer["params"])

    def load_point(self, point: EntryPoint, described: type[D]) -> tuple[D | None, str]:
        """The description that an entry point loads to, or None and why there is none."""
        question = [point.name, point.value, point.group, described.face]
        answer = self._ask({"point": question})
        if "entry" not in answer:
            return None, f"{point.value}: {answer.get('why') or answer['died']}"
        return described.from_plain(answer["entry"]), ""

    def _ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """The child's answer; one that dies of the question, or takes too long, is the answer."""
        line = json.dumps(question, allow_nan=False).encode() + b"\n"
        child = self._child = self._child or _started()
        pipe = child.stdin
        assert pipe is not None
        with suppress(BrokenPipeError):
            pipe.write(line)
            pipe.flush()
        try:
            answer: dict[str, Any] = json.loads(self._line(child))
        except (EOFError, TimeoutError, ValueError) as error:
            self.close()
            return {"died": str(error)}
        return answer

    def _line(self, child: "subprocess.Popen[bytes]") -> bytes:
        pipe = child.stdout
        assert pipe is not None
        until = time.monotonic() + TIMEOUT
        while b"\n" not in self._read:
            over = child.poll() is not None  # what it started may hold the pipe open
            ready, _, _ = select.select([pipe], [], [], 0 if over else _ALIVE)
            block = os.read(pipe.fileno(), 2**16) if ready else b""
            self._read += block
            if not block and (over or ready):
                raise EOFError(f"importing it ended the process ({_how(child)})")
            if time.monotonic() > until:
                raise TimeoutError(f"importing it took longer than {TIMEOUT:g} s")
        line, _, self._read = self._read.partition(b"\n")
        return line


def describe(entry: Entry[Any], params: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """A method's version, with the digest of its source if it is foreign, and all its parameters.

    Raises:
        InputError: an unknown class or parameter, or a value that the class refuses.
    """
    try:
        method = entry.make(**params)
        check_needs(entry, type(method))
        version, known = str(method.version), dict(method.keyed_params())
    except (KeyboardInterrupt, BenchError):
        raise
    # A constructor of somebody else's may raise anything.
    except BaseException as error:
        raise ParameterError(f"{entry.name}: {_reason(error)}") from error
    if entry.foreign:
        # Code that we do not version: its files count, so that no stale artefact is served.
        version += f"+{entry.source_digest()[:12]}"
    return version, known


def answer() -> None:
    """Answer questions from standard input until it ends; what the child process runs."""
    questions = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # What foreign code prints is no answer, and what it reads is no question.
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    for line in questions:
        print(_answered(json.loads(line)), file=answers, flush=True)


def _answered(question: Mapping[str, Any]) -> str:
    try:
        if "point" in question:
            return json.dumps(_loaded(*question["point"]))
        version, params = describe(Entry.from_plain(question["entry"]), question["params"])
    except InputError as error:
        return json.dumps({"why": str(error)})
    except BaseException as error:  # noqa: BLE001 - somebody else's code
        where = f"{question['entry']['target']}: " if "entry" in question else ""
        return json.dumps({"why": where + _reason(error)})
    try:
        return json.dumps({"version": version, "params": params}, allow_nan=False)
    except (TypeError, ValueError) as error:
        return json.dumps({"why": f"{question['entry']['name']}: {PLAIN}: {error}"})


def _loaded(name: str, value: str, group: str, face: str) -> dict[str, Any]:
    entry, described = EntryPoint(name, value, group).load(), load_target(face)
    if not isinstance(entry, described):
        kind = type(entry).__name__
        return {"why": f"is a {kind}; it must be a {face.replace(':', '.')}"}
    if entry.name != name:
        kind = described.__name__
        return {"why": f"its {kind} is called {entry.name!r}; it must have the entry point's name"}
    return {"entry": entry.plain()}


def _reason(error: BaseException) -> str:
    with suppress(Exception):
        return " ".join(f"{type(error).__name__}: {error}".split())
    return type(error).__name__


def _started() -> "subprocess.Popen[bytes]":
    # A group of its own, so that it is ended together with what it starts.
    return start_child(_ANSWER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0)


def _how(child: "subprocess.Popen[bytes]") -> str:
    try:
        status = child.wait(timeout=5)
    except subprocess.TimeoutExpired:
        return "it closed its line to us"
    return f"exit code {status}" if status >= 0 else f"signal {-status}"
