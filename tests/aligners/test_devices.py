"""Plans on an accelerator are the plans on the CPU; memory stays with the blocks."""

import subprocess
import sys

import numpy as np
import pytest
import torch

import aligners
from tests.aligners.conftest import Small
from tests.aligners.test_contract import METHODS

MEMORY = """
import resource, numpy as np, torch, aligners
torch.set_num_threads(1)
g = np.random.default_rng(0)
t = np.arange(12_000) % 12
centres = g.normal(size=(12, 8))
x, y = (centres[t] + g.normal(size=(12_000, 8)) for _ in range(2))
small = np.arange(240)
aligners.get("NAME").align(x[small], t[small], y[small], t[small])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
aligners.get("NAME", PARAMS).align(x, t, y, t).validate()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("name", [*METHODS, "label-uniform", "random-permutation"])
def test_cuda_plans_are_the_cpu_plans(small: Small, name: str) -> None:
    arguments = (small.x, small.t1, small.y, small.t2)
    plan = aligners.get(name).align(*arguments, device="cuda")
    assert plan.device.type == "cuda"
    plan.validate()
    here = aligners.get(name).align(*arguments)
    np.testing.assert_allclose(plan.todense(), here.todense(), atol=1e-6)
    np.testing.assert_allclose(plan @ small.y, here @ small.y, atol=1e-6)
    assert plan.sampler(0).draw().shape == (len(small.y),)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "params", "megabytes"),
    [
        ("labeled-eot", "epsilon=0.01", 350),
        ("labeled-egwot", "max_outer=3", 700),
        ("labeled-coot", "max_outer=3", 700),
    ],
)
def test_labelled_aligners_never_hold_all_pairs(name: str, params: str, megabytes: int) -> None:
    """All pairs in float64 would be 1,152 MB; the twelve blocks of a plan are 96 MB."""
    code = MEMORY.replace("NAME", name).replace("PARAMS", params)
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert int(done.stdout) < megabytes * 1024
