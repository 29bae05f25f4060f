"""Plans obey the algebra of the dense matrix they stand for."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from aligners.plan import block as block_module
from aligners.plan import sampling
from aligners.plan.plan import Block, Plan, Status
from aligners.plan.scaled import ScaledBlock
from aligners.plan.sparse import SparseBlock
from aligners.solvers.costs import factors
from weakpair.errors import MethodError, ParameterError

STATUS = Status(3, 1e-5, True, 0.1, "float64")


def plan_of(seed: int, sizes: list[tuple[int, int]], dtype: torch.dtype = torch.float64) -> Plan:
    """A block-diagonal plan with shuffled rows and columns and one constant block."""
    generator = np.random.default_rng(seed)
    n1, n2 = (sum(part) for part in zip(*sizes, strict=True))
    rows, cols = generator.permutation(n1), generator.permutation(n2)
    blocks = []
    for number, (r, c) in enumerate(sizes):
        weights = torch.as_tensor(generator.random((r, c)), dtype=dtype)
        if number == 0:
            weights = torch.tensor(0.25, dtype=dtype).expand(r, c)
        index = [torch.as_tensor(part) for part in (rows[:r], cols[:c])]
        rows, cols = rows[r:], cols[c:]
        blocks.append(Block(index[0], index[1], weights, str(number)))
    return Plan((n1, n2), tuple(blocks), STATUS)


SIZES = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=4)


@given(st.integers(0, 99), SIZES)
def test_every_operation_equals_the_dense_one(seed: int, sizes: list[tuple[int, int]]) -> None:
    plan = plan_of(seed, sizes).validate()
    dense = plan.todense()
    x, y = np.random.default_rng(seed).normal(size=(2, 30, 3))
    x, y = x[: plan.shape[1]], y[: plan.shape[0]]
    np.testing.assert_allclose(plan @ x, dense @ x, atol=1e-12)
    np.testing.assert_allclose(plan @ x[:, 0], dense @ x[:, 0], atol=1e-12)
    np.testing.assert_allclose(plan.T @ y, dense.T @ y, atol=1e-12)
    np.testing.assert_array_equal(plan.T.todense(), dense.T)
    np.testing.assert_allclose(plan.row_sums(), dense.sum(1))
    np.testing.assert_allclose(plan.column_sums(), dense.sum(0))
    bary = dense @ x / dense.sum(1, keepdims=True)
    np.testing.assert_allclose(plan.barycentric(x), bary, atol=1e-12)
    i, j = (part.ravel() for part in np.indices(plan.shape))
    np.testing.assert_array_equal(plan.entries(i, j), dense.ravel())
    share = dense / dense.sum(1, keepdims=True)
    np.testing.assert_allclose(plan.row_normalised_entries(i, j), share.ravel())


def sparse_and_dense(seed: int, shape: tuple[int, int]) -> tuple[Plan, Plan]:
    """A plan of one block, a third of whose weights are not zero, kept either way."""
    generator = np.random.default_rng(seed)
    weights = torch.as_tensor(generator.random(shape) * (generator.random(shape) < 1 / 3))
    rows, cols = (torch.as_tensor(generator.permutation(n)) for n in shape)
    places = weights.nonzero().T
    mixed = torch.as_tensor(generator.permutation(places.shape[1]))
    sparse = SparseBlock(rows, cols, places[:, mixed], weights[places[0], places[1]][mixed], "a")
    return (
        Plan(shape, (sparse,), STATUS).validate(),
        Plan(shape, (Block(rows, cols, weights, "a"),), STATUS),
    )


@given(st.integers(0, 99), st.tuples(st.integers(1, 6), st.integers(1, 6)))
def test_a_sparse_block_is_the_dense_one(seed: int, shape: tuple[int, int]) -> None:
    plan, dense = sparse_and_dense(seed, shape)
    for one, other in ((plan, dense), (plan.T, dense.T)):
        np.testing.assert_array_equal(one.todense(), other.todense())
        x = np.random.default_rng(seed).normal(size=(one.shape[1], 2))
        np.testing.assert_allclose(one @ x, other @ x, atol=1e-12)
        np.testing.assert_allclose(one.barycentric(x), other.barycentric(x), atol=1e-12)
        np.testing.assert_allclose(one.row_sums(), other.row_sums())
        i, j = (part.ravel() for part in np.indices(one.shape))
        np.testing.assert_array_equal(one.entries(i, j), other.entries(i, j))
        for some in (slice(1, 3), torch.tensor([shape[0] - 1, 0])[: one.shape[0]] * 0):
            np.testing.assert_array_equal(one.blocks[0].take(some), other.blocks[0].take(some))
        columns = np.tile(np.arange(one.shape[1]), 5)
        first, second = (each.sampler(7).draw(columns) for each in (one, other))
        np.testing.assert_array_equal(first, second)
    assert plan.dtype == dense.dtype
    assert plan.blocks[0].mass == pytest.approx(dense.blocks[0].mass)


def scaled_and_dense(seed: int, shape: tuple[int, int], root: bool) -> tuple[Plan, Plan]:
    """A plan of one block by potentials, and with its weights."""
    generator = np.random.default_rng(seed)
    rows, cols = (torch.as_tensor(generator.permutation(n)) for n in shape)
    x, y = (torch.as_tensor(generator.normal(size=(n, 2))) for n in shape)
    f, g = (torch.as_tensor(generator.normal(size=n)) for n in shape)
    cost = torch.cdist(x, y) if root else torch.cdist(x, y).square()
    weights = ((f[:, None] + g - cost) / 0.5).exp()
    block = ScaledBlock(rows, cols, factors(x, y), (f, g), 0.5, root, "a")
    return (
        Plan(shape, (block,), STATUS).validate(),
        Plan(shape, (Block(rows, cols, weights, "a"),), STATUS),
    )


@pytest.mark.parametrize("large", [False, True])
@given(st.integers(0, 99), st.tuples(st.integers(1, 6), st.integers(1, 6)), st.booleans())
def test_a_block_by_potentials_is_the_dense_one(
    large: bool, seed: int, shape: tuple[int, int], root: bool
) -> None:
    plan, dense = scaled_and_dense(seed, shape, root)
    with pytest.MonkeyPatch.context() as patch:
        if large:
            patch.setattr(sampling, "_TABLE", 0)
            patch.setattr(sampling, "_PART", 4)
            patch.setattr(block_module, "_ENTRIES", 4)
        for one, other in ((plan, dense), (plan.T, dense.T)):
            np.testing.assert_allclose(one.todense(), other.todense(), rtol=1e-9)
            x = np.random.default_rng(seed).normal(size=(one.shape[1], 2))
            np.testing.assert_allclose(one @ x, other @ x, rtol=1e-9)
            np.testing.assert_allclose(one.barycentric(x), other.barycentric(x), rtol=1e-9)
            i, j = (part.ravel() for part in np.indices(one.shape))
            np.testing.assert_allclose(one.entries(i, j), other.entries(i, j), rtol=1e-9)
            columns = np.tile(np.arange(one.shape[1]), 5)
            first, second = (each.sampler(7).draw(columns) for each in (one, other))
            np.testing.assert_array_equal(first, second)


def test_potentials_that_are_no_numbers_are_refused() -> None:
    plan, _ = scaled_and_dense(0, (3, 2), False)
    (block,) = plan.blocks
    assert isinstance(block, ScaledBlock)
    f, g = block.potentials
    for potentials, message in (
        ((f[:2], g), "differ in shape"),
        ((f * torch.nan, g), "not negative"),
        ((f + 1e4, g), "not negative"),
    ):
        wrong = ScaledBlock(block.rows, block.cols, block.factors, potentials, 0.5)
        with pytest.raises(MethodError, match=message):
            Plan((3, 2), (wrong,), STATUS).validate()


def test_a_sparse_block_that_is_not_sound_is_refused() -> None:
    index = torch.arange(2)
    for places, values, message in (
        ([[0, 2], [0, 1]], [0.5, 0.5], "differ in shape"),
        ([[0, 0], [1, 1]], [0.5, 0.5], "differ in shape"),
        ([[0, 1], [0, 1]], [0.5, -0.5], "not negative"),
        ([[0, 1], [0, 1]], [0.5, float("nan")], "not negative"),
    ):
        block = SparseBlock(index, index, torch.tensor(places), torch.tensor(values))
        with pytest.raises(MethodError, match=message):
            Plan((2, 2), (block,), STATUS).validate()


def test_products_return_the_kind_and_width_they_were_given() -> None:
    plan = plan_of(0, [(3, 2), (2, 4)], torch.float32)
    array = np.ones((6, 2), dtype=np.float32)
    assert (plan @ array).dtype == np.float32
    assert (plan @ array.astype(np.float64)).dtype == np.float64
    product = plan @ torch.as_tensor(array)
    assert isinstance(product, torch.Tensor)
    assert product.shape == (5, 2)
    assert isinstance(plan.barycentric(torch.as_tensor(array)), torch.Tensor)


def test_rows_without_mass_project_to_the_mean() -> None:
    weights = torch.tensor([[0.5, 0.5], [0.0, 0.0]])
    plan = Plan((2, 2), (Block(torch.arange(2), torch.arange(2), weights),), STATUS)
    x = np.array([[1.0], [3.0]])
    np.testing.assert_allclose(plan.barycentric(x), [[2.0], [2.0]])
    np.testing.assert_allclose(plan.row_normalised_entries([1], [0]), [0.0])


def test_a_constant_block_never_allocates_its_area() -> None:
    n = 200_000
    weights = torch.tensor(1 / n**2, dtype=torch.float64).expand(n, n)
    plan = Plan((n, n), (Block(torch.arange(n), torch.arange(n), weights),), STATUS).validate()
    assert plan.nbytes < 4_000_000
    x = np.arange(n, dtype=np.float64)
    np.testing.assert_allclose((plan @ x)[:3], x.mean() / n)
    np.testing.assert_allclose(plan.column_sums()[:3], 1 / n)
    assert plan.sample(np.random.default_rng(0)).shape == (n,)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1.0])
def test_validate_names_weights_that_cannot_be(bad: float) -> None:
    weights = torch.tensor([[1.0, bad]])
    plan = Plan((1, 2), (Block(torch.arange(1), torch.arange(2), weights, "x"),), STATUS)
    with pytest.raises(MethodError, match=r"block 'x'.*finite and not negative"):
        plan.validate()


def test_validate_wants_a_partition() -> None:
    one = Block(torch.tensor([0]), torch.tensor([0]), torch.ones(1, 1))
    with pytest.raises(MethodError, match="partition the 2 rows"):
        Plan((2, 1), (one,), STATUS).validate()
    with pytest.raises(MethodError, match="partition the 1 rows"):
        Plan((1, 1), (one, one), STATUS).validate()
    with pytest.raises(MethodError, match="differ in shape"):
        Plan((1, 1), (Block(one.rows, one.cols, torch.ones(1, 2)),), STATUS).validate()


def test_products_reject_the_wrong_length() -> None:
    with pytest.raises(ParameterError, match="6 rows"):
        plan_of(0, [(3, 2), (2, 4)]) @ np.ones(5)


def test_status_does_not_compare_time() -> None:
    assert Status(1, 0.0, True, None, "float64", 1.0) == Status(1, 0.0, True, None, "float64", 2.0)
    assert Status(1, 0.0, True, None, "float64") != Status(2, 0.0, True, None, "float64")
