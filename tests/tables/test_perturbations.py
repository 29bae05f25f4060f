"""Perturbation by perturbation: what each table says of hand-made scores."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tables
from tables import figures
from tables.perturbations.classes import Class, classify
from tables.perturbations.frame import by_label
from tests.tables.examples import results
from weakpair.errors import DataError

FOLDS = 5
JITTER = np.array([0.01, -0.01, 0.005, -0.005, 0.0])
LEVELS = {
    # label: floor, ceiling, baseline, method
    "solved": (0.1, 0.5, 0.48, 0.45),
    "open": (0.1, 0.5, 0.12, 0.30),
    "hard": (0.1, 0.5, 0.10, 0.09),
    "blunt": (0.1, 0.1, 0.12, 0.14),
}
NAMES = [("-", "uniform"), ("paired-cca", "eot"), ("pca", "eot"), ("ps", "eot")]
ROLES = {"-+uniform": "control", "paired-cca+eot": "oracle", "pca+eot": "baseline"}


def whole() -> pd.DataFrame:
    scores = {}
    for place, name in enumerate(NAMES):
        mean = float(np.mean([level[place] for level in LEVELS.values()]))
        scores[name] = {"trace": (mean + (place + 1) * JITTER).tolist()}
    return results(scores, ROLES)


def parts() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "score_key": f"{learner}/{aligner}/{fold}",
            "label": label,
            "cells": 4,
            "metric": "trace",
            "value": means[place] + 0.005 * rng.normal(),
            "higher_is_better": True,
            "note": "",
        }
        for label, means in LEVELS.items()
        for place, (learner, aligner) in enumerate(NAMES)
        for fold in range(FOLDS)
    )


def test_each_label_is_ranked_by_itself_beside_the_whole() -> None:
    (part,) = by_label(whole(), parts(), "matching")
    assert set(part.parts) == set(LEVELS)
    assert part.cells == dict.fromkeys(LEVELS, 4 * FOLDS)
    assert part.whole.ranked == [("ps", "eot"), ("pca", "eot")]
    assert part.parts["solved"].ranked == [("pca", "eot"), ("ps", "eot")]


def test_classes_follow_from_shares() -> None:
    (part,) = by_label(whole(), parts(), "matching")
    classes = {label: classify(standing) for label, standing in part.parts.items()}
    assert classes == {
        "solved": Class.SATURATED,
        "open": Class.OPEN,
        "hard": Class.RESISTANT,
        "blunt": Class.UNTOLD,
    }


def test_a_table_has_a_row_per_perturbation_the_best_closed_first() -> None:
    (table,) = tables.perturbation_tables(whole(), parts(), "matching")
    assert [row.cells[0].display for row in table.rows] == ["solved", "open", "hard", "blunt"]
    assert [column.display for column in table.columns] == [
        *("Perturbation", "Cells", "Class"),
        *("ps + eot", "pca + eot"),
    ]
    first = table.rows[0]
    assert first.cells[1].value == 20
    assert first.cells[4].value == pytest.approx(0.95, abs=0.02)
    assert table.rows[3].cells[3].display == "–"
    assert "1 saturated, 1 open, 1 resistant, 1 not told." in table.caption
    assert table.title == "By perturbation: Matching: digits (k-fold, same training cells)"


def test_effects_stand_beside_and_top_says_how_many_methods() -> None:
    effects = {("digits", ""): {"solved": (1.5, 0.25)}}
    (table,) = tables.perturbation_tables(
        whole(), parts(), "matching", top=1, control="vehicle", effects=effects
    )
    assert [cell.display for cell in table.rows[0].cells[1:4]] == ["20", "1.5", "0.25"]
    assert [cell.display for cell in table.rows[1].cells[2:4]] == ["–", "–"]
    assert len(table.columns) == 6
    assert "Effect: energy distance to vehicle" in table.caption


def test_without_oracles_the_scores_stand_there() -> None:
    frame = whole()
    (table,) = tables.perturbation_tables(frame[frame["role"] != "oracle"], parts(), "matching")
    shown = {row.cells[0].display: row.cells[3].display for row in table.rows}
    assert shown["solved"].startswith("0.4")
    assert "there is no share of the gap" in table.caption
    assert {row.cells[2].display for row in table.rows} == {"not told"}


def test_variants_have_tables_of_their_own() -> None:
    two = [whole().assign(variant=name) for name in ("low", "high")]
    other = two[1].assign(score_key="high/" + two[1]["score_key"])
    second = parts().assign(score_key=lambda f: "high/" + f["score_key"])
    made = tables.perturbation_tables(
        pd.concat([two[0], other]), pd.concat([parts(), second]), "matching"
    )
    assert [table.title.rsplit(", ", 1)[1] for table in made] == ["low", "high"]
    assert made[0].rows == made[1].rows


def test_results_without_scores_by_label_are_told_what_to_do() -> None:
    with pytest.raises(DataError, match="no result of task 'matching' has scores by perturbation"):
        tables.perturbation_tables(whole(), parts()[:0], "matching")


def test_a_figure_has_a_row_per_perturbation_with_its_class(tmp_path: Path) -> None:
    drawing = figures.perturbations(whole(), parts(), "matching", top=1)
    (panel,) = drawing.figure.axes
    assert [label.get_text() for label in panel.get_yticklabels()] == [
        *("solved (saturated)", "open (open)", "hard (resistant)", "blunt (not told)"),
    ]
    assert len(panel.get_xticklabels()) == 1
    assert panel.texts[0].get_text() == "87 %"
    assert drawing.save(tmp_path / "p.svg").stat().st_size > 0


def test_without_a_gap_there_is_no_figure() -> None:
    frame = whole()
    with pytest.raises(DataError, match="no perturbation has a gap"):
        figures.perturbations(frame[frame["role"] != "oracle"], parts(), "matching")
