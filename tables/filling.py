"""Text whose numbers come from results: a Jinja template in which scores are asked for by name.

`{{ score("lda + eot", "trace", dataset="digits") }}` stands for the mean over replicates or folds,
so that what is written about results cannot differ from them.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, StrictUndefined, TemplateError

from tables.inference.statistics import by_unit, errors_of_means
from tables.overlaps import known_overlap
from tables.results import checked
from weakpair.errors import DataError, UnknownNameError
from weakpair.vocabulary.columns import PLACE

_METHOD = ["learner", "aligner"]


def fill(text: str, results: pd.DataFrame, where: str = "the text") -> str:
    """Fill a template with numbers of results.

    Known in it are the methods of `Numbers`: `score`, `score_se` and `gap`.

    Args:
        text: a Jinja template.
        results: tidy results, as for `tables.build`.
        where: what errors call the text.

    Raises:
        DataError: a wrong column or value, a number that the results do not have or have several
            times, or a template that cannot be read.

    >>> fill("as it is", pd.DataFrame())
    'as it is'
    """
    if "{{" not in text:
        return text
    numbers = Numbers(checked(results))
    known: dict[str, Callable[..., str]] = {
        "score": numbers.score,
        "score_se": numbers.score_se,
        "gap": numbers.gap,
    }
    return rendered(text, known, where)


def rendered(text: str, known: Mapping[str, Any], where: str) -> str:
    """Fill a template with what it knows; a line that holds a `{% ... %}` alone is left out.

    Args:
        text: a Jinja template.
        known: functions by the names that the template has for them.
        where: what errors call the text.

    Raises:
        DataError: a template that cannot be read, or asks for what there is not.
    """
    jinja = Environment(
        undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False, trim_blocks=True
    )
    try:
        return jinja.from_string(text).render(known)
    except (TemplateError, DataError) as error:
        raise DataError(f"{where}: {error}") from error


class Numbers:
    """Scores of results by the names that people know them by.

    A method is "learner + aligner", or the learner alone where the task has no aligner. A place is
    what tells scores of one method and metric apart: dataset, variant, split, training_cells, task
    and target; what the results have only one of may be left out.
    """

    def __init__(self, results: pd.DataFrame) -> None:
        self._results = results

    def score(self, method: str, metric: str, digits: int = 3, **place: str | int) -> str:
        """Mean over replicates, or over folds where there is one."""
        return shown(float(self._units(method, metric, place)[0].mean()), digits)

    def score_se(self, method: str, metric: str, digits: int = 3, **place: str | int) -> str:
        """Mean ± standard error over replicates or folds."""
        units, _ = self._units(method, metric, place)
        error = units.std(ddof=1) / np.sqrt(len(units))
        return f"{shown(float(units.mean()), digits)} ± {shown(float(error), digits)}"

    def gap(self, one: str, other: str, metric: str, digits: int = 3, **place: str | int) -> str:
        """Mean of the first minus the second, unit by unit, ± its standard error.

        Where folds share training cells the error is Nadeau and Bengio's (2003).
        """
        (first, overlap), (second, _) = (
            self._units(method, metric, place) for method in (one, other)
        )
        if len(first) != len(second):
            raise DataError(f"{one} and {other} have scores of different folds in {metric}")
        if np.isnan(overlap):
            raise DataError("these results do not say how far their folds overlap; run them again")
        gaps = first - second
        error = errors_of_means(gaps[None, :], overlap)[0]
        sign = "+" if gaps.mean() >= 0 else "−"
        return f"{sign}{shown(abs(float(gaps.mean())), digits)} ± {shown(float(error), digits)}"

    def _units(
        self, method: str, metric: str, place: dict[str, str | int]
    ) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], float]:
        """Scores by replicate or fold, (n,), and test / training rows where folds overlap."""
        rows = self._rows(method, metric, place)
        table = rows.pivot_table(index=_METHOD, columns=["replicate", "fold"], values="value")
        replicates = table.columns.get_level_values(0).nunique()
        units = by_unit(table, "replicate" if replicates > 1 else "fold")
        overlap = 0.0 if replicates > 1 else known_overlap(rows)
        return units.to_numpy(dtype=np.float64)[0], overlap

    def _rows(self, method: str, metric: str, place: dict[str, str | int]) -> pd.DataFrame:
        """Rows of a method's scores at one place."""
        learner, _, aligner = method.partition(" + ")
        for column in place:
            if column not in PLACE:
                raise DataError(str(UnknownNameError("place of a score", column, PLACE)))
        wanted = {"learner": learner, "aligner": aligner or "-", "metric": metric, **place}
        rows = self._results
        for column, value in wanted.items():
            have = list(dict.fromkeys(rows[column]))
            rows = rows[rows[column] == value]
            if rows.empty:
                raise DataError(
                    f"no score of {method} in {metric} with {column}={value!r}; there are "
                    f"{', '.join(map(str, have))}"
                )
        for column in PLACE:
            several = list(dict.fromkeys(rows[column]))
            if len(several) > 1:
                raise DataError(
                    f"{method} in {metric}: several of {column} ({', '.join(map(str, several))}); "
                    "say which"
                )
        return rows


def shown(value: float, digits: int = 3) -> str:
    """A number as text has it: shares without the zero before the point.

    >>> shown(0.0456), shown(1.5, 1), shown(-0.25, 2)
    ('.046', '1.5', '−.25')
    """
    text = f"{abs(value):.{digits}f}"
    return f"{'−' if value < 0 else ''}{text.removeprefix('0') if digits else text}"
