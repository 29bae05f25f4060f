"""All misbehaving methods beside well-behaved ones, in this process and on workers."""

from pathlib import Path

import pandas as pd
import pytest

from tests.benchmark.beside import fresh, hold, hold_aligners, undisturbed_scores
from tests.benchmark.culprits import ALIGNERS, LEARNERS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return undisturbed_scores(tmp_path_factory.mktemp("undisturbed"))


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_culprits_among_the_learners_harm_nobody(
    undisturbed: pd.DataFrame, tmp_path: Path, workers: int
) -> None:
    hold(fresh(tmp_path, workers), LEARNERS, undisturbed)


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_culprits_among_the_aligners_harm_nobody(
    undisturbed: pd.DataFrame, tmp_path: Path, workers: int
) -> None:
    hold_aligners(fresh(tmp_path, workers), ALIGNERS, undisturbed)
