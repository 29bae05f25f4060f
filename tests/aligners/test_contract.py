"""What holds for every aligner: registration, equivariance, determinism, odd inputs, errors."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import aligners
from aligners.plan.plan import Plan
from tests.aligners.conftest import Small
from weakpair.errors import ParameterError, UnknownNameError

METHODS = [
    "eot", "labeled-eot", "egwot", "labeled-egwot", "labeled-coot", "fused-egwot",
    "fused-labeled-egwot", "snn", "snn-propensity", "exact-ot", "scot", "per-label-egwot", "coot",
    "per-label-scot",
]  # fmt: skip
BY_POT = {
    *("labeled-unbalanced", "labeled-partial", "labeled-fugw", "labeled-ucoot"),
    *("hungarian", "mutual-nn", "scot-v2", "bsp", "hiref", "lowrank-ot"),
}
NEIGHBOURS = ("snn", "snn-propensity")
LABELLED = {e.name for e in aligners.REGISTRY if e.needs_labels and e.role == "method"}
ITERATIVE = [name for name in METHODS if name not in (*NEIGHBOURS, "exact-ot")]


def run(name: str, data: Small, **params: Any) -> Plan:
    plan = aligners.get(name, **params).align(data.x, data.t1, data.y, data.t2)
    return plan.validate()


def fitting(name: str) -> dict[str, Any]:
    """Parameters that the small problem needs."""
    return {"k": 8} if name in ("scot", "per-label-scot") else {}


def test_importing_the_package_does_not_import_torch() -> None:
    code = "import sys, aligners; aligners.names(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_registry_tells_controls_and_oracles_from_methods() -> None:
    roles = {entry.name: entry.role for entry in aligners.REGISTRY}
    methods = {name for name, role in roles.items() if role == "method"}
    assert {*METHODS, *BY_POT, "command"} == methods
    assert {name for name, role in roles.items() if role == "baseline"} == {
        *("gaussian-map", "linear-gw")
    }
    assert roles["oracle"] == "oracle"
    assert aligners.REGISTRY.entry("oracle").needs_pairing
    for entry in aligners.REGISTRY:
        assert entry.summary
        assert entry.uses_latents == (entry.role in ("method", "baseline"))


def test_unknown_names_suggest_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'labeled-eot'"):
        aligners.get("labelled-eot")
    with pytest.raises(ParameterError, match="did you mean 'epsilon'"):
        aligners.get("eot", epsilom=1)


@pytest.mark.parametrize("name", METHODS)
def test_plans_are_whole_and_repeat_bit_for_bit(small: Small, name: str) -> None:
    plan = run(name, small)
    assert plan.converged
    assert plan.todense().sum() == pytest.approx(1, abs=1e-9)
    np.testing.assert_array_equal(plan.todense(), run(name, small).todense())
    assert plan.status == run(name, small).status


@pytest.mark.parametrize("name", METHODS)
def test_permuting_cells_permutes_the_plan(small: Small, name: str) -> None:
    generator = np.random.default_rng(1)
    i, j = generator.permutation(len(small.x)), generator.permutation(len(small.y))
    params = fitting(name)
    if name in ITERATIVE:
        params |= {"tol": 1e-9, "epsilon": 2e-2}
        params |= {} if name in ("eot", "labeled-eot") else {"tol_outer": 1e-7}
    plan = run(name, small, **params)
    assert plan.converged
    moved = run(name, Small(small.x[i], small.t1[i], small.y[j], small.t2[j]), **params)
    np.testing.assert_allclose(moved.todense(), plan.todense()[np.ix_(i, j)], atol=1e-7)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_latents_are_what_counts_and_not_their_type(small: Small, name: str, dtype: Any) -> None:
    """The same numbers in float32, read-only as a file gives them, and far from the origin."""
    x, y = ((100 + z).astype(np.float32).astype(dtype) for z in (small.x, small.y))
    x.flags.writeable = y.flags.writeable = False
    plan = run(name, Small(x, small.t1, y, small.t2), **fitting(name))
    wide = Small(x.astype(np.float64), small.t1, y.astype(np.float64), small.t2)
    same = run(name, wide, **fitting(name))
    np.testing.assert_allclose(plan.todense(), same.todense(), atol=1e-10)


@pytest.mark.parametrize("name", sorted(LABELLED))
def test_labelled_plans_are_zero_across_labels(small: Small, name: str) -> None:
    dense = run(name, small).todense()
    assert (dense[small.t1[:, None] != small.t2] == 0).all()
    shares = [dense[rows].sum() for rows, _ in small.blocks]
    np.testing.assert_allclose(shares, [len(r) / len(small.x) for r, _ in small.blocks], atol=1e-6)


@pytest.mark.parametrize("name", METHODS)
def test_equal_latents_couple_alike_or_validly(name: str) -> None:
    data = Small(
        np.ones((6, 3)), np.array(list("aabbbb")), np.ones((5, 3)), np.array(list("aabbb"))
    )
    plan = run(name, data)
    assert plan.converged
    if name not in ("exact-ot", *NEIGHBOURS):
        kind = "label-uniform" if name in LABELLED else "uniform"
        flat = aligners.get(kind).align(data.x, data.t1, data.y, data.t2).todense()
        np.testing.assert_allclose(plan.todense(), flat, atol=1e-12)


@pytest.mark.parametrize("name", sorted(LABELLED))
def test_one_cell_per_label_pairs_the_labels(name: str) -> None:
    generator = np.random.default_rng(0)
    t = np.array(list("cab"))
    data = Small(generator.normal(size=(3, 4)), t, generator.normal(size=(3, 4)), t[::-1])
    np.testing.assert_allclose(run(name, data).todense(), np.eye(3)[::-1] / 3, atol=1e-12)


@pytest.mark.parametrize("name", METHODS)
def test_a_single_cell_on_each_side(name: str) -> None:
    data = Small(np.array([[1.0, 2.0]]), np.array(["a"]), np.array([[0.0, 5.0]]), np.array(["a"]))
    np.testing.assert_allclose(run(name, data).todense(), [[1.0]])


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_latents_that_are_not_finite_are_refused(small: Small, name: str, bad: float) -> None:
    y = small.y.copy()
    y[3, 1] = bad
    with pytest.raises(ParameterError, match="z2 row 3 holds NaN or infinity"):
        aligners.get(name).align(small.x, small.t1, y, small.t2)


@pytest.mark.parametrize("name", METHODS)
def test_shapes_and_labels_are_checked(small: Small, name: str) -> None:
    aligner = aligners.get(name)
    with pytest.raises(ParameterError, match="z1 has 29 rows but t1 28"):
        aligner.align(small.x, small.t1[:-1], small.y, small.t2)
    with pytest.raises(ParameterError, match=r"z1 has shape \(29,\)"):
        aligner.align(small.x[:, 0], small.t1, small.y, small.t2)
    if name in LABELLED:
        with pytest.raises(ParameterError, match="'a' stands in modality 1 only"):
            aligner.align(small.x, small.t1, small.y, np.full(len(small.y), "z"))


@pytest.mark.parametrize("name", ["eot", "labeled-eot", "exact-ot", *NEIGHBOURS, "fused-egwot"])
def test_latents_of_one_space_need_one_width(small: Small, name: str) -> None:
    with pytest.raises(ParameterError, match="z1 has 5 columns and z2 has 4"):
        aligners.get(name).align(small.x, small.t1, small.y[:, :4], small.t2)


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("eot", {"epsilon": 0.0}, "epsilon is 0.0; it must be positive"),
        ("eot", {"tol": -1.0}, "tol is -1.0"),
        ("eot", {"scale": "label-max"}, "scale is 'label-max'"),
        ("labeled-eot", {"mode": "fast"}, "mode is 'fast'"),
        ("labeled-eot", {"dtype": "float16"}, "dtype is 'float16'"),
        ("egwot", {"alpha": 1.5}, "alpha is 1.5"),
        ("egwot", {"scale": "q99"}, "scale is 'q99'"),
        ("labeled-coot", {"epsilon_features": -1.0}, "epsilon_features is -1.0"),
        ("coot", {"max_outer": 0}, "max_outer is 0"),
        ("per-label-egwot", {"epsilon": 0.0}, "epsilon is 0.0"),
        ("snn", {"k": 0}, "k is 0"),
        ("scot", {"k": 0}, "k is 0"),
    ],
)
def test_wrong_parameters_end_in_one_line(
    small: Small, name: str, params: dict[str, Any], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        aligners.get(name, **params).align(small.x, small.t1, small.y, small.t2)


@pytest.mark.parametrize("name", ITERATIVE)
@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_the_unit_of_the_latents_does_not_matter(small: Small, name: str, factor: float) -> None:
    scaled = Small(small.x * factor, small.t1, small.y * factor, small.t2)
    plan, other = run(name, small), run(name, scaled)
    assert other.converged
    np.testing.assert_allclose(other.todense(), plan.todense(), atol=1e-6)


@pytest.mark.parametrize("name", ["eot", "labeled-eot", "egwot", "labeled-egwot", "labeled-coot"])
def test_float32_survives_a_far_outlier(small: Small, name: str) -> None:
    x = small.x.copy()
    x[0] += 1e3
    plan = aligners.get(name, dtype="float32").align(x, small.t1, small.y, small.t2).validate()
    assert plan.todense().sum() == pytest.approx(1, abs=1e-5)


def test_the_package_lends_its_classes() -> None:
    for name in ("Aligner", "Plan", "Block", "Status"):
        assert getattr(aligners, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'Plane'"):
        _ = aligners.Plane
