"""The store: what is written is read back, what is damaged is noticed."""

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.store import store as store_module
from benchmark.store.codecs import Slot, Vectors, table_to_vectors, vectors_to_table
from benchmark.store.keys import sha256, table_digest
from benchmark.store.store import Artefact, Store, TornArtefactError
from weakpair.errors import StoreError

KEY = "ab" * 32


def table(rows: int = 40) -> pa.Table:
    rng = np.random.default_rng(0)
    offsets = pa.array(np.arange(rows + 1, dtype=np.int32) * 3)
    return pa.table(
        {
            "row": np.arange(rows, dtype=np.int32),
            "label": pa.array([None, *["ä"] * (rows - 1)], pa.string()),
            "flag": pa.array([True, None] * (rows // 2)),
            "targets": pa.ListArray.from_arrays(
                offsets, pa.array(np.tile(np.arange(3, dtype=np.int32), rows))
            ),
            "weights": pa.ListArray.from_arrays(offsets, pa.array(rng.random(3 * rows))),
        }
    )


def artefact() -> Artefact:
    return Artefact(KEY, table(), {"kind": "fit"}, {"n": 1}, {"host": "here"})


def test_an_artefact_comes_back_as_it_was_written(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write(artefact())
    read = store.read(KEY)
    assert read.table.to_pydict() == table().to_pydict()
    assert (read.recipe, read.facts, read.provenance) == (
        {"kind": "fit"},
        {"n": 1},
        {"host": "here"},
    )
    assert store.recipe(KEY) == {"kind": "fit"}
    assert store.facts(KEY) == {"n": 1}
    assert list(store) == [KEY]
    assert store.find("abab") == KEY
    assert not list((tmp_path / "tmp").iterdir())


def test_a_large_table_is_written_and_read_group_by_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "_GROUP", 12)
    store = Store(tmp_path)
    store.write(artefact())
    groups = pq.ParquetFile(store.path(KEY)).metadata
    assert [groups.row_group(i).num_rows for i in range(groups.num_row_groups)] == [4] * 10
    read = store.read(KEY)
    assert read.table.to_pydict() == table().to_pydict()
    assert read.table.column("weights").num_chunks == 10


def test_vectors_in_chunks_are_those_in_one() -> None:
    values = np.arange(24, dtype=np.float32).reshape(8, 3)
    names = np.arange(8).astype(str)
    slots: dict[Slot, Vectors] = {
        (1, "train"): Vectors(names[:5], names[:5], values[:5]),
        (1, "test"): Vectors(names[5:], names[5:], values[5:]),
    }
    whole = vectors_to_table(slots, "x").combine_chunks()
    parts = pa.concat_tables([whole.slice(0, 2), whole.slice(2, 1), whole.slice(3)])
    read = table_to_vectors(parts, "x")
    assert list(read) == list(slots)
    for slot, vectors in slots.items():
        np.testing.assert_array_equal(read[slot].values, vectors.values)
        assert read[slot].values.dtype == np.float32
        assert read[slot].ids.tolist() == vectors.ids.tolist()


def test_other_tools_read_the_file_without_us(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write(artefact())
    frame = pq.read_table(store.path(KEY)).to_pandas()
    assert list(frame.columns) == ["row", "label", "flag", "targets", "weights"]
    assert list(frame["targets"][5]) == [0, 1, 2]


def test_every_flipped_bit_is_noticed_or_harmless(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write(artefact())
    whole = store.path(KEY).read_bytes()
    expected = table().to_pydict()
    noticed = 0
    dice = random.Random(0)
    for _ in range(300):
        torn = bytearray(whole)
        torn[dice.randrange(len(torn))] ^= 1 << dice.randrange(8)
        store.path(KEY).write_bytes(torn)
        try:
            read = store.read(KEY)
        except TornArtefactError:
            noticed += 1
        else:
            assert read.table.to_pydict() == expected
            assert read.facts == {"n": 1}
    assert noticed > 200


@pytest.mark.parametrize("keep", [0, 3, 100, -1])
def test_a_file_cut_short_is_noticed(tmp_path: Path, keep: int) -> None:
    store = Store(tmp_path)
    store.write(artefact())
    store.path(KEY).write_bytes(store.path(KEY).read_bytes()[:keep])
    assert not store.has(KEY)
    with pytest.raises(TornArtefactError, match=KEY):
        store.read(KEY)


def test_an_artefact_under_a_wrong_name_is_noticed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write(artefact())
    other = "cd" * 32
    store.path(other).parent.mkdir()
    store.path(KEY).rename(store.path(other))
    with pytest.raises(TornArtefactError):
        store.read(other)


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot write to the store"):
        Store(tmp_path / "file").write(artefact())


def test_an_artefact_that_cannot_be_removed_is_one_line(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.path("ab" * 32).mkdir(parents=True)
    with pytest.raises(StoreError, match="cannot write to the store"):
        store.discard("ab" * 32)


def test_a_full_disk_is_one_line_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(table: pa.Table, path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("benchmark.store.store._write_parquet", full)
    with pytest.raises(StoreError, match="is full"):
        Store(tmp_path).write(artefact())
    assert not list((tmp_path / "tmp").iterdir())
    assert not Store(tmp_path).has(KEY)


def test_the_digest_does_not_depend_on_chunks_but_on_every_value() -> None:
    whole = table()
    chunked = pa.concat_tables([whole.slice(0, 7), whole.slice(7)])
    assert table_digest(whole, {}) == table_digest(chunked, {})
    assert table_digest(whole, {}) != table_digest(whole, {"a": 1})
    assert table_digest(whole, {}) != table_digest(whole.slice(1), {})
    renamed = whole.rename_columns(["r", *whole.column_names[1:]])
    assert table_digest(whole, {}) != table_digest(renamed, {})


def test_strings_that_only_concatenate_alike_differ() -> None:
    one, other = pa.table({"s": ["ab", "c"]}), pa.table({"s": ["a", "bc"]})
    assert table_digest(one, {}) != table_digest(other, {})


@given(st.dictionaries(st.text(max_size=5), st.floats(allow_nan=False) | st.text(), max_size=5))
def test_equal_mappings_have_equal_keys_whatever_their_order(content: dict[str, object]) -> None:
    finite = {k: v for k, v in content.items() if v not in (float("inf"), float("-inf"))}
    backwards = dict(reversed(list(finite.items())))
    assert sha256(finite) == sha256(backwards)
    assert sha256({**finite, "more": 1}) != sha256(finite) or "more" in finite


def flips(content: bytes, every: int) -> Iterator[bytes]:
    """The content with one bit of its second half turned, for every so many bits."""
    for bit in range(len(content) // 2 * 8, len(content) * 8, every):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        yield bytes(flipped)


def test_no_turned_bit_is_believed(tmp_path: Path) -> None:
    """Content and facts are what was written, or the artefact is known to be damaged.

    `tests/attack/test_bits.py` turns every single one.
    """
    store = Store(tmp_path)
    store.write(artefact())
    whole, path = store.read(KEY), store.path(KEY)
    content, noticed = path.read_bytes(), 0
    for flipped in flips(content, 101):
        path.write_bytes(flipped)
        try:
            read = store.read(KEY)
            assert (read.table, read.recipe, read.facts, read.provenance) == (
                *(whole.table, whole.recipe, whole.facts, whole.provenance),
            )
        except TornArtefactError:
            noticed += 1
        try:
            assert store.facts(KEY) == {"n": 1}
            assert store.recipe(KEY) == {"kind": "fit"}
        except StoreError:
            noticed += 1
    assert noticed


@pytest.mark.parametrize("name", ["run:1", "2026-01-01T10:00:00", "a,b%c#d?e*f", "-x ü"])
def test_a_path_is_never_an_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    store = Store(Path(name))
    store.write(artefact())
    assert store.read(KEY).facts == store.facts(KEY) == {"n": 1}
