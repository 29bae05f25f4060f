"""FactorCL: information about a task that the modalities share, and that each has alone."""

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar, Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, linear, one_hot

from learners.base import Modality
from learners.inputs import Training, check_choice
from learners.neural.learner import Context
from learners.neural.losses import cosine_log_kernel, group_clip
from learners.neural.networks import build
from learners.neural.training import Batch
from learners.pairs.contrastive import Candidates
from learners.pairs.encoders import PairEncoders
from learners.pairs.paired import PairedLearner, PairedObjective
from weakpair.errors import ParameterError
from weakpair.params import with_parameters

Task = Literal["augmentation", "label"]


class FactorEncoders(PairEncoders):
    """Encoders with two heads: s, shared by the modalities, and u, unique to each."""

    def latents(self, h: Tensor, modality: Modality) -> Tensor:
        """s, (n, dim), or s and u side by side, (n, 2 dim)."""
        shared = self.head("s", h, modality)
        if self.output == "shared":
            return shared
        return torch.cat([shared, self.head("u", h, modality)], dim=1)


class Critics(nn.Module):
    """Cosines of linear maps over temperature, one critic per term.

    Args:
        dim: width of the heads and of the maps.
        task: width of what stands for the task.
        joined: conditional critics see vector and copy, side by side.
        tau: temperature.
    """

    def __init__(self, dim: int, *, task: int, joined: bool, tau: float) -> None:
        super().__init__()
        given = 2 * dim if joined else dim
        widths = {
            "shared_given": (given, given),
            "task_1": (dim, task),
            "task_2": (dim, task),
            "unique": (dim, dim),
            "unique_given": (given, given),
        }
        self.maps = nn.ModuleDict(
            {
                name: nn.ModuleList(nn.Linear(width, dim) for width in pair)
                for name, pair in widths.items()
            }
        )
        self.tau = tau

    def forward(self, name: str, a: Tensor, b: Tensor, still: bool = False) -> Tensor:
        """A critic's value of all pairs, (n, ·) and (m, ·) → (n, m).

        Args:
            name: of the critic.
            a: rows.
            b: columns.
            still: let no gradient into the critic.
        """
        maps: nn.Module = self.maps[name]
        mapped = []
        for x, layer in zip((a, b), maps.children(), strict=True):
            weight, bias = layer.parameters()
            mapped.append(
                linear(x, weight.detach(), bias.detach()) if still else linear(x, weight, bias)
            )
        return cosine_log_kernel(mapped[0], mapped[1], self.tau)


def nce(logits: Tensor, allowed: Tensor | None = None) -> Tensor:
    """InfoNCE of a square matrix whose diagonal holds the pairs, both directions averaged.

    Args:
        logits: critic's values, shape (B, B).
        allowed: candidates, True where a row may be contrasted with a column; symmetric, True on
            the diagonal.
    """
    if allowed is not None:
        logits = logits.masked_fill(~allowed, float("-inf"))
    target = torch.arange(len(logits), device=logits.device)
    return 0.5 * (cross_entropy(logits, target) + cross_entropy(logits.T, target))


def club(logits: Tensor, allowed: Tensor | None = None) -> Tensor:
    """NCE-CLUB: the critic's mean over pairs minus its mean over (allowed) candidates."""
    if allowed is None:
        return logits.diagonal().mean() - logits.mean()
    weights = allowed.to(logits.dtype) / allowed.sum(1, keepdim=True)
    return logits.diagonal().mean() - (weights * logits).sum() / len(logits)


class Views(NamedTuple):
    """Heads' outputs of one modality, (B, dim), and of its masked copy where there is one."""

    s: Tensor
    u: Tensor
    s_copy: Tensor | None = None
    u_copy: Tensor | None = None


