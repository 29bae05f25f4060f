"""The papers' numbers as data: GROOVE Tables 1-12, IPIC Tables 1, 7 to 10, what is public of PS.

What stands here is what is printed; `README.md` in this folder names the columns and everything
in the printed tables that does not fit together.
"""

from functools import cache
from importlib.resources import files
from typing import Literal, get_args

import pandas as pd

from weakpair.errors import UnknownNameError

Paper = Literal["groove", "ipic", "ps"]

_TEXT = ("paper", "dataset", "variant", "split", "protocol", "learner", "aligner", "metric")
_DTYPES = {
    **dict.fromkeys((*_TEXT, "marked"), "str"),
    **dict.fromkeys(("table", "row_order"), "int64"),
    **dict.fromkeys(("value", "se", "sd"), "float64"),
}


def load(paper: Paper) -> pd.DataFrame:
    """The published numbers of a paper, one row per number, in the order of its tables.

    Args:
        paper: "groove", "ipic" or "ps".

    Returns:
        A frame of the caller's own with the text columns paper, dataset, variant, split, protocol,
        learner, aligner, metric and marked ("bold", "underline" or ""), the whole numbers table
        and row_order, and as floats the value with its standard error `se` (GROOVE; empty for PS)
        or standard deviation `sd` (IPIC). NaN where none is printed, "" where a text does not
        apply.

    Raises:
        UnknownNameError: no such paper.

    >>> table = load("groove").query("table == 1 and variant == 'shared=1.0' and metric == 'trace'")
    >>> best = table.iloc[0]
    >>> best["learner"], best["aligner"], float(best["value"]), float(best["se"])
    ('groove-cosine', 'labeled-coot', 0.856, 0.027)
    """
    if paper not in get_args(Paper):
        raise UnknownNameError("paper", paper, get_args(Paper))
    return _read(paper).copy()


@cache
def _read(paper: str) -> pd.DataFrame:
    with files(__name__).joinpath(f"{paper}.csv").open("rb") as stream:
        table = pd.read_csv(stream, dtype=str, keep_default_na=False)
    spread = [name for name in ("se", "sd") if name in table]
    table[spread] = table[spread].replace("", None)
    return table.astype({name: dtype for name, dtype in _DTYPES.items() if name in table})


@cache
def published_learners() -> frozenset[str]:
    """The learners that stand in the papers' tables, by our short names.

    >>> {"groove-cosine", "ipic", "ps"} <= published_learners(), "dama" in published_learners()
    (True, False)
    """
    return frozenset(name for paper in get_args(Paper) for name in _read(paper)["learner"])


def of_the_papers(learner: str) -> bool:
    """Tell whether a learner, or what it is a variant of, stands in the papers' tables.

    >>> of_the_papers("ipic-rematch"), of_the_papers("mmd-ma"), of_the_papers("my-own")
    (True, False, False)
    """
    known = published_learners()
    return learner in known or any(learner.startswith(f"{name}-") for name in known if name)
