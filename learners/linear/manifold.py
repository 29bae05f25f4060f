"""Manifold alignment by labels: one space in which labels meet and neighbourhoods stay."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.neighbors import kneighbors_graph

from learners.base import Latent
from learners.calibrated import calibrated
from learners.inputs import Codes, Features, Training, check_count, check_weight
from learners.linear.affine import Affine, AffineLearner, Map
from learners.linear.pca import Reduction, principal_map
from weakpair.errors import ParameterError
from weakpair.registry import Role

Floats = NDArray[np.float64]

_TINY = 1e-6  # of the mean diagonal: directions that no pair of labels tells apart
_LEAST = 1e-8  # of the largest eigenvalue of a kernel

_LINEAR, _KERNEL = calibrated("dama"), calibrated("kema")


class DAMA(AffineLearner):
    """Semi-supervised manifold alignment, linear.

    With the cells of both modalities in the rows of a block matrix Z, the maps F minimise
    tr F'Z'(L_same + μ L_near)ZF subject to F'Z'L_other ZF = I: cells of one label come together in
    both modalities, cells of different labels go apart, neighbours inside a modality stay (Wang &
    Mahadevan, Heterogeneous domain adaptation using manifold alignment, IJCAI 2011, Eq. 3). Each
    L is the Laplacian of a graph of all cells, divided by the number of its edges.

    Settings that no paper gives were found by a search (`learners.calibrated`).

    Args:
        n_components: number of principal components per modality at most.
        standardise: scale features to unit variance first.
        topology: μ, the weight of neighbourhoods.
        neighbours: of each cell, inside its modality.
        ridge: penalty on the size of the maps, relative to the mean diagonal of what is minimised.
    """

    role: ClassVar[Role] = "method"

    def __init__(
        self,
        n_components: int = 10,
        standardise: bool = _LINEAR["standardise"],
        topology: float = _LINEAR["topology"],
        neighbours: int = _LINEAR["neighbours"],
        ridge: float = _LINEAR["ridge"],
    ) -> None:
        self.n_components = n_components
        self.standardise = standardise
        self.topology = topology
        self.neighbours = neighbours
        self.ridge = ridge

    def _check_parameters(self) -> None:
        check_count("n_components", self.n_components)
        check_count("neighbours", self.neighbours)
        check_weight("topology", self.topology)
        check_weight("ridge", self.ridge)

    def _learn(self, data: Training, seed: int) -> tuple[Map, Map]:
        one, two, first, second = self._reduced(data, seed)
        maps = self._aligned((first, second), data)
        return one.along(maps[0]), two.along(maps[1])

    def _aligned(self, cells: tuple[Floats, Floats], data: Training) -> tuple[Floats, Floats]:
        return aligned(cells, data, self.topology, self.neighbours, self.ridge)

    def _reduced(self, data: Training, seed: int) -> tuple[Affine, Affine, Floats, Floats]:
        """Maps to principal components of mean size 1, and the training cells in them."""
        if data.n_labels < 2:
            raise ParameterError(f"{type(self).__name__} needs cells of at least two labels")
        reduction = Reduction(self.n_components, standardise=self.standardise, seed=seed)
        maps = []
        for x, name in ((data.x1, "x1"), (data.x2, "x2")):
            components = principal_map(x, reduction, name)
            size = float(np.sqrt(np.square(components.exactly(x)).mean()))
            maps.append(components.along(np.eye(components.weights.shape[1]) / size))
        one, two = maps
        return one, two, one.exactly(data.x1), two.exactly(data.x2)


class KEMA(DAMA):
    """Kernel manifold alignment: `DAMA` in the feature space of a Gaussian kernel.

    (Tuia & Camps-Valls, Kernel manifold alignment for domain adaptation, PLOS ONE 2016.) The
    kernel's width is the median distance between landmarks, drawn among the training cells; its
    feature space is Nyström's (Williams & Seeger 2001), as wide as their kernel matrix has rank.

    Settings that no paper gives were found by a search (`learners.calibrated`).

    Args:
        n_components: as in `DAMA`.
        standardise: as in `DAMA`.
        topology: as in `DAMA`.
        neighbours: as in `DAMA`.
        ridge: as in `DAMA`; without it directions that hardly any landmark shares fit each label.
        landmarks: per modality, at most.
    """

    def __init__(
        self,
        n_components: int = 10,
        standardise: bool = _KERNEL["standardise"],
        topology: float = _KERNEL["topology"],
        neighbours: int = _KERNEL["neighbours"],
        ridge: float = _KERNEL["ridge"],
        landmarks: int = 100,
    ) -> None:
        super().__init__(n_components, standardise, topology, neighbours, ridge)
        self.landmarks = landmarks

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_count("landmarks", self.landmarks)

    def _learn(self, data: Training, seed: int) -> tuple[Map, Map]:
        data = data.canonical()
        one, two, first, second = self._reduced(data, seed)
        rng = np.random.default_rng(seed)
        bent = [Kernel.of(x, self.landmarks, rng) for x in (first, second)]
        features = (bent[0].apply(first), bent[1].apply(second))
        maps = self._aligned(features, data)
        return Bent(one, bent[0], maps[0]), Bent(two, bent[1], maps[1])


@dataclass(frozen=True, eq=False)
class Kernel:
    """A Gaussian kernel's feature space, from landmarks (m, k)."""

    landmarks: Floats
    gamma: float
    whiten: Floats

    @classmethod
    def of(cls, x: Floats, most: int, rng: np.random.Generator) -> "Kernel":
        """The space of landmarks drawn from rows."""
        drawn = x[np.sort(rng.permutation(len(x))[:most])]
        squares = np.square(drawn[:, None] - drawn).sum(axis=2)
        apart = squares[squares > 0]
        gamma = 1 / float(np.median(apart)) if len(apart) else 1.0
        values, vectors = np.linalg.eigh(rbf_kernel(drawn, gamma=gamma))
        kept = values > _LEAST * values[-1]
        return cls(drawn, gamma, vectors[:, kept] / np.sqrt(values[kept]))

    def apply(self, x: Floats) -> Floats:
        """Features of rows, shape (n, rank)."""
        return np.asarray(rbf_kernel(x, self.landmarks, gamma=self.gamma) @ self.whiten)