class FactorCLObjective(PairedObjective):
    """The bounds of shared and unique information."""

    def __init__(
        self, learner: "FactorCL", network: PairEncoders, data: Training, context: Context
    ) -> None:
        super().__init__(learner, network, data, context)
        self.learner, self.n_labels = learner, data.n_labels

    def losses(self, batch: Batch, h1: Tensor, h2: Tensor) -> Mapping[str, Tensor]:
        """Bounds the heads descend on, and the critics' own InfoNCE."""
        one, two = self._views(batch.x1, h1, 1), self._views(batch.x2, h2, 2)
        supervised = self.learner.task == "label"
        allowed = batch.t1[:, None] == batch.t2 if supervised else None
        s1, s2 = _given(one.s, one.s_copy), _given(two.s, two.s_copy)
        u1, u2 = _given(one.u, one.u_copy), _given(two.u, two.u_copy)
        return {
            "shared": nce(cosine_log_kernel(one.s, two.s, self.tau)),
            "shared_given": club(self._critic("shared_given", s1, s2, still=True), allowed),
            "task": self._about_task(one, batch.t1, 1) + self._about_task(two, batch.t2, 2),
            "unique": club(self._critic("unique", one.u, two.u, still=True)),
            "unique_given": nce(self._critic("unique_given", u1, u2), allowed),
            "critics": nce(self._critic("unique", one.u.detach(), two.u.detach()))
            + nce(self._critic("shared_given", s1.detach(), s2.detach()), allowed),
        }

    def criterion(self, batch: Batch) -> Tensor:
        """GroupCLIP of the shared heads."""
        h1, h2 = self.network.encode(batch.x1, 1), self.network.encode(batch.x2, 2)
        s1, s2 = self.network.head("s", h1, 1), self.network.head("s", h2, 2)
        return group_clip(s1, batch.t1, s2, batch.t2, tau=self.tau)

    def _critic(self, name: str, a: Tensor, b: Tensor, still: bool = False) -> Tensor:
        values: Tensor = self.network.get_submodule("critics")(name, a, b, still)
        return values

    def _about_task(self, view: Views, labels: Tensor, modality: Modality) -> Tensor:
        """Minus the bound of I(Xm; Y): of the copy, or of the label."""
        name = f"task_{modality}"
        if view.u_copy is not None:
            return nce(self._critic(name, view.u, view.u_copy))
        coded = one_hot(labels, self.n_labels).to(view.u.dtype)
        target = torch.arange(len(coded), device=coded.device)
        return cross_entropy(self._critic(name, view.u, coded), target)

    def _views(self, x: Tensor, h: Tensor, modality: Modality) -> Views:
        s, u = (self.network.head(name, h, modality) for name in ("s", "u"))
        if self.learner.task == "label":
            return Views(s, u)
        shown = (
            torch.rand(x.shape, generator=self.generator, device=x.device) >= self.learner.masked
        )
        copy = self.network.sample(x * shown, modality, self.generator)
        return Views(s, u, *(self.network.head(name, copy, modality) for name in ("s", "u")))


@with_parameters
class FactorCL(PairedLearner):
    """Factorized contrastive learning (Liang et al., 2023) on random pairs inside labels.

    With a task Y, head s keeps what both modalities share about it, raising a lower bound of
    I(X1; X2) and lowering an upper bound of I(X1; X2 | Y); head u of modality m what it has alone,
    raising bounds of I(Xm; Y) and I(X1; X2 | Y) and lowering one of I(X1; X2). Lower bounds are
    InfoNCE, upper bounds NCE-CLUB with a critic of its own, which is fitted by InfoNCE and held
    still where the heads descend on the bound. Latents are s and u side by side, since what a
    modality knows alone is a part of what can be read off it; "shared" takes s alone, the part in
    which modalities can be compared: u of modality 1 and 2 mean different things, and an aligner
    takes their distances for costs. "encoder" takes h, which Ji et al. probe.

    Y is the label, "label" (FactorCL-Sup), whose conditional bounds contrast cells of one label,
    or "augmentation" (FactorCL-SSL): Y stands for what a randomly masked copy of the features
    keeps, and conditional critics see cell and copy together. Ji et al. (2026), who compare with
    both, say neither how vectors are augmented nor what the critics are. Masking is ours, and so
    are critics that are cosines: of s itself for I(X1; X2), so that s of both modalities lies in
    one space, and of linear maps for all else.

    Args:
        task: "augmentation" or "label".
        masked: share of features set to 0 in a copy.
        output: the latents, "head" for s and u, "shared" for s or "encoder" for h.

    All others: see `learners.pairs.paired.PairedLearner`.
    """

    version: ClassVar[int] = 3
    outputs = ("head", "shared", "encoder")
    network = FactorEncoders
    objective = FactorCLObjective

    task: Task = "augmentation"
    masked: float = 0.2
    candidates: Candidates = field(default="all", init=False)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_choice("task", self.task, ("augmentation", "label"))
        if not 0 <= self.masked < 1:
            raise ParameterError(f"masked is {self.masked}; it must be at least 0 and below 1")

    def _heads(self, data: Training) -> dict[str, int]:  # noqa: ARG002
        return {"s": self._dim, "u": self._dim}

    def _built(self, data: Training, context: Context) -> PairEncoders:
        network = super()._built(data, context)
        copies = self.task == "augmentation"
        critics = build(
            lambda: Critics(
                self._dim,
                task=self._dim if copies else data.n_labels,
                joined=copies,
                tau=self.tau,
            ),
            context.weights,
            context.device,
        )
        network.add_module("critics", critics)
        return network


def _given(z: Tensor, copy: Tensor | None) -> Tensor:
    return z if copy is None else torch.cat([z, copy], dim=1)
