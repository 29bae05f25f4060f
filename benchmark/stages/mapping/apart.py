"""Maps modalities by a learner from outside, each in a process that sees no cell of the other.

A module can keep what its learner was given in places of which no copy of the learner is free: a
global, a class, a library. So the process is new, and ends when it has answered. What comes back
are arrays and text; nothing of the learner's own is unpacked here.
"""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from traceback import format_exc

import cloudpickle
import numpy as np

from benchmark.stages.mapping.modality import Mapped, Parts, map_modality, no_copy
from benchmark.stages.mapping.server import Server
from learners.base import Learner, Modality
from weakpair.errors import MethodError
from weakpair.imports import import_here

_LEARNER, _CELLS = "learner.pickle", "cells{}.npz"
_LATENTS, _SAID = "latents{}.npz", "said{}.txt"
_TRANSDUCTIVE, _FINE = "transductive", "fine"


def map_apart(
    server: Server, who: str, learner: Learner, cells: Mapping[Modality, Parts]
) -> dict[Modality, Mapped]:
    """Latents of each modality's cells, and whether they depend on the other cells of a call.

    The processes run side by side.

    Args:
        server: starts them.
        who: name of the learner in errors.
        learner: fitted; pickled, as each process needs one of its own.
        cells: their values, modality by modality.

    Raises:
        MethodError: the learner cannot be pickled, fails, ends the process, or returns what are no
            latents.
    """
    import torch

    with TemporaryDirectory(prefix="weakpair-") as name:
        folder = Path(name)
        (folder / _LEARNER).write_bytes(_pickled(who, learner))
        for modality, parts in cells.items():
            np.savez(folder / _CELLS.format(modality), allow_pickle=False, **parts)
        calls = [(folder, modality, who, type(learner).__module__) for modality in cells]
        # As many threads as this stage has: sums depend on them.
        ends = server.run(_answer, calls, torch.get_num_threads())
        return {
            modality: _read(folder, who, modality, parts, end)
            for (modality, parts), end in zip(cells.items(), ends, strict=True)
        }


def _read(folder: Path, who: str, modality: Modality, parts: Parts, end: int) -> Mapped:
    """Answer of a process that ended so."""
    file = folder / _SAID.format(modality)
    if not file.exists():
        how = f"exit code {end}" if end >= 0 else f"signal {-end}"
        raise MethodError(
            f"learner {who!r} ended the process that maps modality {modality} ({how})"
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


def _answer(folder: Path, modality: Modality, who: str, module: str) -> None:
    """Map a modality's cells; what each process runs."""
    said = _answered(folder, modality, who, module)
    # Renamed when whole: half an answer is none.
    whole = folder / f"said{modality}"
    whole.write_text(said, "utf-8")
    whole.rename(folder / _SAID.format(modality))


def _answered(folder: Path, modality: Modality, who: str, module: str) -> str:
    """A word, or the complaint in a line and the traceback below."""
    with np.load(folder / _CELLS.format(modality), allow_pickle=False) as cells:
        parts = {part: cells[part] for part in cells.files}
    try:
        import_here(module)
        learner = cloudpickle.loads((folder / _LEARNER).read_bytes())
        mapped = map_modality(who, learner, modality, parts, ask=True)
    except MethodError as error:
        return f"{_line(str(error))}\n{format_exc()}"
    except Exception as error:  # noqa: BLE001 - somebody else's code
        why = f"learner {who!r} cannot map modality {modality}: {type(error).__name__}: {error}"
        return f"{_line(why)}\n{format_exc()}"
    np.savez(folder / _LATENTS.format(modality), allow_pickle=False, **mapped.latents)
    return _TRANSDUCTIVE if mapped.transductive else _FINE


def _line(text: str) -> str:
    return " ".join(text.split())
