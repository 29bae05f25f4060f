"""Questions that notes can ask of runs and papers."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tables.documents.model import DocumentRun
from tables.documents.words import RunNumbers, words
from tables.filling import rendered
from tables.page.material import RunRecord
from tables.results import checked
from tests.tables.examples import row
from weakpair.errors import DataError

GAPS = {"a": 0.05, "b": 0.2, "c": 0.3}
SCORES = {
    ("em-cca", "eot"): [0.9, 0.8, 0.7],
    ("lda", "eot"): [0.5, 0.6, 0.8],
    ("pca", "eot"): [0.1, 0.2, 0.3],
}


def facts(key: str) -> Mapping[str, Any]:
    return {"gap": GAPS[key]}


def results(scores: Mapping[tuple[str, str], list[float]] = SCORES, **place: Any) -> pd.DataFrame:
    rows = [
        row(*name, "trace", value, replicate=replicate, fit_key="abc"[replicate], **place)
        for name, values in scores.items()
        for replicate, value in enumerate(values)
    ]
    return pd.DataFrame(rows).assign(test_to_train=0.25)


def run(frame: pd.DataFrame) -> DocumentRun:
    return DocumentRun(checked(frame), RunRecord("x", pd.DataFrame(), {}, ""), facts)


def filled(text: str, **runs: pd.DataFrame) -> str:
    return rendered(text, words({name: run(frame) for name, frame in runs.items()}), "notes.md")


@pytest.mark.parametrize(
    ("asked", "right"),
    [
        ('score("lda + eot", "trace")', ".633"),
        ('wins("em-cca + eot", "lda + eot", "trace")', "2 of 3"),
        ('lowest(["em-cca + eot", "lda + eot"], "trace", 1)', ".6"),
        ('highest(["em-cca + eot", "lda + eot"], "trace", 1)', ".8"),
        ('lowest_fact("em-cca", "gap")', ".05"),
        ('highest_fact("em-cca", "gap", 1)', ".3"),
        ('facts_above("em-cca", "gap", 0.1)', "2 of 3"),
    ],
)
def test_a_number_is_that_of_the_run(asked: str, right: str) -> None:
    assert filled(f'{{{{ run("sim").{asked} }}}}', sim=results()) == right


def test_a_median_goes_over_perturbations_and_a_perturbation_over_folds() -> None:
    frame = results().assign(score_key=[*"abcdefghi"])
    scores = {"p": [1, 3, 9], "q": [4, 4, 9], "r": [5, 7, 9], "s": [8, 8, 9], "t": [30, 0, 9]}
    labels = pd.DataFrame(
        [
            (key, name, "trace", value)
            for name, of in scores.items()
            for key, value in zip("abz", of, strict=True)
        ],
        columns=["score_key", "label", "metric", "value"],
    )
    numbers = RunNumbers(checked(frame), facts, labels)
    assert numbers.over_labels("em-cca + eot", "trace") == "6.00 (4.00 to 8.00)"
    with pytest.raises(DataError, match="no scores by perturbation"):
        numbers.over_labels("lda + eot", "trace")


def test_a_place_narrows_the_numbers() -> None:
    halves = {name: [value / 2 for value in values] for name, values in SCORES.items()}
    both = pd.concat([results(variant="a"), results(halves, variant="b")])
    text = '{% set half = run("sim").at(variant="b") %}\n{{ half.score("em-cca + eot", "trace") }}'
    assert filled(text, sim=both.reset_index(drop=True)) == ".400"


def test_a_correlation_of_ranks_is_that_of_the_means() -> None:
    turned = dict(zip(SCORES, reversed(SCORES.values()), strict=True))
    text = '{{ run("sim").correlation(run("other"), "trace") }}'
    assert filled(text, sim=results(), other=results(turned)) == "−1.00"
    assert filled(text, sim=results(), other=results()) == "1.00"


def paired(**place: Any) -> pd.DataFrame:
    """Results in which the cosine kernel wins every contest."""
    spread = np.random.default_rng(0).normal(scale=0.001, size=(2, 10))
    rows = [
        row(f"groove-{kernel}", "eot", "trace", mean + noise, replicate=replicate, **place)
        for (kernel, mean), noises in zip((("cosine", 0.9), ("tdist", 0.1)), spread, strict=True)
        for replicate, noise in enumerate(noises)
    ]
    return pd.DataFrame(rows).assign(test_to_train=0.25)


def test_a_finding_is_the_verdict_on_the_claim_that_begins_so() -> None:
    text = '{{ run("sim").finding("The cosine kernel") }}: {{ run("sim").evidence("The cosine") }}'
    assert filled(text, sim=paired()).startswith("holds: 1 won")


def test_verdicts_are_counted_by_table() -> None:
    place = {"dataset": "simulation", "variant": "shared=1.0", "split": "holdout"}
    rows = [
        row("groove-cosine", "labeled-eot", "trace", value, replicate=replicate, **place)
        for replicate, value in enumerate((0.46, 0.47, 0.46, 0.47))
    ]
    frame = pd.DataFrame(rows)
    text = '{{ run("s").verdicts("groove", 1) }} {{ run("s").verdicts("groove", 1, "better") }}'
    assert filled(text, s=frame) == "1 0"
    assert filled('{{ run("s").verdicts("groove", 1, "reproduced") }}', s=frame) == "1"


def test_a_paper_s_number_is_in_our_units() -> None:
    assert filled('{{ paper("ipic", "raw", "task-accuracy", dataset="birfl") }}') == ".554"


@pytest.mark.parametrize(
    ("asked", "words_of_the_error"),
    [
        ('run("simulaton")', "unknown run 'simulaton'"),
        ('run("sim").at(variant="z")', "no results with variant='z'; there are a, b"),
        ('run("sim").at(place="z")', "unknown place of a score 'place'"),
        ('run("sim").finding("No such claim")', "0 claims begin with 'No such claim'"),
        ('run("sim").lowest_fact("em-cca", "gape")', "have no diagnostic 'gape'"),
        ('run("sim").verdicts("groove", 1, "nice")', "unknown verdict 'nice'"),
        ('paper("groove", "lda", "trace")', "prints no number of lda"),
    ],
)
def test_a_mistake_is_one_line(asked: str, words_of_the_error: str) -> None:
    both = pd.concat([results(variant="a"), results(variant="b")]).reset_index(drop=True)
    with pytest.raises(DataError) as caught:
        filled(f"{{{{ {asked} }}}}", sim=both)
    assert words_of_the_error in str(caught.value)
    assert str(caught.value).startswith("notes.md: ")


def test_verdicts_need_one_kind_of_training_cells() -> None:
    both = pd.concat([paired(), paired(training_cells="disjoint")]).reset_index(drop=True)
    with pytest.raises(DataError, match="several of training_cells"):
        filled('{{ run("sim").finding("The cosine kernel") }}', sim=both)
