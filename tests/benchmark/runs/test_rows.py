"""Rows without pandas are the tables that pyarrow makes of them."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.store.keys import _raw
from benchmark.store.rows import table_of

SCHEMA = pa.schema({"t": pa.string(), "b": pa.bool_(), "i": pa.int64(), "f": pa.float64()})
ROW = st.fixed_dictionaries(
    {
        "t": st.none() | st.text(st.characters(exclude_categories=["Cs"])),
        "b": st.none() | st.booleans(),
        "i": st.none() | st.integers(-(2**63), 2**63 - 1),
        "f": st.none() | st.floats(allow_nan=False),
    }
)


@given(st.lists(ROW, max_size=20))
def test_rows_are_the_same_table(rows: list[dict[str, Any]]) -> None:
    made = table_of(rows, SCHEMA)
    made.validate(full=True)
    assert made.equals(pa.Table.from_pylist(rows, schema=SCHEMA))


def test_another_type_is_refused() -> None:
    with pytest.raises(TypeError, match="timestamp"):
        table_of([], pa.schema({"x": pa.timestamp("s")}))


@pytest.mark.parametrize("kind", ["<i8", "<i4", "u1", "<f4", "<f8"])
def test_bytes_of_a_column_are_those_of_its_numbers(kind: str) -> None:
    values = np.arange(10, dtype=kind)
    for array in (pa.array(values), pa.array(values)[3:7], pa.array(values)[:0]):
        assert bytes(_raw(array)) == array.to_numpy().tobytes()
