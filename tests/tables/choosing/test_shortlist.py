"""The short list without pairs: when it names a combination, and when it says that it cannot."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pytest

import tables
from tables.choosing import record, shortlist
from tables.choosing.record import Measured, Reliability
from tests.tables.examples import results
from weakpair.errors import DataError

ROLES = {"-+label-uniform": "control"}
CLEAR = {"a": [0.50, 0.52, 0.48, 0.51], "b": [0.20, 0.22, 0.18, 0.21], "c": [0.1, 0.12, 0.08, 0.1]}


def guessed(scores: Mapping[str, Sequence[float | None]]) -> pd.DataFrame:
    units = len(next(iter(scores.values())))
    named = {(name, "eot"): {"hidden-label": values} for name, values in scores.items()}
    control = {("-", "label-uniform"): {"hidden-label": [0.0] * units}}
    frame = results({**named, **control}, ROLES)
    return frame.assign(task="surrogate", test_to_train=0.25)


def choice(scores: Mapping[str, Sequence[float | None]], top: int = 5) -> tables.Choice:
    (found,) = tables.shortlists(guessed(scores), ratios={}, top=top)
    return found


@pytest.fixture(autouse=True)
def no_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shortlist, "reliability", lambda _score: None)


def test_a_clear_winner_is_named() -> None:
    found = choice(CLEAR)
    assert found.chosen == ("a", "eot")
    assert found.verdict == "take a + eot"
    best, control = found.table.groups
    assert [row.cells[0].display for row in best.rows] == ["a + eot", "b + eot", "c + eot"]
    assert control.label == "control"
    mean, lower, upper = (cell.value for cell in best.rows[0].cells[1:])
    assert mean is not None
    assert lower is not None
    assert upper is not None
    assert lower < mean < upper
    assert mean == pytest.approx(0.5025)


def test_what_cannot_be_told_from_the_first_stands_beside_it() -> None:
    near = {**CLEAR, "d": [0.51, 0.49, 0.50, 0.50], "e": [0.05, 0.04, 0.06, 0.05]}
    assert choice(near).verdict == "take a + eot (≈ d + eot)"


def test_nothing_is_chosen_where_most_are_tied() -> None:
    noisy = {name: [0.5 + i * 0.01, 0.55, 0.5, 0.52] for i, name in enumerate("abcd")}
    found = choice(noisy)
    assert found.chosen is None
    assert "cannot be told: 4 of 4 combinations" in found.verdict


def test_nothing_is_chosen_where_the_first_is_at_chance() -> None:
    found = choice({"a": [0.2, -0.2, 0.1, -0.05], "b": [-0.5, -0.4, -0.5, -0.4]})
    assert found.chosen is None
    assert "does not tell hidden labels apart better than chance (p = 0." in found.verdict


def test_one_test_set_has_no_interval() -> None:
    found = choice({"a": [0.5], "b": [0.1]})
    assert found.chosen is None
    assert "use --split kfold:5" in found.verdict
    assert [cell.display for cell in found.table.rows[0].cells[2:]] == ["–", "–"]


def test_hidden_labels_that_are_not_defined_choose_nothing() -> None:
    note = "not defined: hidden labels need at least four perturbations"
    frame = guessed(CLEAR).assign(value=float("nan"), note=note)
    (found,) = tables.shortlists(frame, ratios={})
    assert found.chosen is None
    assert "they need four perturbations" in found.verdict
    assert found.table.groups == ()


def test_the_list_ends_at_the_top() -> None:
    best, _ = choice(CLEAR, top=1).table.groups
    assert len(best.rows) == 1


def test_a_task_without_results_is_one_line() -> None:
    frame = guessed(CLEAR).assign(task="matching", metric="trace")
    with pytest.raises(DataError, match="no results for task 'surrogate'"):
        tables.shortlists(frame, ratios={})


def test_reliability_is_that_of_the_nearest_scores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "measured.csv"
    lines = ["table,group,row,column,value,se,n,done,expected,marks"]
    for number in range(8):
        table, row = "Surrogates: kfold, same training cells", f"set-{number}"
        cells = {
            "truth": "share of the gap",
            "correlation": number / 10,
            "regret": 0.1,
            "chosen": "a + eot" if number % 2 else "a + eot (not above the best control)",
            "score": number / 10,
        }
        lines += [f'"{table}",Hidden label,{row},{k},{v},,,,,' for k, v in cells.items()]
        lines += [f'"{table}",Cycle,{row},score,9,,,,,']
    lines += ['"x",Hidden label,median of 8,score,0.5,,,,,']
    file.write_text("\n".join(lines), encoding="utf-8")
    known = record.measured(file)
    assert len(known) == 8
    assert known[1].place == "set-1, same training cells"
    monkeypatch.setattr(record, "measured", lambda: known)
    found = record.reliability(0.7)
    assert found is not None
    assert sorted(one.score for one in found.near) == [0.3, 0.4, 0.5, 0.6, 0.7]
    assert "median rank correlation with the truth 0.50, median regret 0.10 of the gap" in (
        found.sentence
    )
    assert "control in 2 of 5" in found.sentence


def test_regret_in_other_units_is_left_out() -> None:
    one = Measured("set", 0.2, 0.8, 0.01, "Trace", below=False)
    assert "regret" not in Reliability([one]).sentence


def test_no_record_says_nothing(tmp_path: Path) -> None:
    assert record.measured(tmp_path / "none.csv") == ()
