"""Held-out perturbations: what a method makes of cells whose labels it never met."""

import numpy as np
from numpy.typing import NDArray

from aligners.hidden import Grouped, Skill, skill
from benchmark.metrics.cases import UndefinedScoreError
from benchmark.metrics.surrogates.cases import SurrogateCase
from benchmark.metrics.surrogates.geometry import distances_of, reachable

Floats = NDArray[np.float64]

_NONE = "not defined: perturbations are held out where there are at least four"


def held_out(case: SurrogateCase) -> float:
    """Skill in telling perturbations apart that the method was never fitted to.

    A quarter of the labels, two at least, is left out of the training cells; their test cells are
    aligned as one group. The score is that of `hidden_label` on this plan: 0 at chance, 1 where
    all mass is on the right perturbation.

    It assumes that a map that is right for the known perturbations is right for new ones. It is
    fooled as `hidden_label`, and is noisy: a method sees few labels less, and few cells count.

    Raises:
        UndefinedScoreError: nothing was held out.
    """
    found = Skill(0.0, 0.0)
    for one in case.withheld:
        sides = (Grouped(side.labels, np.zeros_like(side.labels)) for side in (one.one, one.two))
        found += skill(one.plan, *sides)
    if found.possible == 0:
        raise UndefinedScoreError(_NONE)
    return found.share


def held_out_energy(case: SurrogateCase) -> float:
    """Skill of translated cells of held-out perturbations in looking like the real ones.

    Each cell is translated to the mean of its partners. D is the energy distance between the
    translated cells of a perturbation and its real cells in the other modality, D0 that between the
    real cells of all held-out perturbations and these. The score is 1 − ΣD / ΣD0 over
    perturbations and directions: 1 for the very cells, 0 for cells that know nothing of the
    perturbation, negative where means of partners are further off than that.

    It assumes what `held_out` does. It is fooled as all scores of distributions: cells may be
    exchanged inside a perturbation; and a blurred plan is punished for its blur.

    Raises:
        UndefinedScoreError: nothing was held out, or its perturbations do not differ.
    """
    reached = floor = 0.0
    for one in case.withheld:
        for plan, own, other in ((one.plan, one.one, one.two), (one.plan.T, one.two, one.one)):
            real = reachable(other.x)
            translated = np.asarray(plan.barycentric(real), dtype=np.float64)
            for label in np.intersect1d(own.labels, other.labels):
                target = real[other.labels == label]
                reached += _energy(translated[own.labels == label], target)
                floor += _energy(real, target)
    if floor <= 0:
        raise UndefinedScoreError(_NONE if not case.withheld else "not defined: they do not differ")
    return 1 - reached / floor


def _energy(one: Floats, other: Floats) -> float:
    """Squared energy distance, 2 E|x − y| − E|x − x'| − E|y − y'|, with all pairs (n, m)."""
    both = distances_of(np.concatenate([one, other]))
    n = len(one)
    return float(2 * both[:n, n:].mean() - both[:n, :n].mean() - both[n:, n:].mean())
