"""Laws of the published numbers: complete, as printed, and consistent where the papers are."""

import numpy as np
import pandas as pd
import pytest

from tables.papers.published import Paper, load
from weakpair.errors import UnknownNameError

UP = {"trace", "cos-sim", "knn-recall", "knn-pr", "knn-roc"}
BLOCK = ["table", "dataset", "variant", "metric"]

# Taken from the papers' text by another route than the CSV files: numbers and their total, total of
# the standard errors, mean ranks and their total.
GROOVE_SUMS = {
    1: (30, 6.374, 0.337, 15, 62.0),
    2: (90, 37.846, 1.778, 15, 59.49),
    3: (60, 11.719, 0.040, 10, 82.00),
    4: (60, 16.335, 0.365, 10, 72.17),
    5: (42, 14.626, 0.801, 0, 0.0),
    6: (20, 4.297, 0.045, 10, 56.5),
    7: (20, 4.976, 0.044, 10, 60.0),
    8: (60, 13.217, 0.257, 10, 85.84),
    9: (21, 4.727, 0.023, 0, 0.0),
    10: (60, 13.975, 0.434, 10, 73.50),
    11: (20, 4.987, 0.077, 10, 60.0),
    12: (20, 4.884, 0.169, 10, 58.0),
}
IPIC_SUMS = {
    1: (136, 9286.8, 0.0),
    7: (136, 9286.8, 152.7),
    8: (80, 4248.4, 0.0),
    9: (24, 4.582, 0.0),
    10: (10, 15.47, 0.0),
}

# table, dataset, variant, learner, aligner, metric -> value, se; read off the page one by one.
GROOVE_SPOTS = [
    (1, "simulation", "shared=1.0", "groove-cosine", "labeled-coot", "trace", 0.856, 0.027),
    (1, "simulation", "shared=0.8", "davae", "labeled-eot", "foscttm", 0.146, 0.014),
    (1, "simulation", "shared=0.5", "groove-tdist", "labeled-eot", "mean-rank", 5.5, None),
    (2, "simulation", "shared=1.0", "ps", "labeled-coot", "cos-sim", 0.920, 0.006),
    (2, "simulation", "shared=0.8", "ps", "eot", "wd", 0.187, 0.022),
    (2, "simulation", "shared=0.5", "groove-cosine", "eot", "knn-roc", 0.585, 0.005),
    (3, "perturb-cite-seq", "", "davae", "labeled-coot", "wd", 0.281, 0.000),
    (4, "perturb-multiome", "", "groove-tdist", "labeled-eot", "mean-rank", 2.17, None),
    (4, "perturb-multiome", "", "davae", "labeled-coot", "knn-pr", 0.113, 0.003),
    (5, "simulation", "shared=0.8", "groove-no-groupclip", "labeled-eot", "foscttm", 0.321, 0.013),
    (5, "perturb-multiome", "", "groove-autoencoder", "eot", "mse", 0.311, 0.001),
    (6, "perturb-cite-seq", "", "groove-tdist", "labeled-egwot", "foscttm", 0.365, 0.001),
    (7, "perturb-cite-seq", "", "groove-cosine", "egwot", "trace", 0.008, 0.001),
    (8, "perturb-cite-seq", "", "davae", "labeled-egwot", "knn-recall", 0.071, 0.008),
    (9, "perturb-cite-seq", "", "groove-autoencoder", "", "cos-sim", 0.048, 0.004),
    (10, "perturb-multiome", "", "groove-tdist", "labeled-coot", "cos-sim", 0.047, 0.079),
    (11, "perturb-multiome", "", "davae", "labeled-eot", "mean-rank", 10.5, None),
    (12, "perturb-multiome", "", "groove-tdist", "labeled-coot", "foscttm", 0.457, 0.050),
]
# table, dataset, variant, learner, metric -> value, sd
IPIC_SPOTS = [
    (1, "birfl", "", "infonce-paired", "task-accuracy", 97.2, None),
    (1, "gko", "clusters=0.25T", "ipic", "task-accuracy", 39.4, None),
    (7, "birfl", "", "ipic", "task-accuracy", 71.5, 0.5),
    (7, "gko", "", "supcon", "treatment-accuracy", 34.1, 1.8),
    (7, "comp", "", "ipic-intra-snn", "task-accuracy", 76.1, 1.8),
    (7, "st", "clusters=4T", "ipic", "treatment-accuracy", 96.9, 0.2),
    (8, "comp", "modality=mean", "infonce-unpaired", "task-accuracy", 54.8, None),
    (8, "gko", "modality=2", "wcl", "task-accuracy", 33.7, None),
    (9, "st", "", "ipic", "perturbation-consistency", 0.433, None),
    (10, "st", "modality=2", "raw", "ilisi", 1.1, None),
]


def signed(block: pd.DataFrame) -> pd.Series:
    """Values of one metric, smaller is better."""
    return -block["value"] if block["metric"].iloc[0] in UP else block["value"]


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """One printed table of one setting: rows by metrics, smaller is better."""
    wide = table.pivot(index="row_order", columns="metric", values="value").sort_index()
    return wide.assign(**{m: -wide[m] for m in UP & set(wide.columns)})


