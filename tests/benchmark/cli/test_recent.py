"""Folds that a process keeps."""

from pathlib import Path

import numpy as np
import pytest

from benchmark.stages.graph.context import Recent
from benchmark.store.codecs import Slot, Vectors, vectors_to_table, with_vectors
from benchmark.store.store import Artefact, Store

KEYS = ["ab" * 32, "cd" * 32, "ef" * 32]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path)
    for number, key in enumerate(KEYS):
        values = np.full((5, 10), number, np.float32)
        vectors = Vectors(np.arange(5).astype(str), np.full(5, "a"), values)
        fold: dict[Slot, Vectors] = {(1, "train"): vectors}
        table = with_vectors(vectors_to_table(fold, "x"), {(1, "train"): values[:, :2]}, "truth")
        store.write(Artefact(key, table, {"kind": "prepare"}))
    return store


def first(recent: Recent, store: Store, key: str) -> float:
    return float(recent.fold(store.root, key, "x")[1, "train"].values[0, 0])


def test_a_fold_is_read_once(store: Store) -> None:
    recent = Recent(limit=10**6)
    for key in KEYS:
        first(recent, store, key)
        store.path(key).unlink()
    assert [first(recent, store, key) for key in KEYS] == [0, 1, 2]


def test_what_was_not_read_for_longest_goes_first(store: Store) -> None:
    recent = Recent(limit=500)
    for key in [KEYS[0], KEYS[1], KEYS[0], KEYS[2]]:
        first(recent, store, key)
    for key in KEYS:
        store.path(key).unlink()
    assert first(recent, store, KEYS[0]) == 0
    with pytest.raises(Exception, match=KEYS[1]):
        first(recent, store, KEYS[1])


def test_a_fold_larger_than_the_limit_is_kept_until_the_next(store: Store) -> None:
    recent = Recent(limit=1)
    first(recent, store, KEYS[0])
    store.path(KEYS[0]).unlink()
    assert first(recent, store, KEYS[0]) == 0
    first(recent, store, KEYS[1])
    with pytest.raises(Exception, match=KEYS[0]):
        first(recent, store, KEYS[0])


def test_columns_of_a_fold_larger_than_the_limit_do_not_drive_each_other_out(store: Store) -> None:
    recent = Recent(limit=1)
    first(recent, store, KEYS[0])
    recent.fold(store.root, KEYS[0], "truth")
    store.path(KEYS[0]).unlink()
    assert first(recent, store, KEYS[0]) == 0


def test_a_column_that_a_fold_does_not_have_is_a_key_error(store: Store) -> None:
    with pytest.raises(KeyError, match="no-such"):
        Recent(limit=1).fold(store.root, KEYS[0], "no-such")


def test_a_large_fold_goes_before_the_next_is_read(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    recent, held = Recent(limit=1), []
    read = Store.read

    def watched(self: Store, key: str) -> Artefact:
        held.append(len(recent._folds))
        return read(self, key)

    monkeypatch.setattr(Store, "read", watched)
    first(recent, store, KEYS[0])
    first(recent, store, KEYS[1])
    assert held == [0, 0]


def test_room_is_made_for_what_is_no_fold(store: Store) -> None:
    small, large = Recent(limit=10**6), Recent(limit=1)
    for recent in (small, large):
        first(recent, store, KEYS[0])
        recent.make_room()
    assert (len(small._folds), len(large._folds)) == (1, 0)
