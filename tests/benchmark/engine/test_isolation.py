"""A method of somebody else's harms no other method's result, whatever it does.

Here is of each kind of culprit one; all of them are in `tests/attack`.
"""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from benchmark.engine.isolation.switches import PROCESS, main_thread
from benchmark.engine.isolation.torch_switches import TORCH
from tests.benchmark import culprits, mischief
from tests.benchmark.beside import (
    GOOD_ALIGNERS,
    GOOD_LEARNERS,
    fresh,
    grid,
    hold,
    judge,
    run,
    scores,
    undisturbed_scores,
)
from tests.benchmark.culprits import LEARNERS, path

FEW = ("ExitsWithZero", "PatchesNumpy", "Panics", "Forks")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return undisturbed_scores(tmp_path_factory.mktemp("undisturbed"))


@pytest.mark.parametrize(
    ("workers", "few"), [(0, FEW[:1]), pytest.param(2, FEW, marks=pytest.mark.slow)]
)
def test_a_few_culprits_harm_nobody(
    undisturbed: pd.DataFrame, tmp_path: Path, workers: int, few: tuple[str, ...]
) -> None:
    hold(fresh(tmp_path, workers), {name: LEARNERS[name] for name in few}, undisturbed)


IN_PROCESS = {
    **{name: why for name, (_, why) in (mischief.RAISES | mischief.HUNTERS).items()},
    **dict.fromkeys((*mischief.STATE, *mischief.INPUTS, "Forks", "Spoiler")),
    **{name: why for name, (_, why) in culprits.MAPS.items()},
    "Reporter": LEARNERS["Reporter"],
}
del IN_PROCESS["Asks"]  # would ask the terminal


def test_what_can_be_put_back_in_this_process_is(undisturbed: pd.DataFrame, tmp_path: Path) -> None:
    """First the culprits, then the others, on the fold that the process has kept."""
    options = replace(fresh(tmp_path, 0), isolate="never")
    switches = [*PROCESS, *main_thread(), *TORCH]
    before = [switch.look() for switch in switches]
    _, stages = run(grid([path(name) for name in IN_PROCESS], GOOD_ALIGNERS), options)
    assert judge(stages, "fit", IN_PROCESS) == []
    assert [switch.look() for switch in switches] == before
    run(grid(GOOD_LEARNERS, GOOD_ALIGNERS), options)
    pd.testing.assert_frame_equal(scores(options), undisturbed, check_exact=True)


def test_aligners_in_this_process_are_given_arrays_of_their_own(
    undisturbed: pd.DataFrame, tmp_path: Path
) -> None:
    options = replace(fresh(tmp_path, 0), isolate="never")
    spoiling = {f"{name}Aligner": None for name in mischief.INPUTS} | culprits.PLANS
    _, stages = run(grid(["pca"], [path(name) for name in spoiling]), options)
    assert judge(stages, "align", spoiling) == []
    run(grid(GOOD_LEARNERS, GOOD_ALIGNERS), options)
    pd.testing.assert_frame_equal(scores(options), undisturbed, check_exact=True)