@dataclass(frozen=True, eq=False)
class Bent:
    """Principal components, a kernel's features of them, and a linear map of those."""

    components: Affine
    kernel: Kernel
    weights: Floats

    @property
    def centre(self) -> Floats:
        """The row of features that the components are centred at, shape (k,)."""
        return self.components.centre

    def apply(self, x: Features) -> Latent:
        """Map rows, shape (n, k), to float32 latents, shape (n, d)."""
        features = self.kernel.apply(self.components.exactly(x))
        return np.ascontiguousarray(features @ self.weights, dtype=np.float32)


def aligned(
    cells: tuple[Floats, Floats],
    data: Training,
    topology: float,
    neighbours: int,
    ridge: float,
) -> tuple[Floats, Floats]:
    """Weights (k1, d), (k2, d) of the aligned space; d is the number of labels less one at most."""
    widths = [x.shape[1] for x in cells]
    z = np.zeros((sum(map(len, cells)), sum(widths)))
    z[: len(cells[0]), : widths[0]], z[len(cells[0]) :, widths[0] :] = cells
    codes = np.concatenate([data.codes1, data.codes2])
    same, other = _by_labels(z, codes)
    near = np.zeros_like(same)
    start = 0
    for x in cells:
        stop = start + len(x)
        near += _neighbourhoods(z[start:stop], x, neighbours) / 2
        start = stop
    # Divided by the number of edges, the graphs weigh alike whatever their size.
    wanted = same + topology * near
    wanted += ridge * np.trace(wanted) / len(wanted) * np.eye(len(wanted))
    allowed = other + _TINY * np.trace(other) / len(other) * np.eye(len(other))
    count = min(data.n_labels - 1, min(widths))
    _, vectors = eigh(_even(wanted), _even(allowed), subset_by_index=(0, count - 1))
    signs = np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(count)])
    # All coordinates come out of one size; one that tells no labels apart, in which cells of a
    # label are as far from each other as any, must not count as much as those that do.
    apart = np.einsum("ik,ij,jk->k", vectors, other, vectors)
    near_ones = np.einsum("ik,ij,jk->k", vectors, same, vectors)
    weights = np.sqrt(np.clip(1 - near_ones / np.where(apart > 0, apart, 1), 0, None))
    vectors = vectors * signs * weights
    return vectors[: widths[0]], vectors[widths[0] :]


def _by_labels(z: Floats, codes: Codes) -> tuple[Floats, Floats]:
    """Z'LZ of the graphs that join cells of one label, and of different ones, per edge."""
    sums = np.zeros((codes.max() + 1, z.shape[1]))
    np.add.at(sums, codes, z)
    counts = np.bincount(codes)
    n = len(z)
    same = (z * counts[codes][:, None]).T @ z - sums.T @ sums
    every = n * z.T @ z - np.outer(z.sum(axis=0), z.sum(axis=0))
    edges = float(np.square(counts).sum())
    return same / edges, (every - same) / (n**2 - edges)


def _neighbourhoods(z: Floats, x: Floats, k: int) -> Floats:
    """Z'LZ of the graph that joins cells with their nearest in x, per edge."""
    if len(x) < 2:
        return np.zeros((z.shape[1],) * 2)
    graph = kneighbors_graph(x, min(k, len(x) - 1))
    graph = graph.maximum(graph.T)
    degrees = np.asarray(graph.sum(axis=1)).ravel()
    found = (z * degrees[:, None]).T @ z - z.T @ (graph @ z)
    return np.asarray(found / degrees.sum())


def _even(matrix: Floats) -> Floats:
    return np.asarray((matrix + matrix.T) / 2)
