"""Numbers of how far surrogates can be trusted, for the notes of a page."""

from collections.abc import Sequence
from statistics import median

from tables.choosing.places import Trust
from tables.choosing.trust import Judged, judged
from tables.documents.model import Runs
from tables.documents.parts import merge_runs
from tables.filling import shown
from tables.ranked.cells import NOTHING
from weakpair.errors import DataError


class Trusted:
    """Medians of a surrogate over the data sets of some runs.

    Args:
        runs: all runs of the page.
        names: those that count.
        cells: only this kind of training cells; None = all.
    """

    def __init__(self, runs: Runs, names: Sequence[str], cells: str | None = None) -> None:
        results = merge_runs(runs, names)
        if cells is not None:
            results = results[results["training_cells"] == cells]
        self._found: list[Judged] = judged(results, ratios={})

    def correlation(self, surrogate: str, digits: int = 2) -> str:
        """Median of Spearman's correlation with the truth."""
        known = [one.correlation for one in self._of(surrogate)]
        return shown(median(value for value in known if value == value), digits)

    def regret(self, surrogate: str, digits: int = 2) -> str:
        """Median regret of choosing by it, in shares of the gap; a dash where no set has a gap."""
        found = [
            trust.regret
            for one in self._found
            for trust in one.trusts
            if trust.surrogate == surrogate and one.place.what == "share of the gap"
        ]
        return shown(median(found), digits) if found else NOTHING

    def below(self, surrogate: str) -> str:
        """Count of data sets on which its first is not above the best control: "3 of 28"."""
        found = self._of(surrogate)
        return f"{sum(one.below for one in found)} of {len(found)}"

    def lowest(self, surrogate: str, count: int = 3, digits: int = 2) -> str:
        """Data sets on which it correlates least with the truth, with the correlations."""
        named = [
            (trust.correlation, f"{one.place.dataset} {one.place.standing.section.variant}".strip())
            for one in self._found
            for trust in one.trusts
            if trust.surrogate == surrogate and trust.correlation == trust.correlation
        ]
        return ", ".join(
            f"{name} ({shown(value, digits)})" for value, name in sorted(named)[:count]
        )

    def _of(self, surrogate: str) -> list[Trust]:
        found = [t for one in self._found for t in one.trusts if t.surrogate == surrogate]
        if not found:
            raise DataError(f"no data set has the surrogate {surrogate!r}")
        return found
