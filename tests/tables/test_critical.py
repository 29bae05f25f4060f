"""Critical differences against Demšar's table, scipy and scikit-posthocs."""

from math import sqrt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import friedmanchisquare

from tables.inference.critical import (
    CriticalDifference,
    critical_difference,
    critical_table,
    diagrams,
)
from tables.inference.statistics import NotIdentifiable
from tables.ranked.boards import boards
from tests.tables.examples import mixed, results
from tests.tables.test_comparisons import SCORES


def found(scores: pd.DataFrame, **options: Any) -> CriticalDifference:
    made = critical_difference(scores, higher_is_better=True, **options)
    assert isinstance(made, CriticalDifference)
    return made


# Demšar, JMLR 7 (2006), Table 5 (a): critical values at 5 % for the Nemenyi test.
@pytest.mark.parametrize(
    ("k", "q"), [(3, 2.343), (4, 2.569), (5, 2.728), (6, 2.850), (8, 3.031), (10, 3.164)]
)
def test_the_critical_difference_is_demsars(k: int, q: float) -> None:
    scores = pd.DataFrame(np.random.default_rng(k).normal(size=(k, 30)))
    assert found(scores).difference == pytest.approx(q * sqrt(k * (k + 1) / 180), rel=3e-4)


def test_friedman_is_scipys_and_groups_are_scikit_posthocs() -> None:
    """posthoc_nemenyi_friedman (scikit-posthocs): a–d .0105, b–d .1435, c–d .0055, else > .6."""
    made = found(pd.DataFrame(SCORES, index=list("abcd")))
    reference = friedmanchisquare(*SCORES)
    assert made.statistic == pytest.approx(reference.statistic)
    assert made.p_value == pytest.approx(reference.pvalue)
    assert {frozenset(group) for group in made.groups} == {frozenset("bd"), frozenset("abc")}
    assert set(made.tied) == {"b", "d"}


def test_two_groups_that_never_meet() -> None:
    rng = np.random.default_rng(0)
    high, low = rng.normal(size=(3, 40)) + 100, rng.normal(size=(3, 40))
    made = found(pd.DataFrame(np.vstack([high, low]), index=list("abcxyz")))
    assert {frozenset(group) for group in made.groups} == {frozenset("abc"), frozenset("xyz")}


def test_lower_is_better_turns_the_ranks_round() -> None:
    frame = pd.DataFrame(SCORES, index=list("abcd"))
    up = found(frame).average_ranks
    down = critical_difference(frame, higher_is_better=False)
    assert isinstance(down, CriticalDifference)
    assert (up + down.average_ranks).to_numpy() == pytest.approx(5)


def test_without_a_rejection_all_are_one_group() -> None:
    same = pd.DataFrame(np.ones((4, 12)), index=list("abcd"))
    assert (found(same).p_value, found(same).groups) == (1.0, (tuple("abcd"),))


@pytest.mark.parametrize(
    ("k", "n", "words"),
    [
        (3, 1, "1 block for 3"),
        (3, 2, "exceeds the largest possible one, 2"),
        (2, 50, "needs three"),
    ],
)
def test_too_few_blocks_are_not_identifiable(k: int, n: int, words: str) -> None:
    perfect = pd.DataFrame(np.arange(k)[:, None] + np.zeros((1, n)))
    made = critical_difference(perfect, higher_is_better=True)
    assert isinstance(made, NotIdentifiable)
    assert words in made.reason


def test_it_can_reject_wherever_it_is_identifiable() -> None:
    """A perfect order of the combinations in all blocks tells at least best from worst."""
    for k in (3, 5, 20):
        for n in range(2, 12):
            perfect = pd.DataFrame(np.arange(k)[:, None] + np.zeros((1, n)))
            made = critical_difference(perfect, higher_is_better=True)
            if isinstance(made, CriticalDifference):
                assert made.average_ranks.index[-1] not in made.tied, (k, n)


def test_folds_of_one_data_set_are_no_blocks() -> None:
    (diagram,) = diagrams(boards(mixed(), "matching"), "trace")
    assert isinstance(diagram.found, NotIdentifiable)
    table = critical_table(boards(mixed(), "matching"))
    assert table.rows[0].cells[-1].display == "not identifiable"
    assert "share training rows" in table.caption


def test_data_sets_are_blocks_with_their_folds_averaged() -> None:
    values = {"a": [3.0, 1.0], "b": [1.5, 1.5], "c": [0.0, 1.0]}
    frame = results({(n, "eot"): {"trace": v} for n, v in values.items()})
    parts = [frame.assign(dataset=f"set{i}") for i in range(8)]
    (diagram,) = diagrams(boards(pd.concat(parts), "matching"), "trace")
    assert isinstance(diagram.found, CriticalDifference)
    assert diagram.found.blocks == 8
    assert diagram.found.average_ranks.to_dict() == {
        ("a", "eot"): 1.0,
        ("b", "eot"): 2.0,
        ("c", "eot"): 3.0,
    }


def test_sections_with_replicates_have_a_diagram_each() -> None:
    frame = results({(n, "eot"): {"trace": SCORES[i].tolist()} for i, n in enumerate("abcd")})
    frame = frame.assign(replicate=frame["fold"].astype(int), fold="0")
    both = pd.concat([frame.assign(variant="v1"), frame.assign(variant="v2")])
    made = diagrams(boards(both, "matching"), "trace")
    assert [diagram.place for diagram in made] == ["digits v1, kfold", "digits v2, kfold"]
    assert [getattr(diagram.found, "blocks", 0) for diagram in made] == [8, 8]
