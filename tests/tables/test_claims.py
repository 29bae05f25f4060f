"""Claims are decided by the scores, and every decision can go either way."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel

from tables import render
from tables.papers.claims import Finding, claims
from tables.papers.claims.contests import decided, p_values
from tables.papers.claims.fields import Field, fields, rank_correlation
from tables.papers.claims.groove import (
    best_trace,
    cosine_is_a_good_default,
    groupclip_is_the_driver,
    matching_is_not_imputation,
    no_aligner_dominates,
    on_par_or_better,
)
from tables.papers.claims.ipic import (
    beats_the_baselines,
    labels_help_treatment,
    matching_again_helps,
    treatment_opposes_task,
    two_modalities_beat_one,
)
from weakpair.errors import DataError

BASELINES = ("lda", "em-cca")
Scores = Mapping[tuple[str, str, str], float]
LOWER = ("foscttm", "mse")
TASKS = {"trace": "matching", "foscttm": "matching", "mse": "imputation"}


def results(
    scores: Scores, *, replicates: int = 8, cells: str = "same", noise: float = 0.01
) -> pd.DataFrame:
    """Tidy results with the given means: (learner, aligner, metric) → mean."""
    rng = np.random.default_rng(0)
    draws = noise * rng.normal(size=(len(scores), replicates))
    draws -= draws.mean(axis=1, keepdims=True)
    return pd.DataFrame(
        {
            "dataset": "simulation",
            "variant": "shared=0.8",
            "split": "holdout",
            "training_cells": cells,
            "replicate": replicate,
            "fold": "holdout-0",
            "learner": learner,
            "aligner": aligner,
            "role": "baseline" if learner in BASELINES else "method",
            "task": TASKS.get(metric, "probe"),
            "metric": metric,
            "value": mean + draw,
            "higher_is_better": metric not in LOWER,
            "converged": True,
            "score_key": f"{learner}{aligner}{metric}{replicate}",
        }
        for ((learner, aligner, metric), mean), row in zip(scores.items(), draws, strict=True)
        for replicate, draw in enumerate(row)
    )


def trace(**means: float) -> Scores:
    return {(name.replace("_", "-"), "eot", "trace"): value for name, value in means.items()}


def probe(metric: str = "task-accuracy", **means: float) -> Scores:
    return {(name.replace("_", "-"), "-", metric): value for name, value in means.items()}


CASES: list[tuple[Callable[[pd.DataFrame], object], Scores, Finding]] = [
    (
        no_aligner_dominates,
        {
            ("ps", "eot", "trace"): 0.5,
            ("ps", "coot", "trace"): 0.3,
            ("ps", "eot", "mse"): 0.9,
            ("ps", "coot", "mse"): 0.4,
        },
        Finding.HOLDS,
    ),
    (
        no_aligner_dominates,
        {
            ("ps", "eot", "trace"): 0.5,
            ("ps", "coot", "trace"): 0.3,
            ("ps", "eot", "mse"): 0.4,
            ("ps", "coot", "mse"): 0.9,
        },
        Finding.FAILS,
    ),
    (
        no_aligner_dominates,
        {("ps", "eot", "trace"): 0.5, ("ps", "coot", "trace"): 0.5},
        Finding.OPEN,
    ),
    (on_par_or_better, trace(groove_cosine=0.5, ps=0.5), Finding.HOLDS),
    (on_par_or_better, trace(groove_cosine=0.5, groove_tdist=0.8, ps=0.7), Finding.HOLDS),
    (on_par_or_better, trace(groove_cosine=0.5, ps=0.7), Finding.FAILS),
    (on_par_or_better, trace(ps=0.5, davae=0.7), Finding.UNTESTED),
    (best_trace, trace(groove_cosine=0.7, ps=0.5), Finding.HOLDS),
    (best_trace, trace(groove_cosine=0.5, ps=0.7), Finding.FAILS),
    (best_trace, trace(groove_cosine=0.701, ps=0.7), Finding.OPEN),
    (best_trace, trace(groove_cosine=0.7, ps=0.701), Finding.OPEN),
    (cosine_is_a_good_default, trace(groove_cosine=0.5, groove_tdist=0.3), Finding.HOLDS),
    (cosine_is_a_good_default, trace(groove_cosine=0.3, groove_tdist=0.5), Finding.FAILS),
    (cosine_is_a_good_default, trace(groove_cosine=0.5, groove_tdist=0.5), Finding.OPEN),
    (
        groupclip_is_the_driver,
        trace(groove_cosine=0.9, groove_no_groupclip=0.3, groove_autoencoder=0.2),
        Finding.HOLDS,
    ),
    (
        groupclip_is_the_driver,
        trace(groove_cosine=0.9, groove_no_groupclip=0.8, groove_autoencoder=0.2),
        Finding.FAILS,
    ),
    (groupclip_is_the_driver, trace(groove_cosine=0.9), Finding.UNTESTED),
    (
        groupclip_is_the_driver,
        {
            (learner, aligner, "trace"): 0.9
            if learner == "groove-cosine" or aligner != "eot"
            else low
            for learner, low in (
                ("groove-cosine", 0.9),
                ("groove-no-groupclip", 0.3),
                ("groove-autoencoder", 0.2),
            )
            for aligner in ("eot", "coot")
        },
        Finding.OPEN,
    ),
    (
        matching_is_not_imputation,
        {
            ("ps", "eot", "trace"): 0.5,
            ("davae", "eot", "trace"): 0.8,
            ("ps", "eot", "mse"): 0.3,
            ("davae", "eot", "mse"): 0.6,
        },
        Finding.HOLDS,
    ),
    (
        matching_is_not_imputation,
        {
            ("ps", "eot", "trace"): 0.5,
            ("davae", "eot", "trace"): 0.8,
            ("ps", "eot", "mse"): 0.6,
            ("davae", "eot", "mse"): 0.3,
        },
        Finding.OPEN,
    ),
    (beats_the_baselines, probe(ipic=0.8, supcon=0.6), Finding.HOLDS),
    (beats_the_baselines, probe(ipic=0.6, supcon=0.8), Finding.FAILS),
    (beats_the_baselines, probe(ipic=0.7, supcon=0.6, wcl=0.6, xdc=0.7), Finding.HOLDS),
    (beats_the_baselines, probe(ipic=0.7, supcon=0.6, wcl=0.7, xdc=0.7), Finding.OPEN),
    (beats_the_baselines, probe(ipic=0.7, supcon=0.6, ipic_2T=0.9, ipic_intra=0.9), Finding.HOLDS),
    (matching_again_helps, probe(ipic_rematch=0.8, ipic=0.6), Finding.HOLDS),
    (matching_again_helps, probe(ipic_intra_rematch=0.8, ipic_intra=0.6), Finding.HOLDS),
    (matching_again_helps, probe(ipic_rematch=0.6, ipic=0.8), Finding.FAILS),
    (matching_again_helps, probe(ipic_rematch=0.6, ipic=0.6), Finding.OPEN),
    (matching_again_helps, probe(ipic=0.8, match_once_ot=0.6), Finding.UNTESTED),
    (
        two_modalities_beat_one,
        {**probe(ipic=0.8), **probe("task-accuracy-1", ipic=0.5)},
        Finding.HOLDS,
    ),
    (
        two_modalities_beat_one,
        {**probe(ipic=0.5), **probe("task-accuracy-1", ipic=0.8)},
        Finding.FAILS,
    ),
    (labels_help_treatment, probe("treatment-accuracy", supcon=0.9, wcl=0.5), Finding.HOLDS),
    (labels_help_treatment, probe("treatment-accuracy", supcon=0.5, wcl=0.9), Finding.FAILS),
    (
        treatment_opposes_task,
        {
            **probe("treatment-accuracy", supcon=0.9, wcl=0.5, ipic=0.7),
            **probe("task-accuracy", supcon=0.5, wcl=0.9, ipic=0.7),
        },
        Finding.HOLDS,
    ),
    (
        treatment_opposes_task,
        {
            **probe("treatment-accuracy", supcon=0.9, wcl=0.5, ipic=0.7),
            **probe("task-accuracy", supcon=0.9, wcl=0.5, ipic=0.7),
        },
        Finding.FAILS,
    ),
]


@pytest.mark.parametrize(("decide", "scores", "finding"), CASES)
def test_scores_decide(
    decide: Callable[[pd.DataFrame], object], scores: Scores, finding: Finding
) -> None:
    assert decide(results(scores)).finding is finding  # type: ignore[attr-defined]


def test_a_simple_learner_that_joins_can_overturn_a_claim() -> None:
    table = claims(results(trace(groove_cosine=0.5, ps=0.4, lda=0.8)))[0]
    row = next(row for row in table.rows if row.cells[0].display.startswith("GROOVE is on par"))
    assert [cell.display for cell in row.cells[2:4]] == ["holds", "does not hold"]
    assert "lda + eot" in row.cells[4].display


def test_protocols_are_judged_apart_and_then_compared() -> None:
    same = results(trace(groove_cosine=0.4, ps=0.3, em_cca=0.9))
    disjoint = results(trace(groove_cosine=0.3, ps=0.4, em_cca=0.2), cells="disjoint")
    tables = claims(pd.concat([same, disjoint]))
    assert [table.title for table in tables] == [
        "The papers' claims (same training cells)",
        "The papers' claims (disjoint training cells)",
        "From the same training cells to others",
    ]
    cells = [cell.display for cell in tables[2].rows[0].cells]
    assert cells[0] == "simulation shared=0.8, disjoint"
    assert cells[2].startswith("em-cca + eot 0.9")
    assert cells[3] == "3 of 3"
    assert cells[5].startswith("em-cca + eot")
    assert all(render(tables, style) for style in ("text", "markdown", "latex", "csv"))


def test_controls_and_oracles_make_no_claims() -> None:
    rows = results(trace(uniform=0.1)).assign(role="control")
    with pytest.raises(DataError, match="controls and oracles only"):
        claims(rows)


def test_errors_are_negated_and_incomplete_combinations_left_out() -> None:
    rows = results({("ps", "eot", "mse"): 0.3, ("lda", "eot", "mse"): 0.5})
    rows = rows.drop(rows[(rows["learner"] == "lda") & (rows["replicate"] == 2)].index)
    (found,) = fields(rows, "imputation")
    assert found.combinations == [("ps", "eot")]
    assert found.means["ps", "eot"] == pytest.approx(-0.3, abs=0.02)


def test_p_values_are_those_of_the_paired_t_test_on_replicates() -> None:
    rows = results(trace(ps=0.5, davae=0.505))
    (found,) = fields(rows, "matching")
    gap = found.difference(("ps", "eot"), ("davae", "eot"))
    one, other = (found.scores.loc[name].to_numpy()[0] for name in ("ps", "davae"))
    assert p_values([gap], [found.test_to_train])[0] == pytest.approx(ttest_rel(one, other).pvalue)


def test_holm_runs_over_the_whole_family() -> None:
    (found,) = fields(results(trace(a=0.5, b=0.51, c=0.52), noise=0.02), "matching")
    names = found.combinations
    pairs = [(found, names[0], names[1]), (found, names[0], names[2])]
    alone = [decided([pair])[0].p for pair in pairs]
    together = [contest.p for contest in decided(pairs)]
    assert min(together) == pytest.approx(min(1.0, 2 * min(alone)))


def test_rank_correlation_is_over_what_both_have() -> None:
    one = {("a", "eot"): 1.0, ("b", "eot"): 2.0, ("c", "eot"): 3.0}
    assert rank_correlation(one, {("a", "eot"): 5.0, ("b", "eot"): 9.0}) == pytest.approx(1)


def test_overlapping_folds_widen_the_test() -> None:
    rows = results(trace(ps=0.5, davae=0.52), noise=0.02)
    folds = rows.assign(split="kfold", fold=rows["replicate"].map("fold-{}".format), replicate=0)
    (independent,) = fields(rows, "matching")
    (overlapping,) = fields(folds.assign(test_to_train=1 / 7), "matching")
    assert independent.test_to_train == 0
    assert overlapping.test_to_train == pytest.approx(1 / 7)
    assert p_of(overlapping) > p_of(independent)


def test_the_overlap_is_what_the_rows_say_else_what_grid_and_training_cells_do() -> None:
    rows = results(trace(ps=0.5, davae=0.5), replicates=5)
    rows = rows.assign(fold=rows["replicate"].astype(str), replicate=0, split="kfold")
    for cells, ratio in (("same", 0.25), ("disjoint", 0.5), ("same=0.5", 0.5)):
        (found,) = fields(rows.assign(training_cells=cells), "matching")
        assert found.test_to_train == pytest.approx(ratio)
    sizes = {"0": 0.2, "1": 0.3, "2": 0.2, "3": 0.3, "4": 0.25}
    (found,) = fields(rows.assign(test_to_train=rows["fold"].map(sizes)), "matching")
    assert found.test_to_train == pytest.approx(0.25)


def test_claims_take_the_overlap_from_the_grid_and_imputations_of_modality_1() -> None:
    rows = results(trace(ps=0.5, davae=0.52), noise=0.02).assign(
        split="holdout", replicate=0, fold=[f"holdout-{i}" for i in range(8)] * 2
    )
    with pytest.raises(DataError, match="holdout"):
        claims(rows)
    (found,) = fields(rows.assign(test_to_train=3 / 7), "matching")
    assert found.test_to_train == pytest.approx(3 / 7)
    other = rows.assign(target=2, value=1 - rows["value"])
    told = claims(pd.concat([rows, other]), {"holdout": 0.25})
    assert told == claims(rows, {"holdout": 0.25})


def p_of(found: Field) -> float:
    return decided([(found, ("ps", "eot"), ("davae", "eot"))])[0].p
