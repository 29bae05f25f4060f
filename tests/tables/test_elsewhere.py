"""The best of a fold are chosen by all other folds: its own scores change nothing."""

import pandas as pd
import pytest

from tables.ranked.elsewhere import best_elsewhere
from tests.tables.examples import results
from weakpair.errors import DataError, ParameterError

SCORES = {
    ("lda", "eot"): {"trace": [0.9, 0.2, 0.2]},
    ("ps", "eot"): {"trace": [0.1, 0.5, 0.5]},
    ("pca", "eot"): {"trace": [0.2, 0.4, 0.4]},
    ("-", "uniform"): {"trace": [1.0, 1.0, 1.0]},
}
ROLES = {"-+uniform": "control", "pca+eot": "baseline"}


def chosen(frame: pd.DataFrame, best: int = 2) -> dict[str, tuple[str, ...]]:
    return {one.place["fold"]: one.names for one in best_elsewhere(frame, best)}


def test_the_own_fold_is_not_looked_at() -> None:
    frame = results(SCORES, ROLES)
    before = chosen(frame)
    assert before["0"] == ("ps + eot", "pca + eot")
    own = frame["fold"] == "1"
    upside_down = frame.assign(value=frame["value"].where(~own, 1 - frame["value"]))
    assert chosen(upside_down)["1"] == before["1"]
    assert chosen(upside_down)["0"] != before["0"] or chosen(upside_down)["2"] != before["2"]


def test_controls_are_never_among_them() -> None:
    assert not any("uniform" in name for names in chosen(results(SCORES, ROLES), 3).values()
                   for name in names)  # fmt: skip


def test_what_cannot_be_chosen_is_one_line() -> None:
    frame = results(SCORES, ROLES)
    with pytest.raises(DataError, match="one fold; the best on others needs two"):
        chosen(frame[frame["fold"] == "0"])
    with pytest.raises(DataError, match="3 combinations are ranked, 4 were asked for"):
        chosen(frame, 4)
    with pytest.raises(ParameterError, match="best must be at least 1"):
        chosen(frame, 0)
    with pytest.raises(DataError, match="no results of matching"):
        chosen(frame.assign(task="imputation", metric="mse"))
