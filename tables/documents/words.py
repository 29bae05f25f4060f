"""Words that notes can ask for: numbers of runs, verdicts on claims, numbers of the papers."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tables.choosing.settings import choose_settings
from tables.documents.model import Runs
from tables.documents.parts import merge_runs
from tables.documents.trusted import Trusted
from tables.filling import Numbers, shown
from tables.papers.claims.build import CLAIMS, among_the_papers
from tables.papers.claims.fields import rank_correlation
from tables.papers.claims.model import Claim, Decision
from tables.papers.numbers import Comparison, Verdict, compare_numbers
from tables.papers.published import Paper, load
from tables.papers.published.ours import as_ours
from weakpair.errors import DataError, UnknownNameError
from weakpair.registry import RANKED_ROLES
from weakpair.vocabulary.columns import PLACE

_PRINTED = ("dataset", "variant", "table")

Facts = Callable[[str], Mapping[str, Any]]


def words(runs: Runs) -> dict[str, Callable[..., Any]]:
    """Functions of notes: `run(NAME, ...)` for numbers of runs, `paper(...)` for printed ones.

    `trusted(NAME, ..., cells=...)` has those of surrogates against the truth.
    """

    def run(*names: str) -> RunNumbers:
        """Numbers of one run, or of several merged."""
        for name in names:
            if name not in runs:
                raise DataError(str(UnknownNameError("run", name, runs)))
        labels = [runs[name].by_label for name in names]
        by_label = pd.concat([one for one in labels if one is not None] or [pd.DataFrame()])
        return RunNumbers(merge_runs(runs, names), runs[names[0]].facts, by_label)

    def trusted(*names: str, cells: str | None = None) -> Trusted:
        """Surrogates against the truth in several runs."""
        return Trusted(runs, names, cells)

    return {"run": run, "paper": paper_number, "trusted": trusted}


def paper_number(name: Paper, method: str, metric: str, digits: int = 3, **place: str | int) -> str:
    """A number as the paper prints it, under our names and in our units.

    Args:
        name: "groove", "ipic" or "ps".
        method: "learner + aligner", or the learner alone.
        metric: its name in our results.
        digits: behind the point.
        place: dataset, variant and table, where there are several.

    Raises:
        DataError: the paper has no such number, or several different ones.

    >>> paper_number("groove", "groove-cosine + labeled-eot", "trace", variant="shared=1.0")
    '.466'
    """
    for column in place:
        if column not in _PRINTED:
            raise DataError(str(UnknownNameError("place of a printed number", column, _PRINTED)))
    learner, _, aligner = method.partition(" + ")
    rows = as_ours(load(name))
    for column, value in {"learner": learner, "metric": metric, **place}.items():
        rows = rows[rows[column] == value]
    rows = rows[rows["aligner"].isin([aligner] if aligner else ["", "-"])]
    values = rows["value"].drop_duplicates()
    if len(values) != 1:
        count = "no number" if values.empty else f"{len(values)} numbers"
        raise DataError(f"{name} prints {count} of {method} in {metric} with {place}")
    return shown(float(values.iloc[0]), digits)


class RunNumbers(Numbers):
    """Numbers of a run: scores, counts and ranks, verdicts, and diagnostics of its fits.

    `at` narrows it to a place; methods and places are named as in `tables.filling.Numbers`.
    """

    def __init__(self, results: pd.DataFrame, facts: Facts, by_label: pd.DataFrame) -> None:
        super().__init__(results)
        self._facts, self._by_label = facts, by_label
        self._compared: dict[Paper, list[Comparison]] = {}

    def at(self, **place: str | int) -> Self:
        """The same numbers at one place alone, e.g. `at(variant="shared=0.8", task="matching")`.

        Raises:
            DataError: no such column, or no result with that value.
        """
        rows = self._results
        for column, value in place.items():
            if column not in PLACE:
                raise DataError(str(UnknownNameError("place of a score", column, PLACE)))
            known = list(dict.fromkeys(rows[column]))
            rows = rows[rows[column] == value]
            if rows.empty:
                have = ", ".join(map(str, known))
                raise DataError(f"no results with {column}={value!r}; there are {have}")
        return type(self)(rows, self._facts, self._by_label)

    def chosen(self, on: str, metric: str) -> Self:
        """The same with each learner's best setting on one data set, aligners by bare names.

        Raises:
            DataError: nothing can be chosen.
        """
        try:
            found = choose_settings(self._results, on, metric)
        except UnknownNameError as error:
            raise DataError(str(error)) from error
        return type(self)(found.bare(), self._facts, self._by_label)

    def wins(self, one: str, other: str, metric: str, **place: str | int) -> str:
        """Count of the units in which the first has the higher value, as "7 of 8"."""
        first, second = (self._units(method, metric, place)[0] for method in (one, other))
        if len(first) != len(second):
            raise DataError(f"{one} and {other} have scores of different folds in {metric}")
        return f"{int((first > second).sum())} of {len(first)}"

    def lowest(
        self, methods: Iterable[str], metric: str, digits: int = 3, **place: str | int
    ) -> str:
        """The lowest mean among several methods."""
        return shown(min(self._means(methods, metric, place)), digits)

    def highest(
        self, methods: Iterable[str], metric: str, digits: int = 3, **place: str | int
    ) -> str:
        """The highest mean among several methods."""
        return shown(max(self._means(methods, metric, place)), digits)

    def correlation(self, other: Self, metric: str, digits: int = 2) -> str:
        """Spearman's correlation of the means of all methods and baselines at two places."""
        both = [each._combinations(metric) for each in (self, other)]
        if not set(both[0]) & set(both[1]):
            raise DataError(f"no combination has {metric} at both places")
        return shown(rank_correlation(*both), digits)

    def finding(self, claim: str, *, simple: bool = False) -> str:
        """Finding of these results on a claim, e.g. "holds".

        Args:
            claim: how its statement begins (see `tables.papers.claims`).
            simple: with all other learners, not among the papers' alone.
        """
        return str(self._decision(claim, simple).finding.value)

    def evidence(self, claim: str, *, simple: bool = False) -> str:
        """The numbers that the finding rests on, in a sentence."""
        return self._decision(claim, simple).evidence

    def verdicts(
        self, paper: Paper, table: int, verdict: str | None = None, *, power: bool = False
    ) -> str:
        """Count of the numbers of a paper's table with a verdict; None: of all that are here.

        With `power`, of these only numbers that no control meets.
        """
        if verdict is not None and verdict not in set(Verdict):
            raise DataError(str(UnknownNameError("verdict", verdict, Verdict)))
        if paper not in self._compared:
            self._compared[paper] = list(compare_numbers(self._results, load(paper)))
        found = [
            number
            for number in self._compared[paper]
            if number.place["table"] == table and number.verdict is not Verdict.MISSING
        ]
        counted = [number for number in found if verdict in (None, number.verdict)]
        return str(sum(number.has_power or not power for number in counted))

    def over_labels(self, method: str, metric: str, digits: int = 2, **place: str | int) -> str:
        """Median over perturbations and their quartiles, as "1.20 (.90 to 1.55)".

        A perturbation's score is that of its cells alone, mean over folds and replicates.
        """
        rows = self._rows(method, metric, place)
        scores = self._by_label
        if not scores.empty:
            scores = scores[
                (scores["metric"] == metric) & scores["score_key"].isin(rows["score_key"])
            ]
        if scores.empty:
            raise DataError(f"no scores by perturbation of {method} in {metric}")
        low, middle, high = scores.groupby("label")["value"].mean().quantile([0.25, 0.5, 0.75])
        return f"{shown(middle, digits)} ({shown(low, digits)} to {shown(high, digits)})"

    def lowest_fact(self, learner: str, name: str, digits: int = 2) -> str:
        """The lowest diagnostic among the fits of a learner, e.g. `gap` of em-cca."""
        return shown(float(self._fit_facts(learner, name).min()), digits)

    def highest_fact(self, learner: str, name: str, digits: int = 2) -> str:
        """The highest diagnostic among the fits of a learner."""
        return shown(float(self._fit_facts(learner, name).max()), digits)

    def facts_above(self, learner: str, name: str, limit: float) -> str:
        """Count of a learner's fits whose diagnostic exceeds a limit, as "11 of 30"."""
        found = self._fit_facts(learner, name)
        return f"{int((found > limit).sum())} of {len(found)}"

    def _means(
        self, methods: Iterable[str], metric: str, place: dict[str, str | int]
    ) -> list[float]:
        return [float(self._units(method, metric, place)[0].mean()) for method in methods]

    def _combinations(self, metric: str) -> dict[tuple[str, str], float]:
        """Mean by learner and aligner, of methods and baselines."""
        rows = self._results
        rows = rows[(rows["metric"] == metric) & rows["role"].isin(RANKED_ROLES)]
        means = rows.groupby(["learner", "aligner"], as_index=False)["value"].mean()
        names = zip(means["learner"].astype(str), means["aligner"].astype(str), strict=True)
        return dict(zip(names, means["value"].tolist(), strict=True))

    def _decision(self, statement: str, simple: bool) -> Decision:
        """A claim decided on these results, of one kind of training cells."""
        rows = self._results
        rows = rows[rows["target"] != 2]
        kinds = list(dict.fromkeys(rows["training_cells"]))
        if len(kinds) > 1:
            raise DataError(
                f"{statement!r}: several of training_cells ({', '.join(kinds)}); say which"
            )
        chosen = rows[rows["role"].isin(RANKED_ROLES)] if simple else among_the_papers(rows)
        return _claim(statement).decide(chosen)

    def _fit_facts(self, learner: str, name: str) -> NDArray[np.float64]:
        """One value per fit of a learner, (n,)."""
        rows = self._results
        if "fit_key" not in rows or rows.empty:
            raise DataError("these results do not say which fits they came from")
        keys = rows.loc[rows["learner"] == learner, "fit_key"].drop_duplicates()
        if keys.empty:
            raise DataError(f"no fit of {learner}")
        found = [self._facts(str(key)) for key in keys]
        if any(name not in facts for facts in found):
            raise DataError(f"the fits of {learner} have no diagnostic {name!r}")
        return np.array([float(facts[name]) for facts in found])


def _claim(statement: str) -> Claim:
    """The claim whose statement begins so.

    Raises:
        DataError: none does, or several do.
    """
    found = [claim for claim in CLAIMS if claim.statement.startswith(statement)]
    if len(found) != 1:
        known = "; ".join(claim.statement for claim in CLAIMS)
        raise DataError(f"{len(found)} claims begin with {statement!r}; there are: {known}")
    return found[0]
