"""Laws of a grid that is asked for: every change is made once, before anything is validated."""

from pathlib import Path

import pytest

from benchmark.grids.request import Changes, Request, settled
from benchmark.grids.spec import GridSpec
from benchmark.store.store import Store
from weakpair.errors import ConfigError


def asked(source: str, **changes: object) -> GridSpec:
    return settled(Request(source, Changes(**changes)), Store(Path("nowhere"))).grid  # type: ignore[arg-type]


def names(grid: GridSpec, key: str) -> set[str]:
    items = [item for part in grid.parts for item in getattr(part, key)]
    return {item.data.name if key == "datasets" else item.name for item in items}


def test_a_grid_of_grids_is_narrowed_in_each_of_them() -> None:
    whole = asked("full")
    few = asked("full", learners=["PCA", "lda"], aligners=["eot"])
    assert names(few, "learners") == {"pca", "lda"}
    assert names(few, "aligners") == {"eot"}
    assert names(few, "datasets") < names(whole, "datasets")
    one = asked("full", datasets=["simulation"], learners=["pca"])
    assert names(one, "datasets") == {"simulation"}
    assert {entry.variant for part in one.parts for entry in part.datasets}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"learners": ["pcb"]}, "--learners: none of the included grids has 'pcb'; they have"),
        ({"datasets": ["nobody"]}, "--datasets: none of the included grids has 'nobody'"),
        (
            {"datasets": ["cytof_bodenmiller"], "learners": ["oracle-noisy-shared"]},
            "no included grid has all of --datasets, --learners as chosen",
        ),
    ],
)
def test_what_no_included_grid_has_is_one_line(changes: dict[str, list[str]], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        asked("full", **changes)


def test_changes_are_made_in_one_order() -> None:
    """Settings of `--set` go last, also into what was narrowed."""
    grid = asked(
        "smoke",
        learners=["pca"],
        seed=3,
        split="holdout",
        overrides=("seed=4", "learners.pca.dim=7", "splits.test_size=0.5"),
        predict="both",
    )
    assert (grid.seed, grid.learners[0].params, grid.imputer.direction) == (4, {"dim": 7}, "both")
    assert [(split.kind, split.test_size) for split in grid.splits] == [("holdout", 0.5)]
