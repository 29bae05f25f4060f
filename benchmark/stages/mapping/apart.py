"""Maps one modality by a learner from outside, in a process that sees no cell of the other one.

A module can keep what its learner was given in places of which no copy of the learner is free: a
global, a class, a library. So the process is new, and ends when it has answered. What comes back
are arrays and text; nothing of the learner's own is unpacked here.
"""

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cloudpickle
import numpy as np

from benchmark.stages.mapping.modality import Mapped, Parts, map_modality, no_copy
from learners.base import Learner, Modality
from weakpair.children import start_child
from weakpair.errors import MethodError
from weakpair.imports import import_here

_ANSWER = "from benchmark.stages.mapping.apart import answer; answer()"
_ASKED, _LEARNER, _CELLS = "asked.json", "learner.pickle", "cells.npz"
_LATENTS, _SAID = "latents.npz", "said.json"


def map_apart(who: str, learner: Learner, modality: Modality, parts: Parts) -> Mapped:
    """Latents of a modality's cells, and whether they depend on the other cells of a call.

    Args:
        who: name of the learner in errors.
        learner: fitted; pickled, as the process needs one of its own.
        modality: that of the cells.
        parts: their values.

    Raises:
        MethodError: the learner cannot be pickled, fails, ends the process, or returns what are no
            latents.
    """
    with TemporaryDirectory(prefix="weakpair-") as name:
        folder = Path(name)
        asked = {"who": who, "modality": modality, "module": type(learner).__module__}
        (folder / _ASKED).write_text(json.dumps(asked), "utf-8")
        (folder / _LEARNER).write_bytes(_pickled(who, learner))
        np.savez(folder / _CELLS, allow_pickle=False, **parts)
        code = _run(folder)
        if not (folder / _SAID).exists():
            raise MethodError(
                f"learner {who!r} ended the process that maps modality {modality} ({code})"
            )
        said: dict[str, Any] = json.loads((folder / _SAID).read_text("utf-8"))
        if "failed" in said:
            error = MethodError(said["failed"])
            error.add_note(said["log"])
            raise error
        with np.load(folder / _LATENTS, allow_pickle=False) as latents:
            return Mapped({part: latents[part] for part in parts}, bool(said["transductive"]))


def _run(folder: Path) -> str:
    """Have the process answer; how it ended."""
    import torch

    child = start_child(
        _ANSWER,
        str(folder),
        # As many threads as this stage has.
        env={"OMP_NUM_THREADS": str(torch.get_num_threads())},
        stdin=subprocess.DEVNULL,
        # What a method prints goes to the log of the run, never between its answers.
        stdout=2,
    )
    try:
        status = child.wait()
    finally:
        child.kill()
        child.wait()
    return f"exit code {status}" if status >= 0 else f"signal {-status}"


def _pickled(who: str, learner: Learner) -> bytes:
    try:
        packed: bytes = cloudpickle.dumps(learner)
    except Exception as error:
        raise no_copy(who, error) from error
    return packed


def answer() -> None:
    """Map the cells of the folder that the first argument names; what the process runs."""
    folder = Path(sys.argv[1])
    said = _answered(folder)
    # Renamed when whole: half an answer is none.
    (folder / "said").write_text(json.dumps(said), "utf-8")
    (folder / "said").rename(folder / _SAID)
    sys.stdout.flush()
    # Threads and handlers of the method do not keep the process.
    os._exit(0)


def _answered(folder: Path) -> Mapping[str, Any]:
    asked = json.loads((folder / _ASKED).read_text("utf-8"))
    with np.load(folder / _CELLS, allow_pickle=False) as cells:
        parts = {part: cells[part] for part in cells.files}
    try:
        import_here(asked["module"])
        learner = cloudpickle.loads((folder / _LEARNER).read_bytes())
        mapped = map_modality(asked["who"], learner, asked["modality"], parts, ask=True)
    except MethodError as error:
        return {"failed": str(error), "log": traceback.format_exc()}
    except Exception as error:  # noqa: BLE001 - somebody else's code
        why = f"learner {asked['who']!r} cannot map modality {asked['modality']}"
        return {"failed": f"{why}: {type(error).__name__}: {error}", "log": traceback.format_exc()}
    np.savez(folder / _LATENTS, allow_pickle=False, **mapped.latents)
    return {"transductive": mapped.transductive}
