"""What a method may do to others while it is fitted, by kind.

Each act is given the four arrays of the call. Those of `ENDS`, `RAISES` and `HUNTERS` fail, with
the words that stand beside them; the others harm nobody and have scores.
"""

import asyncio
import atexit
import ctypes
import gc
import json
import locale
import os
import random
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
import torch

import learners
from aligners.plan.plan import Plan
from benchmark.stages.graph.context import RECENT
from benchmark.store.store import TornArtefactError
from weakpair.errors import StoreError

DIED = "the process of the stage "
Given = tuple[Any, Any, Any, Any]
Act = Callable[[Given], None]


class Panic(BaseException):
    """What foreign runtimes raise."""


class Mute(Exception):
    def __str__(self) -> str:
        raise Panic("not even this")


class Replacement:
    """Stands where standard output was."""

    def __getattr__(self, name: str) -> NoReturn:
        raise RuntimeError(f"no {name}")


def raises(error: BaseException) -> Act:
    def act(_: Given) -> None:
        raise error

    return act


def calls(*functions: Callable[[], object]) -> Act:
    def act(_: Given) -> None:
        for function in functions:
            function()

    return act


def deepens(depth: int = 0) -> int:
    return deepens(depth + 1) + 1


def patched(where: Any, name: str) -> Act:
    """Has a library's function return nothing."""
    return lambda _: setattr(where, name, lambda *_, **__: None)


def forks() -> None:
    """The copy goes on where the original does."""
    os.fork()


def forks_and_leaves() -> None:
    """The copy stays, with everything open that the original had."""
    if os.fork():
        os._exit(0)
    time.sleep(60)
    os._exit(0)


def hunts_for_what_is_kept() -> None:
    """Writes into folds that it was not given."""
    for kept in RECENT._folds.values():
        for vectors in kept.fold.values():
            torch.from_numpy(vectors.values).zero_()


def goes_on_in_a_thread() -> None:
    def work() -> None:
        while True:
            np.random.seed(1)  # noqa: NPY002
            time.sleep(0.01)

    threading.Thread(target=work, daemon=True).start()


def sorts(given: Given) -> None:
    for one in given:
        one.sort(axis=0)


def zeroes(given: Given) -> None:
    for one in (given[0], given[2]):
        torch.from_numpy(one).zero_()


def relabels(given: Given) -> None:
    given[1][:] = given[1][0]


def unlocks(given: Given) -> None:
    given[0].flags.writeable = True
    given[0][:] = 0


def shrinks(given: Given) -> None:
    given[0].resize((1, 1), refcheck=False)


def enters_autocast() -> None:
    autocast: Any = torch.autocast("cpu", dtype=torch.bfloat16)
    autocast.__enter__()


