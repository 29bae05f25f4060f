"""Latents of a fold's cells from a fitted learner that cannot tell which cells are partners.

The test cells of both modalities are the same cells. A learner that keeps what it mapped first, and
learns from both, would be told the pairing by the protocol. So each modality has its own copy.
Where methods from outside have a process to themselves, each of their copies has one, too: a module
can keep what no copy undoes.
"""

from collections.abc import Mapping
from typing import Any

from benchmark.stages.mapping.apart import map_apart
from benchmark.stages.mapping.modality import Parts, map_modality
from benchmark.stages.mapping.server import server
from benchmark.store.codecs import Slot, Vectors
from learners.base import Learner, Modality
from weakpair.registry import Entry

TRANSDUCTIVE = "a cell's latents depend on the cells that are mapped with it"
"""Suspicion of a learner whose latents are not a function of the cell alone."""

MODALITIES: tuple[Modality, ...] = (1, 2)


def map_fold(
    entry: Entry[Any], learner: Learner, fold: Mapping[Slot, Vectors]
) -> tuple[dict[Slot, Vectors], str]:
    """Latents of every slot of a fold, and what is to be said of how they came to be.

    Only methods from outside are asked whether a cell's latents depend on other cells: ours are
    held to it by the tests of all learners.

    Returns:
        The latents, and TRANSDUCTIVE or "".

    Raises:
        MethodError: the learner cannot be copied, fails, or returns what are no latents.
    """
    cells: dict[Modality, Parts] = {
        modality: {str(part): rows.values for (own, part), rows in fold.items() if own == modality}
        for modality in MODALITIES
    }
    if entry.foreign and (own := server()):
        mapped = map_apart(own, entry.name, learner, cells)
    else:
        mapped = {
            modality: map_modality(entry.name, learner, modality, parts, ask=entry.foreign)
            for modality, parts in cells.items()
        }
    latents = {
        slot: Vectors(rows.ids, rows.labels, mapped[_modality(slot)].latents[slot[1]])
        for slot, rows in fold.items()
    }
    said = TRANSDUCTIVE if any(one.transductive for one in mapped.values()) else ""
    return latents, said


def _modality(slot: Slot) -> Modality:
    return 1 if slot[0] == 1 else 2
