"""Cases: the inputs of metrics, and values that several metrics share."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchmark.metrics.neighbours import nearest_by_cosine, shared_neighbours
from weakpair.errors import BenchError, DataError, MethodError, ParameterError
from weakpair.magnitudes import as_float64, in_reach

if TYPE_CHECKING:
    from aligners.plan.plan import Plan

Pairs = tuple[ArrayLike, ArrayLike]
NO_PAIRS = "not defined: the data set has no true pairs"
SEED = 0  # of partners that metrics draw
OVERFLOW = "not defined: the features are too large for the metric's sums"


class UndefinedScoreError(BenchError):
    """The metric has no value on this input; the message says why."""


@dataclass(frozen=True)
class Projection:
    """Cells of one modality, projected to the other one's features by a plan.

    `profiles` (n, k) are weighted means of the other's cells, their `centre` (k,) subtracted;
    `mass` (n,) is what the plan gives each cell.
    """

    profiles: NDArray[np.float64]
    centre: NDArray[np.float64]
    mass: NDArray[np.floating[Any]]

    @classmethod
    def of(cls, plan: "Plan", x: NDArray[np.float64]) -> "Projection":
        """Project the rows of a plan to the features (m, k) of its columns."""
        # Distances do not change by the centre, and lose less to cancellation.
        centre = x.mean(axis=0)
        profiles = np.asarray(plan.barycentric(x - centre), dtype=np.float64)
        return cls(profiles, centre, plan.row_sums())


@dataclass(frozen=True)
class MatchingCase:
    """A plan of test cells (n1, n2), their features, and the row and column of each true pair.

    `latents` are the true ones of both modalities, (n1, d) and (n2, d), where they are known;
    `learnt` those of the learner, which the plan is of.
    """

    plan: "Plan"
    x1: NDArray[np.float64]
    x2: NDArray[np.float64]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    latents: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    learnt: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    whole: "MatchingCase | None" = None
    """Case that this one is a part of: what is the same for all parts is computed once, there."""

    @classmethod
    def of(cls, plan: "Plan", x1: ArrayLike, x2: ArrayLike, pairs: Pairs | None) -> "MatchingCase":
        """Check the arrays and code the pairs.

        Raises:
            ParameterError: the plan's shape is not that of the features.
            DataError: non-finite features, or pairs that are not one cell to one cell.
        """
        a, b = _features(x1, "x1"), _features(x2, "x2")
        if tuple(plan.shape) != (len(a), len(b)):
            raise ParameterError(
                f"the plan's shape is {tuple(plan.shape)}, the features have {len(a)} and {len(b)} "
                "rows; a plan needs one row per cell of x1 and one column per cell of x2"
            )
        i, j = ((), ()) if pairs is None else pairs
        rows, columns = _members(i, len(a), "rows"), _members(j, len(b), "columns")
        if len(rows) != len(columns):
            raise DataError(f"pairs have {len(rows)} rows and {len(columns)} columns; need as many")
        # Neither metric knows the features' unit; their squares must be numbers.
        a, b = (as_float64(in_reach(x)[0]) if x.size else x for x in (a, b))
        return cls(plan, a, b, rows, columns)

    @property
    def paired(self) -> bool:
        """Tell whether there is a true pair to score."""
        return len(self.rows) > 0

    @cached_property
    def weights(self) -> NDArray[np.floating[Any]]:
        """Weight on its partner of each paired row of the row-normalised plan, (p,)."""
        return self.plan.row_normalised_entries(self.rows, self.columns)

    @cached_property
    def to_first(self) -> Projection:
        """Cells of modality 2 in the features of modality 1."""
        return self.whole.to_first if self.whole else Projection.of(self.plan.T, self.x1)

    @cached_property
    def to_second(self) -> Projection:
        """Cells of modality 1 in the features of modality 2."""
        return self.whole.to_second if self.whole else Projection.of(self.plan, self.x2)

    @cached_property
    def drawn(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """A column drawn for each row of the plan, (n1,), and a row for each column, (n2,)."""
        if self.whole:
            return self.whole.drawn
        return self.plan.T.sampler(SEED).draw(), self.plan.sampler(SEED).draw()

    def only(self, pairs: NDArray[np.int64]) -> "MatchingCase":
        """The case of some of the pairs, given by their numbers; the plan stays whole."""
        part = replace(
            self, rows=self.rows[pairs], columns=self.columns[pairs], whole=self.whole or self
        )
        vars(part).update(weights=self.weights[pairs])
        return part

    @property
    def size(self) -> int:
        """The number of true pairs."""
        return len(self.rows)

    def thinned(self, most: int) -> "MatchingCase":
        """The case of at most so many of the pairs, evenly taken."""
        return self.only(evenly(self.size, most))

    def check_choice(self) -> None:
        """Make sure that some cell could have been matched to another one.

        Raises:
            UndefinedScoreError: every block of the plan holds one cell of each modality, so that
                the labels alone are the pairing, whatever the plan.
        """
        if all(len(block.rows) == len(block.cols) == 1 for block in self.plan.blocks):
            raise UndefinedScoreError(
                "not defined: with one test cell per label the labels are the pairing, and a plan "
                "inside labels has no choice"
            )


@dataclass(frozen=True)
class ImputationCase:
    """True and predicted features of the same test cells, (n, k) each, and the KNN graphs' k.

    Where cells are not `paired`, rows do not correspond and their numbers may differ.
    """

    truth: NDArray[np.float64]
    prediction: NDArray[np.float64]
    k: int
    paired: bool

    @classmethod
    def of(
        cls, truth: ArrayLike, prediction: ArrayLike, k: int, *, paired: bool
    ) -> "ImputationCase":
        """Check the arrays.

        Raises:
            ParameterError: k < 1, no rows or features, or shapes that do not fit each other.
            DataError: non-finite values in the truth.
            MethodError: non-finite values in the prediction.
        """
        if k < 1:
            raise ParameterError(f"k is {k}; a neighbour graph needs k >= 1")
        true, predicted = _features(truth, "truth"), _matrix(prediction, "prediction")
        if not np.isfinite(predicted).all():
            raise MethodError("the prediction holds NaN or infinite values")
        same = true.shape == predicted.shape if paired else true.shape[1] == predicted.shape[1]
        if not same or 0 in true.shape or 0 in predicted.shape:
            raise ParameterError(
                f"truth is {true.shape}, prediction {predicted.shape}; need the same features"
                f"{' and cells' if paired else ''}, at least one each"
            )
        return cls(true, predicted, k, paired)

    def only(self, truth: NDArray[np.int64], prediction: NDArray[np.int64]) -> "ImputationCase":
        """The case of some of the cells, given by their rows."""
        return replace(self, truth=self.truth[truth], prediction=self.prediction[prediction])

    @property
    def size(self) -> int:
        """The number of true cells."""
        return len(self.truth)

    def thinned(self, most: int) -> "ImputationCase":
        """The case of at most so many of the cells, evenly taken."""
        return self.only(evenly(self.size, most), evenly(len(self.prediction), most))

    @property
    def degree(self) -> int:
        """Neighbours per cell: k, or all other cells where there are fewer than k + 1."""
        return min(self.k, len(self.truth) - 1)

    @cached_property
    def overlap(self) -> NDArray[np.int64]:
        """Neighbours that each cell has in both graphs, true and predicted, (n,).

        Raises:
            UndefinedScoreError: a single cell has no neighbours.
        """
        if self.degree < 1:
            raise UndefinedScoreError("not defined: a single cell has no neighbours")
        graphs = [nearest_by_cosine(x, self.degree) for x in (self.truth, self.prediction)]
        return shared_neighbours(*graphs)


def evenly(count: int, most: int) -> NDArray[np.int64]:
    """Numbers of `most` of `count` cells, evenly taken in their order, or of all.

    >>> evenly(5, 3).tolist(), evenly(2, 3).tolist()
    ([0, 2, 4], [0, 1])
    """
    if count <= most:
        return np.arange(count)
    return np.linspace(0, count - 1, most).round().astype(np.int64)


def _matrix(values: ArrayLike, name: str) -> NDArray[np.float64]:
    array: NDArray[Any] = np.asarray(values, dtype=np.float64)
    if array.ndim != 2:
        raise ParameterError(f"{name} is {array.ndim}-dimensional; need (cells, features)")
    return array


def _features(values: ArrayLike, name: str) -> NDArray[np.float64]:
    array = _matrix(values, name)
    if not np.isfinite(array).all():
        raise DataError(f"{name} holds NaN or infinite values")
    return array


def _members(index: ArrayLike, n: int, side: str) -> NDArray[np.int64]:
    members = np.asarray(index, dtype=np.int64).ravel()
    if members.size and not 0 <= members.min() <= members.max() < n:
        raise DataError(f"pairs name {side} outside 0..{n - 1}")
    if len(np.unique(members)) < len(members):
        raise DataError(f"pairs name one of the {side} twice; a cell has at most one true match")
    return members
