"""Texts that take their numbers from results."""

import numpy as np
import pandas as pd
import pytest

from tables.filling import fill
from tests.tables.examples import row
from weakpair.errors import DataError

LDA, PCA = [0.5, 0.7, 0.6, 0.6], [0.4, 0.5, 0.5, 0.4]


def results(**place: object) -> pd.DataFrame:
    rows = [
        row(learner, "eot", "trace", value, fold=f"fold-{fold}", **place)
        for learner, values in (("lda", LDA), ("pca", PCA))
        for fold, value in enumerate(values)
    ]
    return pd.DataFrame(rows).assign(test_to_train=1 / 3)


def test_numbers_are_those_of_the_results() -> None:
    text = 'LDA has {{ score("lda + eot", "trace") }} ({{ score_se("pca + eot", "trace") }}).'
    error = np.std(PCA, ddof=1) / 2
    assert fill(text, results()) == f"LDA has .600 (.450 ± {error:.3f}).".replace(" 0.", " .")


def test_a_gap_is_paired_and_knows_that_folds_overlap() -> None:
    gaps = np.subtract(LDA, PCA)
    error = gaps.std(ddof=1) * np.sqrt(1 / 4 + 1 / 3)
    assert fill('{{ gap("lda + eot", "pca + eot", "trace") }}', results()) == (
        f"+.150 ± {error:.3f}".replace(" 0.", " .")
    )
    back = fill('{{ gap("pca + eot", "lda + eot", "trace", 2) }}', results())
    assert back.startswith("−.15 ±")


def test_replicates_are_the_units_where_there_are_several() -> None:
    both = pd.concat([results(replicate=0), results(replicate=1)]).reset_index(drop=True)
    assert fill('{{ score_se("lda + eot", "trace") }}', both) == ".600 ± .000"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{{ score("lda + eto", "trace") }}', "aligner='eto'; there are eot"),
        ('{{ score("lda + eot", "mse") }}', "metric='mse'; there are trace"),
        ('{{ score("lda + eot", "trace", data="x") }}', "unknown place of a score 'data'"),
        ("{{ score }", "notes.md"),
        ("{{ scores(1) }}", "notes.md: 'scores' is undefined"),
    ],
)
def test_what_is_not_there_is_one_line(text: str, words: str) -> None:
    with pytest.raises(DataError) as caught:
        fill(text, results(), "notes.md")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_there_is_several_of_must_be_said() -> None:
    both = pd.concat([results(variant="a"), results(variant="b")]).reset_index(drop=True)
    with pytest.raises(DataError, match=r"several of variant \(a, b\); say which"):
        fill('{{ score("lda + eot", "trace") }}', both)
    assert fill('{{ score("lda + eot", "trace", variant="b") }}', both) == ".600"
