"""Maps modalities by a learner from outside, each in a process that sees no cell of the other.

A module can keep what its learner was given in places of which no copy of the learner is free: a
global, a class, a library. So the process is new, and ends when it has answered. What comes back
are arrays and text; nothing of the learner's own is unpacked here.
"""

import os
import subprocess
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import cloudpickle
import numpy as np

from benchmark.stages.mapping.modality import Mapped, Parts, map_modality, no_copy
from learners.base import Learner, Modality
from weakpair.children import start_child
from weakpair.errors import MethodError
from weakpair.imports import import_here

_ANSWER = "from benchmark.stages.mapping.apart import answer; answer()"
_LEARNER, _CELLS = "learner.pickle", "cells{}.npz"
_LATENTS, _SAID = "latents{}.npz", "said{}.txt"
_TRANSDUCTIVE, _FINE = "transductive", "fine"


def map_apart(
    who: str, learner: Learner, cells: Mapping[Modality, Parts]
) -> dict[Modality, Mapped]:
    """Latents of each modality's cells, and whether they depend on the other cells of a call.

    The processes run side by side.

    Args:
        who: name of the learner in errors.
        learner: fitted; pickled, as each process needs one of its own.
        cells: their values, modality by modality.

    Raises:
        MethodError: the learner cannot be pickled, fails, ends the process, or returns what are no
            latents.
    """
    with TemporaryDirectory(prefix="weakpair-") as name:
        folder = Path(name)
        (folder / _LEARNER).write_bytes(_pickled(who, learner))
        for modality, parts in cells.items():
            np.savez(folder / _CELLS.format(modality), allow_pickle=False, **parts)
        ends = _run(folder, list(cells), who, type(learner).__module__)
        return {
            modality: _read(folder, who, modality, cells[modality], ends[modality])
            for modality in cells
        }


def _run(folder: Path, modalities: list[Modality], who: str, module: str) -> dict[Modality, str]:
    """Have a process map each modality; how they ended."""
    import torch

    children = {
        modality: start_child(
            _ANSWER,
            # As arguments and plain text: a method may have patched what writes and reads JSON.
            *(str(folder), str(modality), who, module),
            # As many threads as this stage has.
            env={"OMP_NUM_THREADS": str(torch.get_num_threads())},
            stdin=subprocess.DEVNULL,
            # What a method prints goes to the log of the run, never between its answers.
            stdout=2,
        )
        for modality in modalities
    }
    try:
        ends = {modality: child.wait() for modality, child in children.items()}
    finally:
        for child in children.values():
            child.kill()
            child.wait()
    return {
        modality: f"exit code {status}" if status >= 0 else f"signal {-status}"
        for modality, status in ends.items()
    }


def _read(folder: Path, who: str, modality: Modality, parts: Parts, end: str) -> Mapped:
    """What a process answered."""
    file = folder / _SAID.format(modality)
    if not file.exists():
        raise MethodError(
            f"learner {who!r} ended the process that maps modality {modality} ({end})"
        )
    said, _, log = file.read_text("utf-8").partition("\n")
    if said not in (_TRANSDUCTIVE, _FINE):
        error = MethodError(said)
        error.add_note(log)
        raise error
    with np.load(folder / _LATENTS.format(modality), allow_pickle=False) as latents:
        return Mapped({part: latents[part] for part in parts}, said == _TRANSDUCTIVE)


def _pickled(who: str, learner: Learner) -> bytes:
    try:
        packed: bytes = cloudpickle.dumps(learner)
    except Exception as error:
        raise no_copy(who, error) from error
    return packed


def answer() -> None:
    """Map the cells of a folder; what a process runs: folder, modality, learner's name, module."""
    folder, modality = Path(sys.argv[1]), sys.argv[2]
    said = _answered(folder, 1 if modality == "1" else 2, *sys.argv[3:])
    # Renamed when whole: half an answer is none.
    whole = folder / f"said{modality}"
    whole.write_text(said, "utf-8")
    whole.rename(folder / _SAID.format(modality))
    sys.stdout.flush()
    # Threads and handlers of the method do not keep the process.
    os._exit(0)


def _answered(folder: Path, modality: Modality, who: str, module: str) -> str:
    """A word, or the complaint in a line and the traceback below."""
    with np.load(folder / _CELLS.format(modality), allow_pickle=False) as cells:
        parts = {part: cells[part] for part in cells.files}
    try:
        import_here(module)
        learner = cloudpickle.loads((folder / _LEARNER).read_bytes())
        mapped = map_modality(who, learner, modality, parts, ask=True)
    except MethodError as error:
        return f"{_line(str(error))}\n{traceback.format_exc()}"
    except Exception as error:  # noqa: BLE001 - somebody else's code
        why = f"learner {who!r} cannot map modality {modality}: {type(error).__name__}: {error}"
        return f"{_line(why)}\n{traceback.format_exc()}"
    np.savez(folder / _LATENTS.format(modality), allow_pickle=False, **mapped.latents)
    return _TRANSDUCTIVE if mapped.transductive else _FINE


def _line(text: str) -> str:
    return " ".join(text.split())
