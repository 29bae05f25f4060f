"""Several fits of one fold: their mean is the score, their spread is told and not ranked."""

import math

import numpy as np
import pandas as pd
import pytest

import tables
from tables.filling import Numbers
from tables.inference.comparisons import compare_best
from tables.papers.claims.build import claims
from tables.papers.compare import compare
from tables.papers.published import load
from tables.ranked.boards import boards
from tables.ranked.seeds import over_seeds
from tables.results import checked
from tests.tables.examples import row
from weakpair.errors import DataError

FOLDS = 4


def fits(learner: str, by_seed: list[list[float]], **changes: object) -> list[dict[str, object]]:
    """Rows of a learner: for each seed its Trace by fold."""
    return [
        row(learner, "eot", "trace", value, fold=str(fold), seed=seed, **changes)
        for seed, values in enumerate(by_seed)
        for fold, value in enumerate(values)
    ]


def example(**changes: object) -> pd.DataFrame:
    """Two learners from two seeds, and a control that is fitted from none."""
    control = [
        row("-", "uniform", "trace", 0.1, fold=str(fold), role="control") for fold in range(FOLDS)
    ]
    shaky = fits("shaky", [[0.5, 0.6, 0.5, 0.6], [0.3, 0.4, 0.3, 0.4]], **changes)
    steady = fits("steady", [[0.3, 0.4, 0.3, 0.4]] * 2, **changes)
    return pd.DataFrame([*shaky, *steady, *control])


def test_a_score_is_the_mean_over_seeds_and_their_spread_is_that_of_one_fold() -> None:
    once, seeds = over_seeds(example())
    assert seeds.count == 2
    assert len(once) == 3 * FOLDS
    means = once.groupby("learner")["value"].mean()
    assert means["shaky"] == pytest.approx(0.45)
    assert means["-"] == pytest.approx(0.1)
    # Folds differ as well, but by the data: 0.2 between the seeds of each is all that counts.
    assert seeds.spread["trace"]["shaky", "eot"] == pytest.approx(0.2 / math.sqrt(2))
    assert seeds.spread["trace"]["steady", "eot"] == 0
    assert seeds.noise("trace", ("shaky", "eot"), FOLDS) == pytest.approx(
        0.2 / math.sqrt(2) / 8**0.5
    )


def test_one_seed_leaves_everything_as_it_is() -> None:
    frame = example()
    first = frame[frame["seed"] == 0]
    once, seeds = over_seeds(first)
    assert once is first
    assert (seeds.count, seeds.spread) == (1, {})
    assert "seeds" not in tables.build(first, "matching")[0].caption


def test_a_learner_that_lacks_a_seed_has_no_score_there() -> None:
    frame = example()
    lacking = frame[
        ~((frame["learner"] == "shaky") & (frame["seed"] == 1) & (frame["fold"] == "2"))
    ]
    once, _ = over_seeds(lacking)
    shaky = once[once["learner"] == "shaky"].set_index("fold")["value"]
    assert np.isnan(shaky["2"])
    assert shaky.drop("2").notna().all()
    (board,) = boards(lacking, "matching")
    assert board.standings[0].incomplete == [("shaky", "eot")]


def test_the_caption_tells_the_spread() -> None:
    (table,) = tables.build(example(), "matching")
    assert "fitted from 2 seeds" in table.caption
    assert "Trace 0.071, at most 0.14 (shaky + eot)" in table.caption


def test_the_spread_is_over_all_variants() -> None:
    """A combination stands in several sections: none of its spreads is lost."""
    calm = example().assign(variant="calm")
    calm["value"] = calm.groupby(["learner", "fold"])["value"].transform("mean")
    (table,) = tables.build(pd.concat([example().assign(variant="wild"), calm]), "matching")
    assert "at most 0.14 (shaky + eot)" in table.caption


@pytest.mark.parametrize(("ahead", "tied"), [(0.001, True), (0.2, False)])
def test_what_seeds_alone_would_make_is_a_tie_however_steady(ahead: float, tied: bool) -> None:
    """The same lead on every fold is infinitely far from zero for a paired test."""
    low = [0.3, 0.4, 0.3, 0.4]
    seeds = [[value - 0.05 for value in low], [value + 0.05 for value in low]]
    better = [[value + ahead for value in values] for values in seeds]
    frame = pd.DataFrame([*fits("one", seeds), *fits("two", better)])
    (board,) = boards(frame, "matching")
    (found,) = compare_best(board, board.standings[0], {"kfold": 0.25})
    assert found.p_values["one", "eot"] < 0.001
    assert found.tied == ([("one", "eot")] if tied else [])


def test_a_score_that_stands_twice_for_one_seed_is_refused() -> None:
    frame = example().assign(seed=0)
    with pytest.raises(DataError, match="stands twice"):
        tables.build(frame, "matching")


def published_rows(seeds: int) -> pd.DataFrame:
    """Results of the paper's simulation; from several seeds, that average to those from one."""
    rows = []
    for number, learner in enumerate(("groove-cosine", "groove-tdist", "davae", "ps")):
        for replicate in range(3):
            for aligner in ("eot", "labeled-eot"):
                for metric, better in (("trace", 0.3), ("foscttm", 0.2)):
                    value = better + 0.01 * replicate + 0.02 * number
                    place = {
                        "dataset": "simulation",
                        "variant": "shared=0.8",
                        "split": "holdout",
                        "replicate": replicate,
                        "fold": "holdout-0",
                        "test_to_train": 0.25,
                    }
                    shifts = [0.0] if seeds == 1 else np.linspace(-0.1, 0.1, seeds)
                    rows += [
                        row(learner, aligner, metric, value + shift, seed=seed, **place)
                        for seed, shift in enumerate(shifts)
                    ]
    return pd.DataFrame(rows)


def told(found: list[tables.Table]) -> list[list[str]]:
    return [[c.display for c in r.cells] for t in found for g in t.groups for r in g.rows]


@pytest.mark.parametrize("seeds", [2, 3])
def test_claims_papers_and_notes_see_means_over_seeds(seeds: int) -> None:
    once, several = published_rows(1), published_rows(seeds)
    assert told(claims(several)) == told(claims(once))
    paper = load("groove")
    assert told(compare(several, paper)) == told(compare(once, paper))
    for numbers in (Numbers(checked(once)), Numbers(checked(several))):
        assert numbers.score_se("ps + eot", "trace") == ".370 ± .006"