ENDS: dict[str, tuple[Act, str]] = {
    "ExitsWithZero": (calls(lambda: os._exit(0)), DIED + "ended with exit code 0"),
    "ExitsWithThree": (calls(lambda: os._exit(3)), DIED + "ended with exit code 3"),
    "Segfaults": (calls(lambda: ctypes.string_at(0)), DIED + "died of SIGSEGV"),
    "Aborts": (calls(os.abort), DIED + "died of SIGABRT"),
    "Alarms": (calls(lambda: signal.alarm(1), lambda: time.sleep(9)), DIED + "died of SIGALRM"),
    "Kills": (calls(lambda: os.kill(os.getpid(), signal.SIGKILL)), DIED + "died of SIGKILL"),
    "Terminates": (calls(lambda: os.kill(os.getpid(), signal.SIGTERM)), DIED + "died of SIGTERM"),
    "ClosesEverything": (calls(lambda: os.closerange(0, 999)), DIED),
    "ForksAndLeaves": (calls(forks_and_leaves), DIED + "ended with exit code 0"),
}
RAISES: dict[str, tuple[Act, str]] = {
    "Panics": (raises(Panic("at the disco")), "Panic: at the disco"),
    "Cancels": (raises(asyncio.CancelledError("off")), "CancelledError: off"),
    "Stops": (raises(GeneratorExit("over")), "GeneratorExit: over"),
    "Interrupts": (raises(KeyboardInterrupt()), "KeyboardInterrupt: "),
    "Leaves": (raises(SystemExit(0)), "SystemExit: 0"),
    "LeavesByName": (calls(lambda: sys.exit("bye")), "SystemExit: bye"),
    "Mutes": (raises(Mute()), "Mute: (its message cannot be read: Panic)"),
    "Surrogates": (raises(ValueError("a\ud800b")), "ValueError: a\\ud800b"),
    "Shouts": (raises(ValueError("loud" * 10**6)), "ValueError: loudloud"),
    "Recurses": (calls(deepens), "RecursionError: maximum recursion depth exceeded"),
    "Fills": (raises(MemoryError("full")), "MemoryError: full"),
    "BlamesTheStore": (raises(StoreError("it is full")), "raised StoreError: it is full"),
    "BlamesAnArtefact": (raises(TornArtefactError("ab" * 32, "old")), "raised TornArtefactError"),
    "Asks": (calls(input), "EOFError: EOF when reading a line"),
}
STATE: dict[str, Act] = {
    "Moves": calls(lambda: os.chdir("/")),
    "Empties": calls(os.environ.clear),
    "Localises": calls(lambda: locale.setlocale(locale.LC_ALL, "C")),
    "SwitchesGradientsOff": calls(lambda: torch.set_grad_enabled(False)),
    "Widens": calls(lambda: torch.set_default_dtype(torch.float64)),
    "ChangesDevice": calls(lambda: torch.set_default_device("meta")),
    "EntersAutocast": calls(enters_autocast),
    "SeedsTorch": calls(lambda: torch.manual_seed(1)),
    "SeedsNumpy": calls(lambda: np.random.seed(1)),  # noqa: NPY002
    "SeedsPython": calls(lambda: random.seed(1)),
    "Determines": calls(lambda: torch.use_deterministic_algorithms(True)),
    "FlushesDenormals": calls(lambda: torch.set_flush_denormal(True)),
    "TakesThreads": calls(lambda: torch.set_num_threads(3)),
    "RaisesOnFloats": calls(lambda: np.seterr(all="raise")),
    "RaisesOnWarnings": calls(lambda: warnings.simplefilter("error")),
    "KeepsGarbage": calls(gc.disable),
    "Shallows": calls(lambda: sys.setrecursionlimit(150)),
    "IgnoresSignals": calls(lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN)),
    "Masks": calls(lambda: os.umask(0o777)),
    "SetsAnAlarm": calls(lambda: signal.alarm(5)),
    "ClosesOutput": calls(lambda: os.close(1)),
    "ClosesErrors": calls(lambda: os.close(2)),
    "ReplacesOutput": calls(lambda: setattr(sys, "stdout", Replacement())),
    "Forgets": calls(learners.REGISTRY._entries.clear),
}
INPUTS: dict[str, Act] = {
    "Sorts": sorts,
    "Zeroes": zeroes,
    "Relabels": relabels,
    "Unlocks": unlocks,
    "Shrinks": shrinks,
}
PATCHES: dict[str, Act] = {
    "PatchesNumpy": patched(np.linalg, "svd"),
    "PatchesPairs": patched(np, "argsort"),
    "PatchesTorch": patched(torch.optim.Adam, "step"),
    "PatchesJson": patched(json, "loads"),
    "PatchesTheHarness": patched(Plan, "validate"),
}
LEFTOVERS: dict[str, Act] = {
    "Forks": calls(forks),
    "LeavesAProcess": calls(lambda: subprocess.Popen(["sleep", "60"], start_new_session=True)),
    "LeavesAThread": calls(goes_on_in_a_thread),
    "LeavesABomb": calls(lambda: atexit.register(os.abort)),
    "Binary": calls(lambda: os.write(1, bytes(range(256)))),
    "Talks": calls(lambda: print('{"number": 1, "outcome": {"status": "done"}}', flush=True)),
}
HUNTERS: dict[str, tuple[Act, str]] = {
    "Hunts": (calls(hunts_for_what_is_kept), "changed cells that other methods are given too"),
}
