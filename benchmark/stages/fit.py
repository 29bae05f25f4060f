"""Fits a learner on the training rows of a fold and maps all rows to latents."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import learners
from benchmark.stages.calls import called, given
from benchmark.stages.context import Context, Output, true_pairs
from benchmark.stages.reports import plain_curve, plain_facts
from benchmark.store.codecs import Slot, Vectors, vectors_to_table
from learners.base import Learner
from learners.neural.diagnosis import suspicion
from weakpair.errors import MethodError
from weakpair.registry import FEATURES, Entry

if TYPE_CHECKING:
    from learners.neural.together import Member

VERSION = "1"


def run(context: Context) -> Output:
    """Columns modality, part, sample, label, z; the learning curve stands in the facts."""
    entry = learners.REGISTRY.entry(context.params["learner"])
    fold = _rows(context, entry)
    first, second = fold[1, "train"], fold[2, "train"]
    oracle = {"pairs": true_pairs(first, second)} if entry.needs_pairing else {}
    with called("learner", entry):
        learner = entry.make(**context.params["params"])
        learner.fit(
            *given(entry, first),
            *given(entry, second),
            seed=context.stage.seed,
            device=context.device,
            **oracle,
        )
    return _latents(context, learner, fold)


class Prepared(NamedTuple):
    """A learner before its first step, and all cells of its fold."""

    member: "Member"
    fold: Mapping[Slot, Vectors]


def stacks(params: Mapping[str, Any]) -> bool:
    """Whether stages with these parameters can be trained together, if their data are alike."""
    from learners.neural.together import can_join

    entry = learners.REGISTRY.entry(params["learner"])
    return not entry.needs_pairing and can_join(entry.make(**params["params"]))


def prepare(context: Context) -> Prepared:
    """What the stage trains on: the first part of `run`, for stages that train together."""
    from learners.neural.together import can_join, member

    entry = learners.REGISTRY.entry(context.params["learner"])
    fold, learner = _rows(context, entry), entry.make(**context.params["params"])
    if not can_join(learner):
        raise MethodError(f"learner {entry.name!r} cannot be trained together with others")
    first, second = fold[1, "train"], fold[2, "train"]
    start = learner.start(
        *given(entry, first),
        *given(entry, second),
        seed=context.stage.seed,
        device=context.device,
    )
    return Prepared(member(learner, start), fold)


def shape(prepared: Prepared) -> Hashable:
    """Equal for stages that can be trained together."""
    return prepared.member.shape


def train(
    contexts: Sequence[Context], prepared: Sequence[Prepared]
) -> list[Callable[[Context], Output] | None]:
    """The second part: one batched network; what is left to do for each stage.

    None stands for a training that diverged: the stage fails when it runs by itself.
    """
    from learners.neural.learner import torch_device
    from learners.neural.together import train_together

    members = [one.member for one in prepared]
    finite = train_together(members, torch_device(contexts[0].device))
    return [
        partial(_latents, learner=one.member.learner, fold=one.fold) if fine else None
        for one, fine in zip(prepared, finite, strict=True)
    ]


def _rows(context: Context, entry: Entry[Any]) -> Mapping[Slot, Vectors]:
    """What the learner reads of the fold."""
    return context.fold("x" if entry.reads == FEATURES else entry.reads)


def _latents(context: Context, learner: Learner, fold: Mapping[Slot, Vectors]) -> Output:
    entry = learners.REGISTRY.entry(context.params["learner"])
    with called("learner", entry):
        latents = {slot: _mapped(entry, learner, slot, rows) for slot, rows in fold.items()}
        curve = plain_curve(learner.report_.curve)
        facts = plain_facts(f"learner {entry.name!r}", learner.report_.facts)
        trained = [latents[modality, "train"].values for modality in (1, 2)]
        facts["suspect"] = suspicion(learner.report_, trained, learner.loss_weights)
    return Output(vectors_to_table(latents, "z"), {"curve": curve, "facts": facts})


def _mapped(entry: Entry[Any], learner: Learner, slot: Slot, rows: Vectors) -> Vectors:
    """The latents of cells; the arrays are of their own, whatever the learner does next."""
    x = given(entry, rows).values
    z = learner.transform(x, modality=1 if slot[0] == 1 else 2)
    return Vectors(rows.ids, rows.labels, _checked(f"learner {entry.name!r}", z, len(rows.ids)))


def _checked(who: str, returned: Any, rows: int) -> NDArray[np.float32]:
    """Returned latents as an array that nobody else holds.

    Raises:
        MethodError: masked, complex or no numbers, of the wrong shape, NaN or infinite, also where
            only float32 makes them so.
    """
    if np.ma.is_masked(returned):
        raise MethodError(f"{who} returned latents with masked values")
    z = np.asarray(returned)
    if z.dtype.kind not in "biuf":
        raise MethodError(f"{who} returned latents of type {z.dtype}; they must be real numbers")
    if z.ndim != 2 or z.shape[0] != rows:
        raise MethodError(f"{who} returned latents of shape {z.shape} for {rows} rows")
    if not np.isfinite(z).all():
        raise MethodError(f"{who} returned NaN or infinite latents")
    with np.errstate(over="ignore"):
        stored = np.array(z, dtype=np.float32, order="C")
    if not np.isfinite(stored).all():
        raise MethodError(
            f"{who} returned latents up to {float(np.abs(z).max()):.1e}, too large for float32"
        )
    return stored
