"""A learner's report of its fit never costs the fit."""

from pathlib import Path

import numpy as np
import pytest
import torch

from benchmark.stages.graph.reports import plain_curve, plain_facts
from benchmark.store.store import Store
from learners.neural.diagnosis import NOT_FINITE
from tests.benchmark.cli.test_cli import bench, inside
from weakpair.errors import MethodError

__all__ = ["inside"]

LEARNER = """
import numpy as np

from learners.base import FitReport, Learner


class Odd(Learner):
    def fit(self, x1, t1, x2, t2, *, seed=0, device="cpu"):
        curve = {"loss": (1.0, float("nan"), np.float32(0.5)), "all": (float("inf"),), "w": ("a",)}
        self.report_ = FitReport(curve, {"best": np.float64("nan"), "steps": np.int64(3)})
        return self

    def transform(self, x, modality=1):
        return x[:, :2]
"""


def test_a_curve_with_one_nan_costs_no_fit(tmp_path: Path) -> None:
    Path("odd.py").write_text(LEARNER)
    run = ["run", "--grid", "smoke", "--learners", "odd:Odd", "--aligners", "uniform,labeled-eot"]
    said = bench(*run, "--tasks", "matching", "--workers", "0", "--isolate", "never")
    assert "0 failed" in said
    store = Store(Path(".weakpair"))
    facts = [store.facts(key) for key in store if store.recipe(key)["kind"] == "fit"]
    assert facts
    for one in facts:
        assert one["curve"] == {"loss": [1.0, None, 0.5], "all": [None]}
        assert one["facts"] == {"best": None, "steps": 3, "suspect": NOT_FINITE}
    bench("report", "runs/smoke", "--out", "page.html")
    assert NOT_FINITE in bench("report", "runs/smoke", "--task", "matching")


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.arange(3), [0, 1, 2]),
        (torch.tensor(0.5), 0.5),
        ({"a": (1, np.inf)}, {"a": [1, None]}),
        (np.bool_(True), True),
        ("text", "text"),
        (None, None),
    ],
)
def test_facts_are_plain(value: object, plain: object) -> None:
    assert plain_facts("x", {"a": value}) == {"a": plain}


@pytest.mark.parametrize("value", [object(), {1, 2}, 1j, b"x", np.array([1j])])
def test_a_fact_that_no_file_can_hold_is_named(value: object) -> None:
    with pytest.raises(MethodError, match="learner 'x' reports the fact 'odd' as"):
        plain_facts("learner 'x'", {"odd": value})


def test_what_was_plain_stays_as_it_is() -> None:
    curve = {"a": (0.1, 1e300), "b": ()}
    assert plain_curve(curve) == {"a": [0.1, 1e300], "b": []}
