"""Starts of expectation–maximisation, and the choice among its ends."""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from learners.inputs import Codes
from learners.linear.pairing.latent_pairing import (
    Canonical,
    Expectation,
    Group,
    coupling,
    expect,
    log_odds,
)
from learners.linear.whitening import Whitened, label_means, within_whitening
from weakpair.errors import MethodError

Floats = NDArray[np.float64]

_SHORT, _LONG, _KEPT = 8, 30, 3  # iterations of every start, of the best, and how many those are
_BLUR = (0.005, 0.05)  # of the first plans, relative to the largest cost inside labels


@dataclass(frozen=True, eq=False)
class View:
    """A modality as the search sees it: whitened residuals (n, k), label means (L, k), codes."""

    residuals: Floats
    means: Floats
    codes: Codes

    @classmethod
    def of(cls, cells: Whitened, codes: Codes) -> Self:
        """The view of training cells."""
        return cls(cells.residuals(codes), cells.means, codes)

    def scores(self, width: float) -> Floats:
        """Linear discriminant scores, bounded at `width` standard deviations, shape (n, L)."""
        cells = self.residuals + self.means[self.codes]
        raw = cells @ self.means.T - np.square(self.means).sum(1) / 2
        limit = width * raw.std(axis=0)
        return np.asarray(limit * np.tanh(raw / np.where(limit > 0, limit, 1.0)))

    def thinned(self, most: int, rng: np.random.Generator) -> "View":
        """At most that many cells of each label, drawn at random."""
        drawn = [rng.permutation(rows)[:most] for rows in self._rows()]
        rows = np.sort(np.concatenate(drawn))
        return View(self.residuals[rows], self.means, self.codes[rows])

    def recombined(self, rng: np.random.Generator) -> "View":
        """Every residual replaced by (a + b)/√2 of two of its label's residuals.

        Means and covariances stay, the cells' identities go.
        """
        mixed = np.empty_like(self.residuals)
        for rows in self._rows():
            first = rng.permutation(rows)
            mixed[rows] = (self.residuals[first] + self.residuals[np.roll(first, 1)]) / np.sqrt(2)
        # Whitened again: a direction of variance above 1 would pass for correlation.
        mixed -= label_means(mixed, self.codes)[self.codes]
        return View(mixed @ within_whitening(mixed, self.codes, "x2"), self.means, self.codes)

    def displaced(self, rng: np.random.Generator) -> "View":
        """The residuals of each label given to another label, in a random cycle of all labels.

        No cell is where its partner is, while every group of residuals keeps its shape.
        """
        cycle = rng.permutation(len(self.means))
        to = np.empty_like(cycle)
        to[cycle] = np.roll(cycle, -1)
        return View(self.residuals, self.means, to[self.codes])

    def blocks(self, values: Floats) -> list[Tensor]:
        """Values (n, d) of every label, float32."""
        return [torch.from_numpy(values[rows]).float() for rows in self._rows()]

    def _rows(self) -> list[NDArray[np.int64]]:
        return [np.flatnonzero(self.codes == label) for label in range(len(self.means))]


class Found(NamedTuple):
    """The best model (one, S = 1) and its evidence in nats per cell."""

    model: Canonical
    evidence: float


def search(
    one: View,
    two: View,
    *,
    width: float,
    starts: int,
    rng: np.random.Generator,
    also: Canonical | None = None,
) -> Found:
    """Run expectation–maximisation from several starts; the evidence decides.

    Args:
        one: modality 1.
        two: modality 2, with the same labels.
        width: where the discriminant scores of the first plans saturate.
        starts: a plan from discriminant scores, a softer one, the rest with random label weights.
        rng: draws these weights.
        also: a model to start from as well.

    Raises:
        MethodError: the evidence is no number.
    """
    groups = residual_groups(one, two)
    plans = _first_crosses(one, two, groups, width)
    crosses = _starts(plans, [group.share for group in groups], starts, rng)
    model = Canonical.of(crosses if also is None else torch.cat([crosses, also.cross]))
    step = _finite(expect(groups, model))
    for _ in range(_SHORT - 1):
        step = _finite(expect(groups, Canonical.of(step.cross), step))
    step = step.pick(step.evidence.topk(min(_KEPT, len(step.evidence))).indices)
    for _ in range(_LONG - _SHORT):
        model = Canonical.of(step.cross)
        step = _finite(expect(groups, model, step))
    winner = step.evidence.argmax()
    return Found(model.pick(winner[None]), float(step.evidence[winner]))


def residual_groups(one: View, two: View) -> list[Group]:
    """The residuals by label; a label's share is that of its cells in modality 1."""
    sizes = np.bincount(one.codes, minlength=len(one.means))
    parts = zip(
        one.blocks(one.residuals), two.blocks(two.residuals), sizes / sizes.sum(), strict=True
    )
    return [Group(r1, r2, float(share)) for r1, r2, share in parts]


def _finite(step: Expectation) -> Expectation:
    """Return the step, or raise: decomposing numbers that are not finite would not end."""
    if not bool(step.evidence.isfinite().all()):
        raise MethodError("the search for a pairing met a number that is not finite")
    return step


def _first_crosses(one: View, two: View, groups: list[Group], width: float) -> Tensor:
    """Cross-covariances of each label, (L, 2, k1, k2), under a sharp and a soft plan of scores."""
    z1, z2 = one.blocks(one.scores(width)), two.blocks(two.scores(width))
    logits = [log_odds(a[None], b[None]) for a, b in zip(z1, z2, strict=True)]
    largest = -min(float(block.min()) for block in logits)
    blur = torch.tensor(_BLUR)[:, None, None] * max(largest, torch.finfo(torch.float32).tiny)
    plans = (coupling(block / blur).plans for block in logits)
    return torch.stack(
        [(g.r1.T @ (plan @ g.r2)).double() for g, plan in zip(groups, plans, strict=True)]
    )


def _starts(crosses: Tensor, shares: list[float], count: int, rng: np.random.Generator) -> Tensor:
    """Cross-covariances to start from, (count, k1, k2): both plans, then random label weights."""
    weights = torch.tensor(shares, dtype=torch.float64) * torch.from_numpy(
        rng.exponential(size=(count - 2, len(shares)))
    )
    weights = weights / weights.sum(1, keepdim=True)
    both = torch.einsum("l,lskd->skd", torch.tensor(shares, dtype=torch.float64), crosses)
    mixed = torch.einsum("wl,lkd->wkd", weights, crosses[:, 0])
    return torch.cat([both, mixed])