@pytest.mark.parametrize(("table", "expected"), GROOVE_SUMS.items())
def test_groove_tables_are_complete(
    table: int, expected: tuple[int, float, float, int, float]
) -> None:
    rows = load("groove").query("table == @table")
    ranks = rows[rows["metric"] == "mean-rank"]
    scores = rows.drop(ranks.index)
    found = (
        len(scores),
        scores["value"].sum(),
        scores["se"].sum(),
        len(ranks),
        ranks["value"].sum(),
    )
    assert found == pytest.approx(expected)
    assert scores["se"].notna().all()
    assert ranks["se"].isna().all()


@pytest.mark.parametrize(("table", "expected"), IPIC_SUMS.items())
def test_ipic_tables_are_complete(table: int, expected: tuple[int, float, float]) -> None:
    rows = load("ipic").query("table == @table")
    assert (len(rows), rows["value"].sum(), rows["sd"].sum()) == pytest.approx(expected)
    assert rows["sd"].notna().all() == (table == 7)


@pytest.mark.parametrize("spot", GROOVE_SPOTS)
def test_groove_spots(spot: tuple[object, ...]) -> None:
    columns = ["table", "dataset", "variant", "learner", "aligner", "metric"]
    row = load("groove").set_index(columns).sort_index().loc[[spot[:6]]]
    expected = [[spot[6], np.nan if spot[7] is None else spot[7]]]
    np.testing.assert_equal(row[["value", "se"]].to_numpy(float), expected)


@pytest.mark.parametrize("spot", IPIC_SPOTS)
def test_ipic_spots(spot: tuple[object, ...]) -> None:
    columns = ["table", "dataset", "variant", "learner", "metric"]
    row = load("ipic").set_index(columns).sort_index().loc[[spot[:5]]]
    expected = [[spot[5], np.nan if spot[6] is None else spot[6]]]
    np.testing.assert_equal(row[["value", "sd"]].to_numpy(float), expected)


@pytest.mark.parametrize("paper", ["groove", "ipic"])
def test_every_number_stands_once_and_is_typed(paper: Paper) -> None:
    table = load(paper)
    key = [*BLOCK, "split", "learner", "aligner"]
    assert not table.duplicated(key).any()
    assert table["paper"].eq(paper).all()
    assert set(table["marked"]) <= {"bold", "underline", ""}
    assert set(table["split"]) <= {"holdout", "kfold", "lopo"}
    assert set(table["protocol"]) <= {"matching", "imputation", "probe"}
    assert table["value"].notna().all()
    assert table["value"].dtype == np.float64
    assert table["table"].dtype == np.int64
    assert not table.drop(columns=["se", "sd"], errors="ignore").isna().any(axis=None)


def test_what_is_loaded_is_the_callers_own() -> None:
    load("ipic")["value"] = 0.0
    assert load("ipic")["value"].max() == 99.4


def test_an_unknown_paper_is_named() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'groove'"):
        load("grove")  # type: ignore[arg-type]


def test_grooves_bold_is_the_best_shown_but_for_two_blocks() -> None:
    table = load("groove")
    table = table[table["metric"] != "mean-rank"]
    off = []
    for key, block in table.groupby(BLOCK):
        bold = block["marked"] == "bold"
        value = signed(block)
        if bold.any() and not bold.equals(value == value.min()):
            off.append(key)
    setting = (2, "simulation", "shared=0.8")
    assert off == [(*setting, "mse"), (*setting, "wd")]


def test_ipics_bold_is_the_best_without_the_oracle() -> None:
    table = load("ipic").query("table == 1 and learner != 'infonce-paired'")
    for _, block in table.groupby(["dataset", "metric"]):
        bold = block["marked"] == "bold"
        assert bold.equals(block["value"] == block["value"].max())


@pytest.mark.parametrize("table", [1, 2, 3, 4, 6, 7, 8, 10, 11, 12])
def test_mean_ranks_can_follow_from_the_rows_shown(table: int) -> None:
    for _, block in load("groove").query("table == @table").groupby("variant"):
        wide = shown(block)
        rank, metrics = wide.pop("mean-rank"), wide
        assert rank.is_monotonic_increasing
        assert (rank >= metrics.rank(method="min").mean(axis=1) - 0.006).all()
        for better in wide.index:
            worse = (metrics.loc[better] < metrics).all(axis=1)
            assert (rank[worse] >= rank[better] + 1 - 0.011).all()


def test_ipics_full_table_repeats_the_means_of_the_short_one() -> None:
    key = ["dataset", "learner", "variant", "metric"]
    short, full = (load("ipic").query(f"table == {n}").set_index(key)["value"] for n in (1, 7))
    pd.testing.assert_series_equal(short.sort_index(), full.sort_index())


def test_ipics_single_modality_means_agree_but_for_one() -> None:
    wide = (
        load("ipic")
        .query("table == 8")
        .pivot(index=["dataset", "learner"], columns="variant", values="value")
    )
    mean = (wide["modality=1"] + wide["modality=2"]) / 2
    off = (mean - wide["modality=mean"]).abs() > 0.0501
    assert list(wide.index[off]) == [("comp", "infonce-unpaired")]


def test_ipics_tables_8_and_1_are_of_the_same_learners() -> None:
    both = load("ipic").query("table == 8 and variant == 'modality=both'")
    short = load("ipic").query("table == 1 and variant == '' and metric == 'task-accuracy'")
    merged = both.merge(short, on=["dataset", "learner"])
    assert len(merged) == 20
    assert merged["value_x"].equals(merged["value_y"])
