"""Gromov–Wasserstein inside each label on its own, on latents and on geodesics."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from time import perf_counter
from typing import ClassVar

import torch
from numpy.typing import ArrayLike

from aligners.gromov import EGWOT
from aligners.inputs import Groups, Real, check_latents, label_groups, on_device
from aligners.neighbours import SCOT
from aligners.plan.plan import Block, Plan, Status


class PerLabelEGWOT(EGWOT):
    """Entropic Gromov–Wasserstein between the cells of each label, one problem per label.

    Each label's block is the plan of `EGWOT` between its cells alone, times the label's share in
    modality 1 (Ryu et al. 2024). Pairs of pairs with different labels do not enter, which sets it
    apart from `LabeledEGWOT`: where labels lie to each other is not used. Costs are divided by a
    scale of the label's own cells. n1 x n2 is never built.

    Args:
        epsilon: as in `EGWOT`, for every label relative to its own costs.
        tol: as in `EGWOT`.
        max_iter: as in `EGWOT`, for every label.
        dtype: as in `EGWOT`.
        scale: as in `EGWOT`, over the pairs of a label.
        tol_outer: as in `EGWOT`, for every label relative to its mass.
        max_outer: as in `EGWOT`, for every label.
        alpha: as in `EGWOT`.
    """

    needs_labels: ClassVar[bool] = True
    version: ClassVar[int] = 1

    def align(  # noqa: D102
        self,
        z1: ArrayLike,
        t1: ArrayLike,
        z2: ArrayLike,
        t2: ArrayLike,
        *,
        device: str = "cpu",
    ) -> Plan:
        began = perf_counter()
        x, y = check_latents(z1, t1, z2, t2, same_width=self.alpha < 1)
        return _label_by_label(super().align, x, y, label_groups(t1, t2), device, began)


class PerLabelSCOT(SCOT):
    """`SCOT` between the cells of each label, one problem per label.

    So Xi et al. (Propensity score alignment, 2024) run SCOT, with an epsilon of 0.01 in POT's
    convention, which is 0.005 here. Graphs join cells of one label alone.

    Args:
        epsilon: as in `aligners.neighbours.SCOT`, for every label.
        k: number of neighbours; a label with fewer other cells joins all of them.
        tol: as in `aligners.neighbours.SCOT`.
        max_iter: as in `aligners.neighbours.SCOT`, for every label.
        dtype: as in `aligners.neighbours.SCOT`.
        tol_outer: as in `aligners.neighbours.SCOT`.
        max_outer: as in `aligners.neighbours.SCOT`, for every label.
    """

    needs_labels: ClassVar[bool] = True
    version: ClassVar[int] = 1

    def align(  # noqa: D102
        self,
        z1: ArrayLike,
        t1: ArrayLike,
        z2: ArrayLike,
        t2: ArrayLike,
        *,
        device: str = "cpu",
    ) -> Plan:
        began = perf_counter()
        x, y = check_latents(z1, t1, z2, t2, same_width=False)
        return _label_by_label(super().align, x, y, label_groups(t1, t2), device, began)


def _label_by_label(
    align: Callable[..., Plan], x: Real, y: Real, groups: Groups, device: str, began: float
) -> Plan:
    """Solve every label's problem by an aligner that knows no labels."""
    plans = [
        align(x[rows], rows, y[cols], cols, device=device)
        for rows, cols in zip(groups.rows, groups.cols, strict=True)
    ]
    return side_by_side(groups, plans, perf_counter() - began)


def side_by_side(groups: Groups, plans: Sequence[Plan], seconds: float) -> Plan:
    """Put plans of one block each, of mass 1, together: one for each label, times its share.

    The status has the largest figures of them all and their mean objective by mass; its notes tell
    of the slowest problem, and how many did not converge.
    """
    dtype = max((plan.dtype for plan in plans), key=lambda one: torch.finfo(one).bits)
    blocks = []
    parts = zip(groups.rows, groups.cols, groups.masses, groups.labels, plans, strict=True)
    for rows, cols, mass, label, plan in parts:
        weights = (plan.blocks[0].weights * float(mass)).to(dtype)
        places = on_device(rows, plan.device), on_device(cols, plan.device)
        blocks.append(Block(*places, weights, label))
    return Plan(groups.shape, tuple(blocks), _summary(groups, [p.status for p in plans], seconds))


def _summary(groups: Groups, statuses: Sequence[Status], seconds: float) -> Status:
    objectives = [float(status.objective or 0.0) for status in statuses]
    epsilons = tuple(float(status.epsilon or 0.0) for status in statuses)
    return replace(
        statuses[0],
        iterations=max(status.iterations for status in statuses),
        marginal_error=max(status.marginal_error for status in statuses),
        converged=all(status.converged for status in statuses),
        epsilon=max(epsilons),
        seconds=seconds,
        notes=tuple(_notes(groups, statuses)),
        epsilons=epsilons if len(set(epsilons)) > 1 else (),
        objective=float(groups.masses @ objectives),
    )


def _notes(groups: Groups, statuses: Sequence[Status]) -> Iterator[str]:
    """Notes of all problems; the last one, which tells of the steps, is the slowest problem's."""
    *common, _ = statuses[0].notes
    yield from (note for note in common if all(note in status.notes for status in statuses))
    slowest = max(range(len(statuses)), key=lambda number: statuses[number].iterations)
    yield f"slowest inside {groups.labels[slowest]}: {statuses[slowest].notes[-1]}"
    failed = [
        label for label, status in zip(groups.labels, statuses, strict=True) if not status.converged
    ]
    if failed:
        yield f"{len(failed)} of {len(groups)} labels did not converge, {failed[0]} among them"
