"""A caption states only what its table has: pairs, names, preprocessing, marks, gaps."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

import tables
from tables import Mark, Table
from tables.inference.bootstrap import rank_caption
from tables.page import Material, build_page, render_page
from tables.ranked.boards import boards
from tests.tables.examples import mixed, results, row, wide

NO_PAIRS = "not defined: the data set has no true pairs"
ONE_EACH = "not defined: one test cell per label leaves a plan inside labels no choice"
FALSE_OF_UNPAIRED = (
    "order hidden",
    "some folds",
    "single fold",
    "mean rank over MSE",
    "in bold",
    "same training cells",
)


def only(frame: pd.DataFrame, **options: Any) -> Table:
    (table,) = tables.build(frame, str(frame["task"].iloc[0]), **options)
    return table


def groups(table: Table) -> dict[str, list[str]]:
    return {g.label: [r.cells[0].display for r in g.rows] for g in table.groups}


def unpaired(frame: pd.DataFrame, **known: Any) -> pd.DataFrame:
    """The same run of data without true pairs: all but WD is not defined."""
    lost = frame["metric"] != "wd"
    value = frame["value"].where(~lost, np.nan)
    return frame.assign(value=value, note=np.where(lost, NO_PAIRS, ""), **known)


@pytest.mark.parametrize(
    "known",
    [{}, {"pairs": 0, "cells1": 30, "cells2": 40, "pairing": "none"}, {"pairing": "none"}],
    ids=["old runs", "counted", "said"],
)
def test_matching_without_pairs_says_so_and_what_to_do(known: dict[str, Any]) -> None:
    table = only(unpaired(mixed()[mixed()["learner"] != "ps"], **known), ties={})
    assert table.title == "Matching: digits (k-fold, no true pairs)"
    assert "No true pairs: matching cannot be scored" in table.caption
    assert "imputation's WD" in table.caption
    assert "Trace, Bary. FOSCTTM: not defined (the data set has no true pairs)." in table.caption
    assert not [words for words in (*FALSE_OF_UNPAIRED, "mean rank") if words in table.caption]
    assert "≈" not in table.caption
    assert list(groups(table)) == [
        "not ranked",
        "controls, not ranked",
        "oracles, not ranked",
    ]


def test_imputation_without_pairs_ranks_by_what_is_left() -> None:
    table = only(unpaired(wide()))
    assert "by mean rank over WD." in table.caption
    assert "MSE, Cos-sim, KNN Recall, KNN PR, KNN ROC: not defined (" in table.caption
    assert "The two modalities count as different cells" in table.caption
    assert "Mean ± SE across 3 folds" in table.caption
    assert not [words for words in FALSE_OF_UNPAIRED[:4] if words in table.caption]
    (board,) = boards(unpaired(wide()), "imputation")
    assert "Mean rank over WD of" in rank_caption(board)


def test_the_page_agrees_with_the_tables() -> None:
    html = render_page(build_page(Material("t", unpaired(mixed(), pairs=0, cells1=30, cells2=40))))
    assert "no true pairs among 30 cells of modality 1 and 40 of modality 2" in html
    assert "nothing is ranked (no true pairs)" in html
    assert not [words for words in FALSE_OF_UNPAIRED if words in html]


def test_paired_and_unpaired_variants_are_not_called_unpaired() -> None:
    both = pd.concat([mixed().assign(variant="a"), unpaired(mixed()).assign(variant="b")])
    assert "same training cells" in only(both).title


def test_a_single_fold_is_said_where_it_is_true() -> None:
    one = mixed()[mixed()["fold"] == "0"]
    assert "Values of a single fold: no SE." in only(one).caption
    assert "single" not in only(unpaired(one)).caption


@pytest.mark.parametrize(
    ("pairs", "pairing", "words"),
    [
        (20, "ids", "All 20 cells are true pairs, by their ids."),
        (20, "rows", "All 20 cells are true pairs, by the order of their rows."),
        (20, "simulated", "All 20 cells are true pairs, as simulated."),
        (5, "ids", "5 true pairs among 20 cells of RNA and 20 of ATAC, by their ids."),
    ],
)
def test_every_caption_says_how_many_cells_are_paired_and_by_what(
    pairs: int, pairing: str, words: str
) -> None:
    frame = mixed().assign(pairs=pairs, cells1=20, cells2=20, pairing=pairing)
    frame = frame.assign(modality1="RNA", modality2="ATAC")
    assert words in only(frame).caption
    html = render_page(build_page(Material("t", frame)))
    assert words[1:].rstrip(".") in html.split("</dl>")[0]
    partly = "paired cells train in both modalities" in only(frame).caption.lower()
    assert partly == (pairs < 20)


def test_preprocessing_stands_in_the_caption() -> None:
    told = "RNA: log1p, zscore; ATAC: none"
    assert f"Preprocessing: {told}." in only(mixed().assign(preprocess=told)).caption
    assert "Preprocessing" not in only(mixed()).caption


def test_directions_of_imputation_are_tables_of_their_own() -> None:
    frame = wide().assign(modality1="RNA", modality2="ATAC")
    both = pd.concat([frame.assign(target=1), frame.assign(target=2, value=frame["value"] + 1)])
    first, second = tables.build(both, "imputation")
    assert first.title == "Imputation of RNA from ATAC: digits (k-fold, same training cells)"
    assert second.title == "Imputation of ATAC from RNA: digits (k-fold, same training cells)"
    assert first.groups == tables.build(frame, "imputation")[0].groups
    unnamed = tables.build(wide().assign(target=1), "imputation")[0]
    assert unnamed.title.startswith("Imputation of modality 1 from modality 2: digits")
    assert tables.build(wide(), "imputation")[0].title.startswith("Imputation: digits")
    page = render_page(build_page(Material("t", both)))
    assert "imputation of ATAC from RNA, digits" in page


def test_a_gap_that_names_no_target_counts_for_every_one() -> None:
    frame = wide()[wide()["fold"] != "2"]
    both = pd.concat([frame.assign(target=1), frame.assign(target=2)])
    gap = wide()[wide()["fold"] == "2"].head(1).assign(status="failed")
    made = tables.build(both, "imputation", failures=gap)
    assert [table.title.split(":")[0] for table in made] == [
        "Imputation of modality 1 from modality 2",
        "Imputation of modality 2 from modality 1",
    ]
    for table in made:
        assert "(2/3)" in table.caption + str([c.display for r in table.rows for c in r.cells])


def suspicious() -> pd.DataFrame:
    frame = mixed()
    bad = (frame["learner"] == "groove-cosine") & (frame["fold"] == "0")
    return frame.assign(suspect=np.where(bad, "loss ended above its start", ""))


@pytest.mark.parametrize(
    ("style", "sign"),
    [
        ("text", "eot † ‡"),
        ("markdown", "eot † ‡"),
        ("latex", r"eot$^\dagger$$^\ddagger$"),
        ("html", "eot<sup>†</sup><sup>‡</sup>"),
        ("csv", "not-converged suspect"),
    ],
)
def test_a_suspect_fit_is_marked_in_every_format(style: str, sign: str) -> None:
    table = only(suspicious())
    (row,) = [r for r in table.rows if r.cells[0].display == "groove-cosine + eot"]
    assert row.cells[0].marks == {Mark.UNCONVERGED, Mark.SUSPECT}
    assert sign in tables.render(table, style)
    assert "‡" not in tables.render(only(mixed()), style)


def test_the_caption_says_why_and_how_often_a_fit_is_suspect() -> None:
    said = only(suspicious()).caption
    assert (
        "‡: a fit of this combination is not to be trusted: loss ended above its start on 1 of 2 "
        "folds." in said
    )
    frame = suspicious()
    frame.loc[frame["learner"] == "pca", "suspect"] = "latents have collapsed"
    frame.loc[(frame["learner"] == "pca") & (frame["fold"] == "1"), "suspect"] = (
        "loss ended above its start"
    )
    assert (
        "loss ended above its start (groove-cosine on 1 of 2 folds, pca on 1 of 2 folds); "
        "latents have collapsed on 1 of 2 folds" in only(frame).caption
    )
    assert "not to be trusted (‡): 2" in render_page(build_page(Material("t", suspicious())))


def test_scores_that_are_not_defined_for_some_are_said_and_not_ranked() -> None:
    """One test cell per label: label-aware plans have no choice, the others are ranked."""
    nan = [np.nan, np.nan]
    frame = results(
        {
            ("pca", "labeled-eot"): {"trace": nan, "foscttm": nan},
            ("pca", "eot"): {"trace": [0.1, 0.2], "foscttm": [0.3, 0.3]},
            ("lda", "eot"): {"trace": [0.2, 0.3], "foscttm": [0.2, 0.2]},
            ("late", "eot"): {"trace": [0.2, None], "foscttm": [0.2, None]},
        }
    )
    frame["note"] = np.where(frame["value"].isna(), ONE_EACH, "")
    table = only(frame)
    assert groups(table) == {
        "": ["lda + eot", "pca + eot"],
        "not ranked": ["pca + labeled-eot"],
        "incomplete, not ranked": ["late + eot"],
    }
    shown = {r.cells[0].display: r.cells[2].display for r in table.rows}
    assert shown["pca + labeled-eot"] == "–"
    assert shown["late + eot"] == "0.200 (1/2)"
    assert "Trace, Bary. FOSCTTM shown as –: one test cell per label leaves" in table.caption


@pytest.mark.parametrize(
    ("cells", "oracle", "said"),
    [
        ("disjoint", "paired-cca", True),
        ("overlap=0.5", "paired-cca", True),
        ("same", "paired-cca", False),
        ("same=0.5", "paired-cca", False),
        ("disjoint", "-", False),
    ],
)
def test_the_caption_says_what_oracles_learn_from(cells: str, oracle: str, said: bool) -> None:
    rows = [
        row("ps", "eot", "trace", 0.1, training_cells=cells),
        row(oracle, "eot", "trace", 0.5, training_cells=cells, role="oracle"),
    ]
    table = only(pd.DataFrame(rows))
    assert ("learns from all of them outside the test set" in table.caption) == said
