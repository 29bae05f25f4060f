"""Every kind of damage to an artefact of every kind of stage, which is then needed."""

import shutil
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from benchmark.engine.progress import Lines
from benchmark.grids.expand import expand_grid
from benchmark.grids.spec import GridSpec, validate_grid
from benchmark.runs.run import RunOptions, run_grid
from benchmark.stages.graph.graph import Graph
from benchmark.stages.table import KINDS as STAGES
from benchmark.store.store import Store
from tests.attack.damage import KINDS
from tests.attack.tally import Tally

GRID = {
    "name": "damage",
    "datasets": [{"name": "digits", "subsample": 6}],
    "splits": "holdout",
    "learners": ["pca", "lda"],
    "aligners": ["labeled-eot", "uniform"],
    "tasks": ["matching", "imputation", "surrogate", "probe"],
    "imputer": {"kind": "mean"},
    "surrogate": {"merges": 1, "withheld": 1, "unpaired": 1},
    "ensembles": [{"label": "two", "of": ["lda + labeled-eot", "pca + labeled-eot"]}],
}


def grid(seed: int = 0) -> GridSpec:
    return validate_grid({**GRID, "seed": seed})


def results(folder: Path, seed: int = 0) -> bytes:
    """Run the grid in a folder; no results where some are missing."""
    options = RunOptions(folder / f"run{seed}", folder / "store", isolate="never")
    summary = run_grid(grid(seed), options, Lines(StringIO()))
    return (options.out / "results.parquet").read_bytes() if summary.exit_code == 0 else b""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    assert results(folder)
    assert results(folder, seed=1)  # so that there are other artefacts
    return folder


@pytest.fixture(scope="module")
def tally() -> Iterator[Tally]:
    total = Tally(f"damage: {len(KINDS)} kinds × {len(STAGES)} kinds of stages")
    yield total
    print(f"\n{total}")


def downstream(graph: Graph, key: str) -> set[str]:
    readers, frontier = graph.dependants(), [key]
    found: set[str] = set()
    while frontier:
        new = set(readers[frontier.pop()]) - found
        found |= new
        frontier += new
    return found


def test_the_grid_has_every_kind_of_stage(tmp_path: Path) -> None:
    kinds = {one.kind for one in expand_grid(grid(), Store(tmp_path)).graph.nodes.values()}
    assert kinds == set(STAGES)


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_what_is_damaged_is_made_anew_or_named(
    whole: Path, tmp_path: Path, tally: Tally, stage: str
) -> None:
    expected = (whole / "run0" / "results.parquet").read_bytes()
    graph = expand_grid(grid(), Store(whole / "store")).graph
    victim = min(key for key, one in graph.nodes.items() if one.kind == stage)
    for kind, damage in KINDS.items():
        folder = tmp_path / kind.replace(" ", "-")
        shutil.copytree(whole, folder)
        store = Store(folder / "store")
        for key in downstream(graph, victim):
            store.discard(key)
        damage(store.path(victim))

        def act(folder: Path = folder) -> str:
            found = results(folder)
            return "identical" if found == expected else "silent" if found else "lost"

        tally.judge(f"{kind} of {stage}", act)
        shutil.rmtree(folder)
    assert tally.bad == []
