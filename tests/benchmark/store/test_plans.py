"""Plans come back from their tables as they were, sparse where that saves something."""

import json

import numpy as np
import pytest
import torch

import aligners
from aligners import linear
from aligners.plan.plan import Block, Plan, Status
from aligners.plan.scaled import ScaledBlock
from aligners.plan.sparse import SparseBlock
from benchmark.store import plans
from benchmark.store.plans import plan_facts, plan_to_table, table_to_plan

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
        monkeypatch.setattr(plans, "_LARGE", 0)
        monkeypatch.setattr(plans, "_SPARSE", 0.5)
    known = plan(dtype).validate()
    table = plan_to_table(known, np.array([f"cell-{i}" for i in range(9)]))
    assert [len(part) for part in table["weights"].to_pylist()].count(4) == 4
    read = table_to_plan(table, plan_facts(known)).validate()
    np.testing.assert_array_equal(read.todense(), known.todense())
    assert read.dtype == dtype
    assert isinstance(read.blocks[0], SparseBlock) == sparse
    assert not isinstance(read.blocks[1], SparseBlock)
    assert [block.label for block in read.blocks] == ["a", "b"]


def test_a_plan_by_potentials_survives_its_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear, "_WEIGHTS", 0)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(12, 3)), rng.normal(size=(9, 3))
    labels = np.array(["a", "b", "c"])
    for name, params in (("eot", {"cost": "euclidean"}), ("labeled-eot", {"scale": "label-max"})):
        known = aligners.get(name, **params).align(
            x, labels[np.arange(12) % 3], y, labels.repeat(3)
        )
        table = plan_to_table(known, np.array([f"cell-{i}" for i in range(12)]))
        assert table.num_rows == 21
        read = table_to_plan(table, json.loads(json.dumps(plan_facts(known)))).validate()
        np.testing.assert_array_equal(read.todense(), known.todense())
        assert all(isinstance(block, ScaledBlock) for block in read.blocks)
        assert [b.label for b in read.blocks] == [b.label for b in known.blocks]
