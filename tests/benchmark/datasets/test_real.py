"""The set in the package, and the sets of the data folder where there is one."""

import os
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.preprocessing import StandardScaler

import benchmark.datasets
from benchmark.datasets import Dataset, load
from benchmark.datasets.base import Features, Rows
from benchmark.datasets.splits import SplitSpec
from benchmark.datasets.splitter import make_split

HERE = Path(benchmark.datasets.__file__).parent


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits")


def test_digits_have_the_shape_and_counts_of_the_source(digits: Dataset) -> None:
    assert digits.modality1.x.shape == (2000, 76)
    assert digits.modality2.x.shape == (2000, 240)
    assert digits.paired
    assert digits.counts() == {str(digit): (200, 200) for digit in range(10)}
    assert set(np.unique(digits.modality2.x)) == set(range(7))


def test_digits_print_as_the_source_prints_them(digits: Dataset) -> None:
    printed = [f"{value:.5g}" for value in digits.modality1.x[0, :9]]
    expected = "0.065882 0.19731 0.10383 0.27036 0.61608 0.035856 0.42457 0.089701 0.36777"
    assert printed == expected.split()
    assert digits.modality2.x[0, :15].tolist() == [0, 3, 4, 4, 6, 6, 6, 6, 6, 5, 3, 1, 0, 0, 0]


def test_digits_are_small_and_name_source_and_licence() -> None:
    folder = HERE / "digits"
    assert sum(path.stat().st_size for path in folder.iterdir()) < 600_000
    text = (folder / "README.md").read_text()
    for word in ("CC BY 4.0", "Robert Duin", "archive.ics.uci.edu/dataset/72/multiple+features"):
        assert word in text


def held_out_r2(x: Features, y: Features, train: Rows, test: Rows) -> float:
    """R² of a ridge from x to y on held-out rows, mean over features."""
    scaler = StandardScaler().fit(x[train])
    model = Ridge(10.0).fit(scaler.transform(x[train]), y[train])
    return float(r2_score(y[test], model.predict(scaler.transform(x[test]))))


def test_rows_of_equal_id_are_the_same_digit(digits: Dataset) -> None:
    """Shuffling partners inside every class must cost what the pairing tells beyond the class."""
    x, y = digits.modality1.x, digits.modality2.x
    train, test = np.arange(0, 2000, 2), np.arange(1, 2000, 2)
    rng = np.random.default_rng(0)
    shuffled = np.concatenate([rng.permutation(np.arange(k, k + 200)) for k in range(0, 2000, 200)])
    paired = held_out_r2(x, y, train, test)
    assert paired > held_out_r2(x, y[shuffled], train, test) + 0.05


REAL = {
    "bmmc_cite_openproblems": (600, 1000, 134, 8),
    "cytof_bodenmiller": (51936, 9, 14, 4),
    "scicar_a549_dex": (1874, 2613, 815, 3),
    "snare_cellmix_scot": (1047, 10, 19, 4),
    "scgem": (177, 34, 27, 5),
}


@pytest.mark.data
@pytest.mark.skipif("WEAKPAIR_DATA" not in os.environ, reason="WEAKPAIR_DATA is not set")
@pytest.mark.parametrize("name", REAL)
def test_real_sets_load_and_split(name: str) -> None:
    if not (Path(os.environ["WEAKPAIR_DATA"]) / name).is_dir():
        pytest.skip(f"WEAKPAIR_DATA has no folder {name}")
    dataset = load(name)
    cells, first, second, groups = REAL[name]
    assert dataset.modality1.x.shape == (cells, first)
    assert dataset.modality2.x.shape == (cells, second)
    assert (dataset.paired, len(dataset.labels)) == (True, groups)
    split = make_split(dataset, SplitSpec(kind="kfold", folds=5), seed=0)
    assert sum(len(fold.test2) for fold in split.folds) == cells
