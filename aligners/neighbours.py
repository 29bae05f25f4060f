"""Aligners built on nearest-neighbour graphs."""

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import ClassVar

import torch
from numpy.typing import ArrayLike

from aligners.assembly import precision
from aligners.base import Aligner
from aligners.gromov import solve_quadratic
from aligners.inputs import (
    Groups,
    as_float64,
    check_choice,
    check_latents,
    check_positive,
    in_reach,
    label_groups,
    on_device,
    one_group,
)
from aligners.plan.plan import Block, Plan, Status
from aligners.solvers import costs
from aligners.solvers.finite import naming
from aligners.solvers.geometry import Matrices
from aligners.solvers.graphs import SQUARES, Float, geodesics, jaccard, jaccard_of_both
from aligners.solvers.linearise import Stopping

_GRAPH_NOTE = "graph of modality {} in {} pieces; between them the largest distance found"


class SNN(Aligner):
    """Shared nearest neighbours inside each label, row-normalised.

    A pair's weight is the Jaccard index of the two cells' neighbourhoods; rows are divided by
    their sum (Xi et al., Propensity score alignment, 2024). A row that shares no neighbour with
    any column couples with all alike. Rows have mass 1 / n1; nothing is asked of the columns.

    What a neighbourhood is, `form` says. "cloud": the cells of a label, of both modalities, are
    one cloud, and a cell has its `k` nearest in it, itself first; modalities that lie apart share
    none. "propensity": a cell has its `k` nearest in each modality, itself first in its own, by
    the angle between latents. So did Xi et al., with k = 1: in their code, not in their abstract.

    Args:
        k: number of neighbours, at most the number of cells of the label.
        form: "cloud" or "propensity".
    """

    def __init__(self, k: int = 30, form: str = "cloud") -> None:
        self.k = k
        self.form = form

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
        check_positive(k=self.k)
        check_choice("form", self.form, tuple(_FORMS))
        x, y = map(as_float64, check_latents(z1, t1, z2, t2, same_width=True))
        # Only the order of distances counts: the more small ones are left as they are the better.
        x, y = map(as_float64, in_reach(x, y, reach=SQUARES))
        groups = label_groups(t1, t2)
        blocks = []
        for r, c, label in zip(groups.rows, groups.cols, groups.labels, strict=True):
            scores = _FORMS[self.form](x[r], y[c], self.k)
            shares = scores / scores.sum(1, keepdims=True)
            weights = torch.as_tensor(shares / len(x)).to(device)
            blocks.append(Block(on_device(r, device), on_device(c, device), weights, label))
        notes = ("row marginals only", *self._blind(groups))
        status = Status(0, 0.0, True, None, "float64", perf_counter() - began, notes)
        return Plan(groups.shape, tuple(blocks), status)

    def _blind(self, groups: Groups) -> tuple[str, ...]:
        """Note on labels whose cells are all neighbours of each other: nothing tells them apart."""
        if self.form != "cloud":
            return ()
        sizes = (len(r) + len(c) for r, c in zip(groups.rows, groups.cols, strict=True))
        count = sum(size <= self.k for size in sizes)
        total = len(groups.labels)
        told = (
            f"{count} of {total} labels have no more than k = {self.k} cells: equal weights there"
        )
        return (told,) if count else ()


_FORMS: Mapping[str, Callable[[Float, Float, int], Float]] = {
    "cloud": jaccard,
    "propensity": jaccard_of_both,
}


class SCOT(Aligner):
    """Gromov–Wasserstein on geodesics of nearest-neighbour graphs, labels ignored.

    Within each modality, cells are joined with their `k` nearest neighbours by correlation; C is
    the number of steps between them, divided by its maximum, with cells out of reach at that
    maximum (Demetci et al., SCOT, 2022). Then as `egwot`, starting from the product coupling, but
    with dense costs: an outer step costs O(n1^2 n2 + n1 n2^2). Latents may differ in width.

    Args:
        epsilon: as in `aligners.gromov.EGWOT`, half of POT's.
        k: number of neighbours, fewer than the cells of the smaller modality.
        tol: as in `aligners.gromov.EGWOT`.
        max_iter: as in `aligners.gromov.EGWOT`.
        dtype: as in `aligners.gromov.EGWOT`.
        tol_outer: as in `aligners.gromov.EGWOT`.
        max_outer: as in `aligners.gromov.EGWOT`.
    """

    needs_labels: ClassVar[bool] = False
    version: ClassVar[int] = 5

    def __init__(
        self,
        epsilon: float = 5e-3,
        k: int = 10,
        tol: float = 1e-4,
        max_iter: int = 5000,
        dtype: str = "float64",
        tol_outer: float = 1e-3,
        max_outer: int = 1000,
    ) -> None:
        self.epsilon = epsilon
        self.k = k
        self.tol = tol
        self.max_iter = max_iter
        self.dtype = dtype
        self.tol_outer = tol_outer
        self.max_outer = max_outer

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
        check_positive(k=self.k)
        x, y = map(as_float64, check_latents(z1, t1, z2, t2, same_width=False))
        dtype, notes = precision(self.dtype, self.epsilon, self.tol)
        (one, pieces1), (two, pieces2) = geodesics(x, self.k), geodesics(y, self.k)
        for modality, pieces in ((1, pieces1), (2, pieces2)):
            notes += (_GRAPH_NOTE.format(modality, pieces),) if pieces > 1 else ()
        geometry = Matrices(*(torch.as_tensor(c).to(device, dtype) for c in (one, two)))
        batches = list(costs.batches(one_group(len(x), len(y)), device, None))
        stop = Stopping(
            epsilon=self.epsilon,
            tol=self.tol,
            max_iter=self.max_iter,
            tol_outer=self.tol_outer,
            max_outer=self.max_outer,
        )
        with naming(self):
            return solve_quadratic(geometry, batches, None, stop, notes, began)
