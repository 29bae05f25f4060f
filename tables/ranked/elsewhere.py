"""The best combinations of each fold by the scores of all other folds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tables.ranked.boards import boards
from tables.ranked.sections import combination
from tables.results import checked
from weakpair.errors import DataError, ParameterError

_SECTION = ["dataset", "variant", "split", "training_cells"]
_UNIT = ["replicate", "fold"]


@dataclass(frozen=True)
class Chosen:
    """The best combinations of a fold: where it stands, and their names, best first."""

    place: Mapping[str, Any]
    names: tuple[str, ...]


def best_elsewhere(results: pd.DataFrame, best: int) -> Iterator[Chosen]:
    """Choose for every fold the combinations that lead on all others, by mean rank of matching.

    The fold's own scores are not looked at: what is made of the chosen may be scored there.

    Args:
        results: tidy results; of the task of matching.
        best: how many to choose.

    Raises:
        DataError: no results of matching, a section with one fold, or with too few combinations.
        ParameterError: `best` below 1.
    """
    if best < 1:
        raise ParameterError(f"best must be at least 1, not {best}")
    rows = checked(results)
    rows = rows[(rows["task"] == "matching") & (rows["learner"] != "ensemble")]
    if rows.empty:
        raise DataError("there are no results of matching to choose by")
    for names, section in rows.groupby(_SECTION, sort=False):
        where = dict(zip(_SECTION, names, strict=True))
        units = section[_UNIT].drop_duplicates()
        if len(units) < 2:
            told = ", ".join(str(name) for name in where.values() if name)
            raise DataError(f"{told}: one fold; the best on others needs two folds or replicates")
        for replicate, fold in units.itertuples(index=False):
            others = section[(section["replicate"] != replicate) | (section["fold"] != fold)]
            place = {**where, "replicate": int(replicate), "fold": str(fold)}
            yield Chosen(place, _best(others, best, place))


def _best(rows: pd.DataFrame, best: int, place: Mapping[str, Any]) -> tuple[str, ...]:
    (board,) = boards(rows, "matching")
    (standing,) = board.standings
    ranked = [combination(name) for name in standing.ranked]
    if len(ranked) < best:
        where = f"{place['dataset']} {place['variant']}".strip()
        raise DataError(f"{where}: {len(ranked)} combinations are ranked, {best} were asked for")
    return tuple(ranked[:best])
