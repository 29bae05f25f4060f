"""The best against the rest: which family, which correction, what a table says of it."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel

import tables
from tables.inference.comparisons import compare_best, comparison_table
from tables.inference.statistics import compare_with_best, corrected_t_tests, resolution
from tables.model import Mark
from tables.ranked.boards import Board, boards
from tables.ranked.folds import overlap
from tests.tables.examples import mixed, results
from weakpair.errors import DataError

# Holm's adjustment of scipy's paired t-tests over all pairs, by statsmodels 0.15 (multipletests).
SCORES = np.array(
    [
        [0.00, 0.30, -0.27, -0.89, -0.45, -0.99, 0.06, 1.34],
        [0.01, -0.12, 0.99, 0.86, 0.61, -0.43, 0.47, 1.20],
        [-0.34, 0.54, -0.90, -0.29, -0.84, 0.76, -0.27, 1.27],
        [3.16, 2.81, 0.48, 2.46, 2.95, 3.11, 1.47, 2.52],
    ]
)
AGAINST_LAST = [0.003572111827648814, 0.019267160683532528, 0.0010465057433496165]


def only(frame: pd.DataFrame, **options: Any) -> Board:
    (board,) = boards(frame, "matching", **options)
    return board


def folds(count: int, replicates: int = 1) -> pd.DataFrame:
    """Three methods, two of them close."""
    rng = np.random.default_rng(4)
    base = rng.normal(size=count * replicates)
    near = base + 0.02 * rng.normal(size=len(base))
    far = base - 3 + 0.1 * rng.normal(size=len(base))
    frame = results(
        {(n, "eot"): {"trace": v.tolist()} for n, v in (("a", base), ("b", near), ("c", far))}
    )
    place = frame["fold"].astype(int)
    return frame.assign(replicate=place // count, fold=(place % count).astype(str))


def test_holm_runs_over_all_pairs() -> None:
    frame = pd.DataFrame(SCORES, index=list("abcd"))
    found = compare_with_best(frame, higher_is_better=True, test_to_train=0)
    assert [c.name for c in found] == ["d", "b", "c", "a"]
    by_name = {c.name: c.p_value for c in found}
    assert [by_name[n] for n in "abc"] == pytest.approx(AGAINST_LAST, rel=1e-9)
    means = SCORES.mean(axis=1)
    assert {c.name: c.gap for c in found}["a"] == pytest.approx(means[0] - means[3])


def test_two_combinations_are_one_paired_t_test() -> None:
    frame = pd.DataFrame(SCORES[:2], index=list("ab"))
    found = compare_with_best(frame, higher_is_better=True, test_to_train=0)
    assert found[1].p_value == pytest.approx(ttest_rel(SCORES[0], SCORES[1]).pvalue)


def test_rounding_errors_are_no_difference() -> None:
    base = np.linspace(0, 1, 5)
    frame = pd.DataFrame([base + 1e-15, base], index=list("ab"))
    assert compare_with_best(frame, higher_is_better=True, test_to_train=0)[1].p_value == 1


@pytest.mark.parametrize(
    ("split", "count", "replicates", "ratios", "expected"),
    [
        ("kfold", 5, 1, {}, 0.25),
        ("kfold", 10, 1, {"kfold": 1 / 9}, 1 / 9),
        ("lopo", 21, 1, {}, 0.05),
        ("kfold", 10, 1, {"kfold": 0.25}, 0.25),  # two repeats of five folds
        ("holdout", 8, 1, {"holdout": 3 / 7}, 3 / 7),
        ("kfold", 5, 10, {}, 0.025),
    ],
)
def test_folds_overlap_as_their_split_has_it(
    split: str, count: int, replicates: int, ratios: dict[str, float], expected: float
) -> None:
    section = only(folds(count, replicates)).standings[0].section
    assert overlap(section, split, "fold", ratios) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("split", "count", "words"),
    [
        ("holdout", 5, "'holdout': how large its test sets are"),
        ("bootstrap", 5, "kind of split 'boot"),
        ("kfold", 10, "does not follow from 10 folds"),  # ten folds once, or five twice
    ],
)
def test_an_overlap_that_nobody_knows_is_not_made_up(split: str, count: int, words: str) -> None:
    section = only(folds(count)).standings[0].section
    with pytest.raises(DataError, match=words):
        overlap(section, split, "fold", {"lopo": 0.25})
    with pytest.raises(DataError, match=words):
        tables.build(folds(count).assign(split=split), "matching", ties={})
    assert overlap(section, split, "fold", {split: 0.5}) == 0.5


@pytest.mark.parametrize("split", ["holdout", "kfold", "lopo"])
def test_what_results_say_of_their_folds_comes_first(split: str) -> None:
    rows = folds(4)
    sizes = {"0": 0.2, "1": 0.3, "2": 0.3, "3": 0.4}
    section = only(rows.assign(test_to_train=rows["fold"].map(sizes))).standings[0].section
    assert overlap(section, split, "fold", {split: 0.9}) == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [("same", 0.25), ("disjoint", 0.5), ("same=0.5", 0.5), ("overlap=0.6", 0.25 / 0.8)],
)
def test_fewer_training_cells_overlap_more(cells: str, expected: float) -> None:
    board = only(folds(5).assign(training_cells=cells))
    for ratios in ({}, {"kfold": 0.25}):
        (found,) = compare_best(board, board.standings[0], ratios)
        assert found.test_to_train == pytest.approx(expected)


def test_training_cells_that_nobody_knows_are_not_made_up() -> None:
    with pytest.raises(DataError, match="training cells 'odd'"):
        tables.build(folds(5).assign(training_cells="odd"), "matching", ties={})
    known = folds(5).assign(training_cells="odd", test_to_train=0.5)
    (table,) = tables.build(known, "matching", ties={})
    assert "test/train 0.5" in table.caption


def test_replicates_are_independent() -> None:
    board = only(folds(5, replicates=6))
    (found,) = compare_best(board, board.standings[0], {"kfold": 0.25})
    assert board.unit == "replicate"
    assert (found.units, found.test_to_train) == (6, 0.0)
    assert found.tied == [("b", "eot")] or found.tied == [("a", "eot")]


def test_ties_are_marked_beside_the_score_and_the_caption_says_how() -> None:
    (table,) = tables.build(folds(5), "matching", ties={})
    marks = {row.cells[0].display: row.cells[2].marks for row in table.rows}
    tied = [name for name, found in marks.items() if Mark.TIED in found]
    assert len(tied) == 1
    assert Mark.TIED not in marks["c + eot"]
    assert "Nadeau–Bengio" in table.caption
    assert "test/train 0.25" in table.caption
    assert "all pairs" in table.caption


@pytest.mark.parametrize(
    ("style", "symbol"),
    [("text", " ≈"), ("markdown", " ≈"), ("latex", r"$^\approx$"), ("html", "<sup>≈</sup>")],
)
def test_every_format_shows_a_tie(style: str, symbol: str) -> None:
    plain = tables.render(tables.build(folds(5), "matching"), style)
    marked = tables.render(tables.build(folds(5), "matching", ties={}), style)
    assert symbol not in plain
    assert symbol in marked


def test_without_ties_the_table_is_as_before() -> None:
    (table,) = tables.build(folds(5), "matching")
    assert "≈" not in tables.render(table)


def test_the_table_of_differences() -> None:
    table = comparison_table(only(folds(5)), {})
    (group,) = table.groups
    shown = {row.cells[0].display: row.cells[1] for row in group.rows}
    assert sorted(cell.display == "best" for cell in shown.values()) == [False, False, True]
    assert shown["c + eot"].value == pytest.approx(-3, abs=0.3)
    assert shown["c + eot"].display.endswith(("(p < 0.001)", "(p 0.001)"))


def test_one_fold_is_no_test() -> None:
    board = only(folds(1))
    (found,) = compare_best(board, board.standings[0], {})
    assert found.tied == []
    table = comparison_table(board, {})
    assert "there is no test" in table.caption
    assert not any("p " in cell.display for row in table.rows for cell in row.cells)


def test_who_lacks_scores_or_is_set_apart_is_not_compared() -> None:
    board = only(mixed())
    trace = compare_best(board, board.standings[0], {})[0]
    assert set(trace.gaps) == {
        ("groove-cosine", "labeled-eot"),
        ("groove-cosine", "eot"),
        ("pca", "eot"),
    }


@pytest.mark.slow
@pytest.mark.parametrize(("methods", "expected"), [(2, 0.05), (10, 0.035), (35, 0.02)])
def test_false_positives_of_families_over_replicates(methods: int, expected: float) -> None:
    """Any false positive among equal methods: 5 % ± 1.5 % for one pair, less for all pairs."""
    rate, naive = _any_false_positive(methods, units=10, simulations=1000)
    assert rate == pytest.approx(expected, abs=0.015)
    assert rate <= 0.065
    if methods == 35:
        assert naive > 0.15  # what Holm over the comparisons with the best alone would give


def _any_false_positive(methods: int, units: int, simulations: int) -> tuple[float, float]:
    rng = np.random.default_rng(0)
    found = naive = 0
    pairs = methods * (methods - 1) / 2
    for _ in range(simulations):
        frame = pd.DataFrame(rng.normal(size=(methods, units)))
        least = min(
            c.p_value for c in compare_with_best(frame, higher_is_better=True, test_to_train=0)[1:]
        )
        found += least < 0.05
        naive += least / pairs * (methods - 1) < 0.05
    return found / simulations, naive / simulations


@pytest.mark.slow
def test_false_positives_of_families_over_overlapping_holdouts() -> None:
    """Five equal regressions on fifteen overlapping 80/20 splits: no more than 5 % + 1.5 %."""
    rng = np.random.default_rng(1)
    n, width, methods, simulations, rejected = 100, 6, 5, 1000, 0
    for _ in range(simulations):
        x = rng.normal(size=(methods, n, width))
        y = rng.normal(size=n) + 0.3 * x.sum(axis=(0, 2))
        scores = []
        for _ in range(15):
            test = np.zeros(n, dtype=bool)
            test[rng.permutation(n)[: n // 5]] = True
            weights = [np.linalg.lstsq(each[~test], y[~test], rcond=None)[0] for each in x]
            scores.append(
                [
                    float(np.mean((y[test] - each[test] @ w) ** 2))
                    for each, w in zip(x, weights, strict=True)
                ]
            )
        found = compare_with_best(
            pd.DataFrame(scores).T, higher_is_better=False, test_to_train=0.25
        )
        rejected += min(c.p_value for c in found[1:]) < 0.05
    assert rejected / simulations <= 0.065


def test_the_resolution_is_what_the_test_finds_four_times_in_five() -> None:
    """Pairs that differ by it are told apart in 80 % of draws; Holm's first step for one pair."""
    rng = np.random.default_rng(0)
    n, draws, sd = 8, 4000, 0.03
    told = [resolution(rng.normal(0, sd / np.sqrt(2), (2, n)), 0.0, 0.05) for _ in range(400)]
    least = np.sqrt(np.mean(np.square(told)))  # a root mean square of SDs is not biased
    found = corrected_t_tests(least + rng.normal(0, sd, (draws, n)), 0.0) < 0.05
    assert found.mean() == pytest.approx(0.8, abs=0.04)


def test_a_table_says_its_resolution_and_fewer_folds_resolve_less() -> None:
    (many,), (few,) = (tables.build(folds(n), "matching", ties={}) for n in (5, 3))
    told = [re.search(r"with 80% power: Trace ([\d.]+\d)", t.caption) for t in (many, few)]
    assert all(told)
    first, second = (float(found[1]) for found in told if found)
    assert 0 < first < second
    (single,) = tables.build(folds(1), "matching", ties={})
    assert "Resolution" not in single.caption
