"""A match of all cells: what a person takes home."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from benchmark.datasets.lazy import Lazy
from weakpair.errors import ParameterError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from aligners.plan.plan import Plan
    from benchmark.applying.more import Fit
    from benchmark.imputation import Imputer
    from tables.figures.projection import Method
else:
    pd = Lazy("pandas")

Modality = Literal[1, 2]
ImputedBy = Literal["partners", "network"]
IMPUTED_BY: tuple[ImputedBy, ...] = ("partners", "network")
Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Side:
    """The cells of one modality, in the order of the data.

    Attributes:
        name: of the modality, e.g. "RNA".
        ids: of the n cells.
        labels: perturbation of each cell.
        x: preprocessed features, shape (n, k).
        features: their names.
        latents: shape (n, d).
    """

    name: str
    ids: NDArray[np.str_]
    labels: NDArray[np.str_]
    x: NDArray[np.float32]
    features: tuple[str, ...]
    latents: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Imputed:
    """Features of one modality for the cells of the other.

    Attributes:
        mean: weighted mean over the partners, or what a network predicts from the cell's own
            features; index cell, a column per feature, float32.
        spread: weighted standard deviation over the partners, of the same shape.
    """

    mean: pd.DataFrame
    spread: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Match:
    """Latents of all cells and the plan that couples them.

    Attributes:
        one: cells of modality 1.
        two: cells of modality 2.
        plan: shape (n1, n2), total mass 1.
        settings: all that determines it, plain values.
        fit: what it was made by, for `more`; None where it is not at hand.
    """

    one: Side
    two: Side
    plan: Plan
    settings: Mapping[str, Any]
    fit: Fit | None = None

    def __repr__(self) -> str:
        """Methods and sizes in one line."""
        return (
            f"Match({self.settings['learner']['name']} + {self.settings['aligner']['name']}, "
            f"{len(self.one.ids)} {self.one.name} × {len(self.two.ids)} {self.two.name} cells)"
        )

    def side(self, modality: int) -> Side:
        """Cells of a modality.

        Raises:
            ParameterError: neither 1 nor 2.
        """
        if modality not in (1, 2):
            raise ParameterError(f"modality is {modality!r}; it must be 1 or 2")
        return self.one if modality == 1 else self.two

    def partners(self, modality: Modality = 1, top: int = 5) -> pd.DataFrame:
        """The best partners of each cell of a modality, in the other one.

        Returns:
            Columns cell, rank (from 1), partner and weight, the share of the cell's mass that goes
            to the partner. Pairs without mass are left out, and so are cells without any.
        """
        own, other = self.side(modality), self.side(3 - modality)
        rows, places, weights = self.places(modality, top)
        return pd.DataFrame(
            {
                "cell": own.ids[rows],
                "rank": ranks_within(rows),
                "partner": other.ids[places],
                "weight": weights,
            }
        )

    def places(
        self, modality: Modality = 1, top: int = 5
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
        """Rows, the places of their best partners, and shares of the row's mass; as `partners`.

        Raises:
            ParameterError: `top` is below 1.
        """
        if top < 1:
            raise ParameterError(f"top is {top}; it must be at least 1")
        rows, places, shares = [], [], []
        for block in self._of(modality).blocks:
            for part, weights in block.parts():
                best = weights.topk(min(top, weights.shape[1]), dim=1)
                sums = weights.sum(dim=1, keepdim=True)
                share = (best.values / sums.where(sums > 0, sums.new_ones(()))).cpu().numpy()
                rows.append(np.repeat(block.rows[part].cpu().numpy(), share.shape[1]))
                places.append(block.cols[best.indices].cpu().numpy().ravel())
                shares.append(share.ravel())
        found = [np.concatenate(part) for part in (rows, places, shares)]
        order = np.argsort(found[0], kind="stable")
        row, place, share = (part[order] for part in found)
        kept = share > 0
        return row[kept], place[kept], share[kept]

    def confidence(self, modality: Modality = 1) -> pd.DataFrame:
        """A measure of how decided the plan is about each cell of a modality.

        It is no probability of being right: a sharp plan of a poor learner is sure and wrong. What
        the combination was worth where pairs are known, or by surrogates, the settings say.

        Returns:
            Index cell; columns label, partners (exp of the entropy of the cell's weights, an
            effective number) and confidence, 1 − ln(partners) / ln(candidates): 0 where all cells
            that could be partners are alike, 1 for a single one; NaN for a cell without mass.
        """
        own = self.side(modality)
        partners = np.full(len(own.ids), np.nan)
        confidence = np.full(len(own.ids), np.nan)
        for block in self._of(modality).blocks:
            for part, given in block.parts():
                weights = given.double()
                sums = weights.sum(dim=1, keepdim=True)
                share = weights / sums.where(sums > 0, sums.new_ones(()))
                entropy = -share.xlogy(share).sum(dim=1).cpu().numpy()
                rows, there = block.rows[part].cpu().numpy(), (sums[:, 0] > 0).cpu().numpy()
                partners[rows[there]] = np.exp(entropy[there])
                choice = np.log(weights.shape[1]) or np.inf
                confidence[rows[there]] = np.clip(1 - entropy[there] / choice, 0, 1)
        columns = {"label": own.labels, "partners": partners, "confidence": confidence}
        return pd.DataFrame(columns, index=pd.Index(own.ids, name="cell"))

    def by_label(self) -> pd.DataFrame:
        """Median confidence and number of cells of each perturbation, in both modalities."""
        parts = []
        for modality, side in ((1, self.one), (2, self.two)):
            known = self.confidence(1 if modality == 1 else 2).groupby("label")["confidence"]
            parts += [
                known.size().rename(f"cells, {side.name}"),
                known.median().rename(f"confidence, {side.name}"),
            ]
        return pd.concat(parts, axis=1).rename_axis("label")

    def imputer(
        self, modality: Modality = 1, *, seed: int = 0, device: str = "cpu", **settings: Any
    ) -> Imputer:
        """The benchmark's imputer, trained through the plan on all cells of this match.

        `imputer.predict(x)` gives a modality's features (n, k) for cells of the other one, whose
        preprocessed features x are all that it looks at.

        Args:
            modality: the one that is predicted.
            seed: of its training.
            device: a torch device, "cpu" or "cuda".
            **settings: of `benchmark.imputation.ImputerSpec`, e.g. `kind="ridge"`, `epochs=50`.

        Raises:
            ConfigError: a setting that there is not.
        """
        from benchmark.imputation import Imputer, ImputerSpec
        from weakpair.specs import parse

        target, source = self.side(modality), self.side(3 - modality)
        direction = "2to1" if modality == 1 else "1to2"
        spec = parse(ImputerSpec, {**settings, "direction": direction}, "imputer")
        return Imputer(spec).fit(
            source.x,
            target.x,
            self.plan,
            seed=seed,
            device=device,
            target_labels=target.labels,
        )

    def impute(
        self, modality: Modality = 1, by: ImputedBy = "partners", *, seed: int = 0
    ) -> Imputed:
        """Features of a modality for the cells of the other one.

        Args:
            modality: whose features are imputed.
            by: "partners", weighted means over the plan's partners; or "network", predictions of
                the benchmark's imputer (see `imputer`). The spread is that of the partners in both.
            seed: of the network.

        Raises:
            ParameterError: another way to impute.
        """
        if by not in IMPUTED_BY:
            raise ParameterError(f"by is {by!r}; it must be one of {', '.join(IMPUTED_BY)}")
        found = self._by_partners(modality)
        if by == "partners":
            return found
        predicted = self.imputer(modality, seed=seed).predict(
            self.side(3 - modality).x, self.side(3 - modality).labels
        )
        mean = pd.DataFrame(predicted, index=found.mean.index, columns=found.mean.columns)
        return Imputed(mean, found.spread)

    def _by_partners(self, modality: Modality) -> Imputed:
        target, cells = self.side(modality), self.side(3 - modality)
        plan = self._of(3 - modality)
        x = target.x.astype(np.float64)
        # Spreads are differences of squares: about the mean they are of their own size.
        centre = x.mean(axis=0)
        mean = np.asarray(plan.barycentric(x - centre))
        square = np.asarray(plan.barycentric(np.square(x - centre)))
        spread = np.sqrt(np.maximum(square - np.square(mean), 0))
        index = pd.Index(cells.ids, name="cell")
        names = list(target.features)
        return Imputed(
            pd.DataFrame((mean + centre).astype(np.float32), index=index, columns=names),
            pd.DataFrame(spread.astype(np.float32), index=index, columns=names),
        )

    def more(self, data: Any, group: str, modality: Modality = 1) -> Match:
        """Match new cells with the known cells of the other modality; nothing is fitted again.

        Args:
            data: AnnData of the new cells.
            group: column of its `obs` with the perturbation of each cell.
            modality: of the new cells.

        Raises:
            ParameterError: this match has no fit.
            DataError: a feature, a column or a label is missing.
        """
        from benchmark.applying.annotated import samples_of
        from benchmark.applying.more import match_more

        return match_more(self, samples_of(data, group, "new cells"), modality)

    def to_mudata(self, top: int = 5, by: ImputedBy = "partners") -> Any:
        """One AnnData per modality, see `benchmark.applying.writing.to_mudata`."""
        from benchmark.applying.writing import to_mudata

        return to_mudata(self, top, by)

    def to_anndata(self, modality: Modality = 1, top: int = 5) -> Any:
        """The AnnData of a modality, see `benchmark.applying.writing.to_mudata`."""
        return self.to_mudata(top).mod[self.side(modality).name]

    def plot(self, method: Method = "tsne", points: int = 1000, seed: int = 0) -> Figure:
        """Latents in the plane, by perturbation and modality; see `draw_match`."""
        from benchmark.applying.drawing import draw_match

        return draw_match(self, method=method, points=points, seed=seed).figure

    def write(self, out: Path | str, top: int = 5, by: ImputedBy = "partners") -> Path:
        """Write MuData (.h5mu) or a folder of Parquet tables; see `write_match`."""
        from benchmark.applying.writing import write_match

        return write_match(self, Path(out), top, by)

    def _of(self, modality: int) -> Plan:
        """The plan with the cells of a modality in its rows."""
        self.side(modality)
        return self.plan if modality == 1 else self.plan.T


def ranks_within(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers from 1 within equal neighbours."""
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    return np.asarray(
        np.arange(len(rows)) - np.repeat(starts, np.diff(starts, append=len(rows))) + 1
    )
