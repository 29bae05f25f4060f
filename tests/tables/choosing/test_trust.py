"""Surrogates against the truth: correlation, regret, and whether the chosen beats the controls."""

import pandas as pd
import pytest

import tables
from tables.choosing.places import places
from tests.tables.examples import results
from weakpair.errors import DataError

ROLES = {"-+uniform": "control", "paired-cca+eot": "oracle"}
TRACE = {
    ("a", "eot"): [0.50, 0.52, 0.48],
    ("b", "eot"): [0.40, 0.42, 0.38],
    ("c", "eot"): [0.20, 0.22, 0.18],
    ("d", "eot"): [0.05, 0.07, 0.03],
    ("-", "uniform"): [0.10, 0.12, 0.08],
    ("paired-cca", "eot"): [0.90, 0.92, 0.88],
}


def both(guess: dict[str, float], oracle: bool = True) -> pd.DataFrame:
    known = {n: v for n, v in TRACE.items() if oracle or n[0] != "paired-cca"}
    truth = results({name: {"trace": values} for name, values in known.items()}, ROLES)
    scores = {(name, "eot"): {"hidden-label": [value] * 3} for name, value in guess.items()}
    guessed = results({**scores, ("-", "uniform"): {"hidden-label": [0.0] * 3}}, ROLES)
    frame = pd.concat([truth, guessed.assign(task="surrogate")], ignore_index=True)
    return frame.assign(test_to_train=0.25)


def only(frame: pd.DataFrame) -> tables.Table:
    (table,) = tables.trust_tables(frame)
    return table


def test_a_perfect_surrogate_has_no_regret() -> None:
    (place,) = places(both({"a": 4, "b": 3, "c": 2, "d": 1}))
    (found,) = place.found
    assert (found.correlation, found.regret, found.below) == (1.0, 0.0, False)
    assert found.chosen == ("a", "eot")
    assert place.what == "share of the gap"


def test_regret_is_in_shares_of_the_gap() -> None:
    """From .10 to .90: b at .40 closes .375, a at .50 closes .5."""
    (place,) = places(both({"a": 3, "b": 4, "c": 2, "d": 1}))
    assert place.found[0].regret == pytest.approx(0.125)
    assert place.found[0].correlation == pytest.approx(0.8)


def test_what_is_chosen_below_the_best_control_is_told() -> None:
    (place,) = places(both({"a": 1, "b": 2, "c": 3, "d": 4}))
    assert place.found[0].below
    assert place.found[0].correlation == -1
    (row,) = only(both({"a": 1, "b": 2, "c": 3, "d": 4})).groups[0].rows
    assert row.cells[4].display == "d + eot (not above the best control)"


def test_without_an_oracle_the_truth_is_the_first_metric() -> None:
    (place,) = places(both({"a": 4, "b": 3, "c": 1, "d": 2}, oracle=False))
    assert place.what == "Trace"
    assert place.found[0].regret == 0
    assert not place.found[0].below


def test_the_table_has_medians_over_data_sets() -> None:
    one, other = both({"a": 4, "b": 3, "c": 2, "d": 1}), both({"a": 1, "b": 2, "c": 3, "d": 4})
    table = only(pd.concat([one, other.assign(dataset="other")]))
    (group,) = table.groups
    assert group.label == "Hidden label"
    assert [cell.display for cell in group.rows[-1].cells] == [
        "median of 2", "", "0.00", "0.281", "1 of 2 not above the best control", "4.00",
    ]  # fmt: skip
    assert "Over 4 combinations" in table.caption


def test_one_task_alone_is_refused() -> None:
    frame = both({"a": 4, "b": 3, "c": 2, "d": 1})
    with pytest.raises(DataError, match="no results for task 'surrogate'"):
        tables.trust_tables(frame[frame["task"] == "matching"])
    apart = frame.assign(split=frame["task"].map({"matching": "kfold", "surrogate": "holdout"}))
    with pytest.raises(DataError, match="under one split"):
        tables.trust_tables(apart)


def test_weights_come_from_other_data_sets_and_leave_misleading_surrogates_out() -> None:
    """One surrogate is right everywhere but for a slip, the other turns every order round."""
    right, slip, wrong = (4, 3, 2, 1), (3, 4, 2, 1), (1, 2, 3, 4)
    frames = []
    for name, good in (("one", right), ("two", slip), ("three", right)):
        frame = both(dict(zip("abcd", good, strict=True)))
        bad = both(dict(zip("abcd", wrong, strict=True)))
        bad = bad[bad["task"] == "surrogate"].assign(metric="cycle")
        frames.append(pd.concat([frame, bad]).assign(dataset=name))
    (table,) = tables.trust_tables(pd.concat(frames, ignore_index=True))
    *alone, together = table.groups
    assert [group.label for group in alone] == ["Hidden label", "Cycle"]
    assert together.label == "All of them, weighted"
    assert [row.cells[2].value for row in alone[1].rows] == [-1, -1, -1, -1]
    assert [row.cells[2].value for row in together.rows[:3]] == pytest.approx([1, 0.8, 1])
    assert "judged on the one that is named" in table.caption


def test_one_data_set_teaches_no_weights() -> None:
    frame = both({"a": 4, "b": 3, "c": 2, "d": 1})
    more = frame[frame["task"] == "surrogate"].assign(metric="cycle")
    (table,) = tables.trust_tables(pd.concat([frame, more], ignore_index=True))
    assert [group.label for group in table.groups] == ["Hidden label", "Cycle"]
    assert "logistic" not in table.caption
