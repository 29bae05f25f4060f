"""Couplings of cells and of features: the one place where learners use what aligners have."""

from collections.abc import Iterable
from functools import partial
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from aligners.coot import LabeledCOOT
from aligners.hidden import LEAST, Grouped, Skill, merged, skill_by_group
from aligners.inputs import Groups, label_groups
from aligners.linear import LabeledEOT
from aligners.solvers.distances import transport
from aligners.solvers.graphs import jaccard
from learners.inputs import Codes, check_choice, check_count, check_weight
from learners.pairs.matching.matcher import Coupled, Coupling, Points
from learners.pairs.matching.scores import Block

__all__ = [
    "LEAST",
    "Grouped",
    "How",
    "Skill",
    "by_neighbours",
    "by_transport",
    "check_matching",
    "coupling",
    "merged",
    "of_features",
    "told_apart",
]

How = Literal["ot", "snn"]

# Scores weigh a loss and choose pairs: a finer plan changes neither, and takes longer.
_TOL = 1e-3
# Several times what the solver takes at the smallest epsilon that was ever searched.
_MOST = 2000


def coupling(matching: How, *, epsilon: float, neighbours: int) -> Coupling:
    """The coupling of that name (Ji et al., 2026, Algorithm 1, step 4).

    Args:
        matching: "ot", entropic transport of Euclidean distances, or "snn", shared neighbours.
        epsilon: regularisation of "ot", as a share of the largest cost of all labels.
        neighbours: neighbourhood size of "snn".
    """
    if matching == "ot":
        return partial(by_transport, epsilon=epsilon)
    return partial(by_neighbours, neighbours=neighbours)


def by_transport(
    x: Points, t1: Codes, y: Points, t2: Codes, device: torch.device, *, epsilon: float
) -> Coupled:
    """Entropic plans of mass 1 inside each label; see `aligners.solvers.distances.transport`."""
    groups = label_groups(t1, t2)
    plans, error = transport(x, y, groups, epsilon=epsilon, tol=_TOL, max_iter=_MOST, device=device)
    return Coupled(_blocks(groups, plans), error)


def by_neighbours(
    x: Points,
    t1: Codes,
    y: Points,
    t2: Codes,
    device: torch.device,  # noqa: ARG001
    *,
    neighbours: int,
) -> Coupled:
    """Jaccard indices inside each label, on the CPU; see `aligners.solvers.graphs.jaccard`."""
    groups = label_groups(t1, t2)
    pairs = zip(groups.rows, groups.cols, strict=True)
    return Coupled(_blocks(groups, (jaccard(x[r], y[c], neighbours) for r, c in pairs)), 0.0)


def of_features(
    x: Points, t1: Codes, y: Points, t2: Codes, *, epsilon: float
) -> tuple[NDArray[np.float64], bool]:
    """The features' plan of labelled co-optimal transport, and whether it converged.

    Returns:
        Weights of shape (k1, k2) that sum to 1; see `aligners.coot.LabeledCOOT`.
    """
    plan, features = LabeledCOOT(epsilon=epsilon).couple(x, t1, y, t2)
    return features, plan.converged


def told_apart(
    z1: Points, one: Grouped, z2: Points, two: Grouped, *, device: str = "cpu"
) -> dict[str, Skill]:
    """Skill of `LabeledEOT`, group by group, in telling labels apart that it saw as one.

    Args:
        z1: latents of modality 1, (n1, d).
        one: labels and groups of its cells.
        z2: latents of modality 2, (n2, d).
        two: labels and groups of its cells.
        device: a torch device.
    """
    plan = LabeledEOT().align(z1, one.groups, z2, two.groups, device=device)
    return skill_by_group(plan, one, two)


def _blocks(groups: Groups, scores: Iterable[NDArray[Any]]) -> list[Block]:
    parts = zip(groups.rows, groups.cols, scores, strict=True)
    return [Block(r, c, np.asarray(block, dtype=np.float32)) for r, c, block in parts]


def check_matching(*, matching: str, epsilon: float, neighbours: int, epochs: int) -> None:
    """Raise ParameterError where a setting of the matching is out of range."""
    check_choice("matching", matching, ("ot", "snn"))
    check_weight("epsilon", epsilon, positive=True)
    check_count("neighbours", neighbours)
    check_count("matching_epochs", epochs)
