"""Every bit of the metadata of an artefact that a grid is expanded from."""

import struct
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest

from benchmark.engine.progress import Lines
from benchmark.grids.expand import expand_grid
from benchmark.grids.spec import GridSpec, validate_grid
from benchmark.runs.run import RunOptions, run_grid
from benchmark.store.store import Artefact, Store
from tests.attack.tally import Tally
from weakpair.errors import StoreError

EVERY = pytest.mark.parametrize("every", [997, pytest.param(1, marks=pytest.mark.slow)])
# The names of its folds, which decide which cells there are, stand in the split's facts.
GRID = {
    "name": "bits",
    "datasets": [{"name": "digits", "subsample": 6}],
    "splits": "kfold:2",
    "aligners": ["label-uniform"],
    "tasks": ["matching"],
}


def grid() -> GridSpec:
    return validate_grid(GRID)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("bits")
    options = RunOptions(folder / "run", folder / "store", isolate="never")
    assert run_grid(grid(), options, Lines(StringIO())).exit_code == 0
    return Store(options.store)


def footer(content: bytes) -> range:
    """The bits of a Parquet file's metadata, their length and the mark at the end."""
    (length,) = struct.unpack("<I", content[-8:-4])
    return range((len(content) - 8 - length) * 8, len(content) * 8)


def flips(path: Path, every: int) -> Iterator[int]:
    """Turn one bit of the metadata after the other; the file is whole again afterwards."""
    content = path.read_bytes()
    try:
        for bit in footer(content)[::every]:
            flipped = bytearray(content)
            flipped[bit // 8] ^= 1 << bit % 8
            path.write_bytes(flipped)
            yield bit
    finally:
        path.write_bytes(content)


def of_kind(store: Store, kind: str) -> str:
    return next(key for key in store if store.recipe(key)["kind"] == kind)


def same(one: Artefact, other: Artefact) -> bool:
    return (one.table, one.recipe, one.facts, one.provenance) == (
        *(other.table, other.recipe, other.facts, other.provenance),
    )


def verdict(ask: Callable[[], bool]) -> str:
    """Tell whether what is told is what was written, or it is known that it is not there."""
    try:
        return "identical" if ask() else "silent"
    except StoreError as error:
        return "one clear line" if "\n" not in str(error) else "traceback"


@EVERY
@pytest.mark.parametrize("kind", ["split", "score"])
def test_what_is_told_of_an_artefact_is_what_was_written(
    store: Store, kind: str, every: int
) -> None:
    key = of_kind(store, kind)
    whole = store.read(key)
    tally = Tally(f"every {every}th bit of the metadata of a {kind}, read and asked for facts")
    for bit in flips(store.path(key), every):
        tally.judge(f"bit {bit}, read", lambda: verdict(lambda: same(store.read(key), whole)), 20)
        tally.judge(
            f"bit {bit}, facts", lambda: verdict(lambda: store.facts(key) == whole.facts), 20
        )
    print(f"\n{tally}")
    assert tally.bad == []


@pytest.mark.parametrize("every", [9973, pytest.param(41, marks=pytest.mark.slow)])
def test_a_grid_has_all_its_cells_whatever_became_of_its_split(store: Store, every: int) -> None:
    key = of_kind(store, "split")
    cells = expand_grid(grid(), store).points
    tally = Tally(f"every {every}th bit of the metadata of a split, and the grid's cells")
    for bit in flips(store.path(key), every):
        tally.judge(
            f"bit {bit}",
            lambda: "identical" if expand_grid(grid(), store).points == cells else "silent",
            20,
        )
    print(f"\n{tally}")
    assert tally.bad == []
