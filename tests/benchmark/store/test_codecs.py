"""Plans come back from their tables as they were, sparse where that saves something."""

import numpy as np
import pytest
import torch

from aligners.plan.plan import Block, Plan, Status
from aligners.plan.sparse import SparseBlock
from benchmark.store import codecs
from benchmark.store.codecs import plan_facts, plan_to_table, table_to_plan

STATUS = Status(3, 1e-5, True, 0.1, "float64")


def plan(dtype: torch.dtype) -> Plan:
    """A dense block and a sparse one; rows and columns out of order."""
    rng = np.random.default_rng(0)
    rows, cols = torch.as_tensor(rng.permutation(9)), torch.as_tensor(rng.permutation(7))
    places = torch.tensor([[0, 2, 2, 4], [1, 0, 2, 2]])
    values = torch.tensor([0.1, 0.2, 0.0, 0.4], dtype=dtype)
    dense = Block(rows[5:], cols[3:], torch.as_tensor(rng.random((4, 4))).to(dtype), "b")
    return Plan((9, 7), (SparseBlock(rows[:5], cols[:3], places, values, "a"), dense), STATUS)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("sparse", [False, True])
def test_a_plan_survives_its_table(
    dtype: torch.dtype, sparse: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sparse:
        monkeypatch.setattr(codecs, "_LARGE", 0)
        monkeypatch.setattr(codecs, "_SPARSE", 0.5)
    known = plan(dtype).validate()
    table = plan_to_table(known, np.array([f"cell-{i}" for i in range(9)]))
    assert [len(part) for part in table["weights"].to_pylist()].count(4) == 4
    read = table_to_plan(table, plan_facts(known)).validate()
    np.testing.assert_array_equal(read.todense(), known.todense())
    assert read.dtype == dtype
    assert isinstance(read.blocks[0], SparseBlock) == sparse
    assert not isinstance(read.blocks[1], SparseBlock)
    assert [block.label for block in read.blocks] == ["a", "b"]
