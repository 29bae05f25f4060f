"""The downstream label: independent of the condition, shared by both modalities, off by default."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency

from benchmark import datasets
from simulate import Parameters, simulate
from simulate.frames import obs
from simulate.writers import write_parquet
from weakpair.errors import ParameterError

SMALL = Parameters(shared=0.8, cells_per_condition=30, features1=12, features2=8)
LABELLED = replace(SMALL, downstream=3)


def test_the_label_changes_no_number() -> None:
    plain, labelled = simulate(SMALL, 4), simulate(LABELLED, 4)
    np.testing.assert_array_equal(plain.x1, labelled.x1)
    np.testing.assert_array_equal(plain.x2, labelled.x2)
    assert plain.downstream.size == 0
    assert list(obs(plain).columns) == ["group"]


def test_it_is_independent_of_the_condition_and_balanced() -> None:
    drawn = simulate(replace(LABELLED, cells_per_condition=400), 0)
    table = pd.crosstab(drawn.labels, drawn.downstream)
    assert chi2_contingency(table).pvalue > 0.01
    np.testing.assert_allclose(table.sum() / len(drawn.labels), 1 / 3, atol=0.03)


def test_it_is_the_sum_of_the_unperturbed_shared_latents() -> None:
    drawn = simulate(LABELLED, 1)
    total = drawn.truth.z.sum(axis=1)
    highest = [total[drawn.downstream == f"level-{i}"] for i in (1, 2, 3)]
    assert highest[0].max() < highest[1].min()
    assert highest[1].max() < highest[2].min()


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ({"downstream": 1}, "downstream=1"),
        ({"downstream": -1}, "downstream=-1"),
        ({"downstream": 2.5}, "downstream=2.5"),
        ({"downstream": 2, "shared": 0.0}, "needs a shared dimension"),
    ],
)
def test_what_makes_no_sense_is_one_line(given: dict[str, object], hint: str) -> None:
    with pytest.raises(ParameterError, match=hint):
        Parameters(**given)  # type: ignore[arg-type]


def test_files_hold_it_and_the_harness_reads_it(tmp_path: Path) -> None:
    drawn = simulate(LABELLED, 2)
    write_parquet(drawn, tmp_path / "sim")
    spec = {"name": "sim", "path": str(tmp_path / "sim"), "downstream": "downstream"}
    made = {"name": "s", "simulation": {"shared": 0.8, "downstream": 3, "cells_per_condition": 30,
            "features1": 12, "features2": 8}, "seed": 2, "downstream": "downstream"}  # fmt: skip
    for loaded in (datasets.load(spec), datasets.load(made)):
        for samples in (loaded.modality1, loaded.modality2):
            assert samples.obs["downstream"].tolist() == drawn.downstream.tolist()


def test_simulations_without_it_keep_the_digest_they_had() -> None:
    assert (
        datasets.source_digest({"simulation": {"shared": 0.8}, "seed": 3})
        == "08f7a3bc6380f267e1944139ab0126c5a465ef4f2dbfea7965c77f83ef44dbc0"
    )
    one, two = (datasets.source_digest({"simulation": {"downstream": n}}) for n in (2, 3))
    assert one != two
