"""A learner that chooses among others by hidden labels, on the training cells alone."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learners.base import FitReport, Latent, Learner, Modality
from learners.inputs import Training, check_count, check_training
from learners.pairs.matching.couplings import LEAST, Grouped, Skill, merged, told_apart
from weakpair.errors import MethodError, ParameterError
from weakpair.registry import Role

Labels = NDArray[np.str_]

_ERRORS = 2.0
"""Standard errors of a difference that are no noise."""


class Auto(Learner):
    """The first of several candidates, unless another tells hidden labels apart better.

    A part of the training cells is held out, and the labels of the rest are merged at random into
    groups of two or three. Each candidate is fitted to the groups; held-out cells are aligned by
    `labeled-eot` within their groups, and what counts is the mass on the right one of the hidden
    labels (`aligners.hidden`), over several merges, the same for all candidates. In their order,
    each takes the place of the one before it if its skill is larger by more than two standard
    errors of the paired difference, over merges and groups. It is then fitted anew to all training
    cells and their labels; one that falls back there on something else (`branch` in its report, as
    `em-cca` without evidence) is left out, and the choice is made again. No pair is used, and no
    test cell is seen.

    Why not the largest skill: groups of two leave half as many labels, which handicaps candidates
    that live of many; and what separates labels well need not match the cells inside them.

    With fewer than four labels nothing can be hidden, and the first candidate is taken. The report
    says which it was and every candidate's skill (`chosen`, `skill_…`); one that cannot be fitted
    to groups has none.

    It takes the time of `merges` + 1 fits of each candidate.

    Args:
        candidates: names of learners, the one to be taken without evidence first.
        merges: how often labels are merged and cells held out.
        held_out: share of each label's cells that judge.
        max_cells: cells of each label and modality that a merge looks at; of larger labels a
            random part.
    """

    version = 2
    role: ClassVar[Role] = "baseline"

    def __init__(
        self,
        candidates: Sequence[str] = ("matched-components", "lda-bounded", "em-cca"),
        merges: int = 3,
        held_out: float = 0.25,
        max_cells: int = 200,
    ) -> None:
        self.candidates = candidates
        self.merges = merges
        self.held_out = held_out
        self.max_cells = max_cells

    def fit(
        self,
        x1: ArrayLike,
        t1: ArrayLike,
        x2: ArrayLike,
        t2: ArrayLike,
        *,
        seed: int = 0,
        device: str = "cpu",
    ) -> Self:
        """Choose a candidate and fit it to all training rows; see `Learner.fit`.

        Raises:
            ParameterError: a wrong parameter, or data that the winner does not take.
            UnknownNameError: a candidate that is no learner.
            MethodError: no candidate can be fitted to merged labels.
        """
        check_count("seed", seed, 0)
        self._check_parameters()
        data = check_training(x1, t1, x2, t2).canonical()
        units = self._units(data, seed, device) if data.n_labels >= LEAST else {}
        left = [name for name in self.candidates if name in units] or list(self.candidates[:1])
        while True:
            chosen = _better(left, units)
            self.learner_ = self._make(chosen).fit(x1, t1, x2, t2, seed=seed, device=device)
            falls_back = self.learner_.report_.facts.get("branch", chosen) != chosen
            if not falls_back or len(left) == 1:
                break
            left.remove(chosen)
        own = {f"skill_{name}": float(np.mean(found)) for name, found in units.items()}
        facts = {**self.learner_.report_.facts, "chosen": chosen, **own}
        self.report_ = FitReport(self.learner_.report_.curve, facts)
        return self

    def transform(self, x: ArrayLike, modality: Modality = 1) -> Latent:
        """Map rows by the chosen learner; see `Learner.transform`.

        Raises:
            ParameterError: not fitted, or what the chosen learner refuses.
        """
        if not hasattr(self, "learner_"):
            raise ParameterError(f"{self!r} is not fitted; call fit before transform")
        return self.learner_.transform(x, modality)

    def _check_parameters(self) -> None:
        if isinstance(self.candidates, str) or not self.candidates:
            raise ParameterError(
                f"candidates is {self.candidates!r}; it must be a list of learners' names"
            )
        for name in self.candidates:
            made = self._make(name)
            if made.role == "oracle" or isinstance(made, Auto):
                raise ParameterError(f"candidates: {name} cannot be chosen by hidden labels")
        check_count("merges", self.merges)
        check_count("max_cells", self.max_cells, 4)
        if not 0 < self.held_out < 1:
            raise ParameterError(f"held_out is {self.held_out!r}; it must be between 0 and 1")

    @staticmethod
    def _make(name: str) -> Learner:
        from learners import get  # the registry names this class, so it is imported late

        return get(name)

    def _units(self, data: Training, seed: int, device: str) -> dict[str, list[float]]:
        """Skill by merge and group of every candidate that can be fitted to merged labels."""
        found: dict[str, list[float]] = {name: [] for name in self.candidates}
        refused: dict[str, str] = {}
        for number in range(self.merges):
            rng = np.random.default_rng([seed, number])
            trial = _Trial.draw(data, self.held_out, self.max_cells, rng)
            if not all(len(cells.x) for cells in trial.judge):
                continue  # labels of a single cell have none to spare
            for name in [name for name in found if name not in refused]:
                try:
                    here = trial.skills(self._make(name), seed, device)
                except (MethodError, ParameterError) as error:
                    refused[name] = str(error)
                    continue
                found[name] += [here[group].share for group in sorted(here)]
        known = {name: units for name, units in found.items() if name not in refused and units}
        if refused and not known:
            name, reason = next(iter(refused.items()))
            raise MethodError(f"no candidate can be fitted to merged labels; {name}: {reason}")
        return known


def _better(names: Sequence[str], units: Mapping[str, Sequence[float]]) -> str:
    """The first name, or a later one whose units are larger by more than their noise."""
    best, *others = names
    for name in others:
        gaps = np.subtract(units[name], units[best])
        if len(gaps) > 1 and gaps.mean() > _ERRORS * gaps.std(ddof=1) / np.sqrt(len(gaps)):
            best = name
    return best


class _Cells(NamedTuple):
    """Cells of one modality: features, true labels, groups."""

    x: NDArray[np.float32]
    labels: Labels
    groups: Labels

    def at(self, rows: NDArray[np.int64]) -> "_Cells":
        return _Cells(self.x[rows], self.labels[rows], self.groups[rows])


class _Trial(NamedTuple):
    """Cells to fit to and cells to judge by, of both modalities."""

    fit: tuple[_Cells, _Cells]
    judge: tuple[_Cells, _Cells]

    @classmethod
    def draw(cls, data: Training, held_out: float, most: int, rng: np.random.Generator) -> "_Trial":
        names = np.array([str(name) for name in data.classes])
        groups = merged(names.tolist(), int(rng.integers(2**31)))
        renamed = np.array([groups[name] for name in names.tolist()])
        fit, judge = [], []
        for x, codes in ((data.x1, data.codes1), (data.x2, data.codes2)):
            cells = _Cells(x, names[codes], renamed[codes])
            parts = list(_parts(codes, data.n_labels, held_out, most, rng))
            fit.append(cells.at(np.sort(np.concatenate([rows for rows, _ in parts]))))
            judge.append(cells.at(np.sort(np.concatenate([rows for _, rows in parts]))))
        return cls((fit[0], fit[1]), (judge[0], judge[1]))

    def skills(self, learner: Learner, seed: int, device: str) -> dict[str, Skill]:
        one, two = self.fit
        learner.fit(one.x, one.groups, two.x, two.groups, seed=seed, device=device)
        one, two = self.judge
        z1, z2 = learner.transform(one.x, 1), learner.transform(two.x, 2)
        first, second = (Grouped(cells.labels, cells.groups) for cells in (one, two))
        return told_apart(z1, first, z2, second, device=device)


def _parts(
    codes: NDArray[np.int64], n_labels: int, share: float, most: int, rng: np.random.Generator
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Rows of each label to fit to and to judge by, at most so many; one of several, at least."""
    for label in range(n_labels):
        rows = rng.permutation(np.flatnonzero(codes == label))[:most]
        judging = min(max(1, round(share * len(rows))), len(rows) - 1)
        yield rows[judging:], rows[:judging]
