"""A learner that hangs, dies, leaks or talks; named by its path: child processes know it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from learners.base import Latent, Learner, Modality

NAME = "tests.benchmark.misbehaving:Misbehaving"


class Misbehaving(Learner):
    """Does what `how` says when it is fitted; `place` is where it notes its process ids."""

    kept: ClassVar[list[bytearray]] = []

    def __init__(self, how: str = "", place: str = "") -> None:
        self.how = how
        self.place = place

    def fit(
        self,
        x1: ArrayLike,
        t1: ArrayLike,
        x2: ArrayLike,
        t2: ArrayLike,
        *,
        seed: int = 0,
        device: str = "cpu",
    ) -> Self:
        if self.how:
            getattr(self, self.how)()
        return self

    def transform(self, x: ArrayLike, modality: Modality = 1) -> Latent:
        return np.arange(len(np.asarray(x)), dtype=np.float32)[:, None]

    def note(self, pid: int) -> None:
        with Path(self.place).open("a") as file:
            print(pid, file=file)

    def hangs(self) -> None:
        self.note(os.getpid())
        time.sleep(600)

    def spins(self) -> None:
        sum(range(10**12))  # never returns from C, never lets another thread run

    def hangs_in_a_child(self) -> None:
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        self.note(child.pid)
        child.wait()

    def dies(self) -> None:
        os.kill(os.getpid(), signal.SIGSEGV)

    def dies_once(self) -> None:
        if not Path(self.place).exists():
            self.note(os.getpid())
            os.kill(os.getpid(), signal.SIGKILL)

    def quits(self) -> None:
        os._exit(3)

    def grows(self) -> None:
        while True:
            self.kept.append(bytearray(os.urandom(1) * 2**26))

    def leaks(self) -> None:
        """A quarter of a GiB for each fit."""
        self.note(os.getpid())
        self.kept.append(bytearray(b"x" * 2**28))

    def talks(self) -> None:
        print('{"key": "not an answer"}', flush=True)
        os.write(1, b"nor is this\n")
