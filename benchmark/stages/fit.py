"""Fits a learner on the training rows of a fold and maps all rows to latents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import learners
from benchmark.stages.graph.calls import called, given
from benchmark.stages.graph.context import Context, Output, true_pairs
from benchmark.stages.graph.reports import plain_curve, plain_facts
from benchmark.stages.graph.stage import Finish, MethodStage, Together, unkeyed
from benchmark.stages.mapping.fold import map_fold
from benchmark.store.codecs import Slot, Vectors, vectors_to_table
from learners.base import Learner
from learners.calibrated import calibrated
from learners.neural.diagnosis import suspicion
from weakpair.registry import FEATURES, Entry

if TYPE_CHECKING:
    from learners.neural.together import Member

_SECONDS = {
    **{"groove-tdist": 8.0, "groove-cosine": 7.7, "ipic": 4.2, "davae": 2.0, "em-cca": 1.6},
    **{"ps": 0.3, "lda": 0.07, "lda-bounded": 0.07, "pca": 0.07, "none": 0.05},
    # Networks that are not trained, and the simulator's own latents.
    **dict.fromkeys(("untrained", "untrained-autoencoder"), 0.1),
    **dict.fromkeys(("oracle-latents", "oracle-shared"), 0.05),
    **dict.fromkeys(("oracle-noisy-shared", "oracle-weighted-shared"), 0.05),
}


class Prepared(NamedTuple):
    """A learner before its first step, and all cells of its fold."""

    member: "Member"
    fold: Mapping[Slot, Vectors]


@dataclass(frozen=True)
class Fit(MethodStage):
    """A fitted learner's latents of all cells of the fold; reads `fold`.

    Attributes:
        learner: its name.
        params: all its parameters.
        seed: of the grid.
        method_version: version of the learner.
    """

    kind: ClassVar = "fit"
    version: ClassVar = "1"
    column: ClassVar = "fit_key"
    telling: ClassVar = ("learner",)
    catalogue: ClassVar = learners.REGISTRY
    seconds_of: ClassVar = _SECONDS

    learner: str
    params: Mapping[str, Any]
    seed: int
    method_version: str = unkeyed()

    @property
    def called(self) -> str:
        """Name of the learner."""
        return self.learner

    def seconds(self) -> float | None:
        """Typical seconds of the learner, for the steps that are asked for; None for images.

        Typical is the number of steps that the search for its settings found.
        """
        typical = super().seconds()
        if typical is None or self.params.get("encoder", "mlp") != "mlp":
            return None
        asked, usual = self.params.get("steps"), calibrated(self.learner).get("steps")
        if not asked or not usual or self.params.get("epochs"):
            return typical
        return typical * (float(asked) / float(usual))

    @property
    def code(self) -> str:
        """Versions of the stage and of the method; that of foreign ones says how they map cells."""
        return f"{self.version}{'d' if self.entry.foreign else ''}.{self.method_version}"

    def run(self, context: Context) -> Output:
        """Columns modality, part, sample, label, z; the learning curve stands in the facts."""
        entry = self.entry
        fold = _rows(context, entry)
        first, second = fold[1, "train"], fold[2, "train"]
        oracle = {"pairs": true_pairs(first, second)} if entry.needs_pairing else {}
        with called("learner", entry):
            learner = entry.make(**self.params)
            learner.fit(
                *given(entry, first),
                *given(entry, second),
                seed=context.seed,
                device=context.device,
                **oracle,
            )
        return _latents(context, entry, learner, fold)

    def together(self) -> Together[Prepared] | None:
        """Fits of one learner to folds and replicates differ in nothing but data and seed."""
        from learners.neural.together import can_join

        entry = self.entry
        if entry.needs_pairing or not can_join(entry.make(**self.params)):
            return None
        return Together(self._prepare, lambda one: one.member.shape, self._train)

    def _prepare(self, context: Context) -> Prepared:
        from learners.neural.together import member

        entry = self.entry
        fold, learner = _rows(context, entry), entry.make(**self.params)
        first, second = fold[1, "train"], fold[2, "train"]
        start = learner.start(
            *given(entry, first),
            *given(entry, second),
            seed=context.seed,
            device=context.device,
        )
        return Prepared(member(learner, start), fold)

    def _train(
        self, contexts: Sequence[Context], prepared: Sequence[Prepared]
    ) -> list[Finish | None]:
        from learners.neural.learner import torch_device
        from learners.neural.together import train_together

        members = [one.member for one in prepared]
        finite = train_together(members, torch_device(contexts[0].device))
        return [
            partial(_latents, entry=self.entry, learner=one.member.learner, fold=one.fold)
            if fine
            else None
            for one, fine in zip(prepared, finite, strict=True)
        ]


def _rows(context: Context, entry: Entry[Any]) -> Mapping[Slot, Vectors]:
    """Rows of the fold that the learner reads."""
    return context.fold("x" if entry.reads == FEATURES else entry.reads)


def _latents(
    context: Context,  # noqa: ARG001 - as every way to finish a stage
    entry: Entry[Any],
    learner: Learner,
    fold: Mapping[Slot, Vectors],
) -> Output:
    with called("learner", entry):
        latents, said = map_fold(entry, learner, fold)
        curve = plain_curve(learner.report_.curve)
        facts = plain_facts(f"learner {entry.name!r}", learner.report_.facts)
        trained = [latents[modality, "train"].values for modality in (1, 2)]
        reasons = (
            suspicion(learner.report_, trained, learner.loss_weights),
            said,
        )
        facts["suspect"] = "; ".join(filter(None, reasons))
    return Output(vectors_to_table(latents, "z"), {"curve": curve, "facts": facts})
