"""The worked adapter of a published package runs as an aligner of the grid."""

import sys
from pathlib import Path

import pytest

import aligners
import learners
from learners.conformance.toys import toy
from weakpair.errors import MethodError

pytest.importorskip("unioncom")

ADAPTER = Path(__file__).parents[2] / "docs" / "adapters" / "unioncom_aligner.py"
RUN = f"{sys.executable} {ADAPTER}"
DATA = toy()


@pytest.mark.parametrize("inside", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_unioncom_couples_inside_labels_where_it_is_asked_to(inside: bool) -> None:
    params = {"epochs": 100, "per_label": inside}
    aligner = aligners.get("command", run=RUN, params=params)
    plan = aligner.align(DATA.x1, DATA.t1, DATA.x2, DATA.t2).todense()
    assert plan.sum() == pytest.approx(1)
    crossing = plan[DATA.t1[:, None] != DATA.t2]
    assert (crossing == 0).all() if inside else crossing.sum() > 0


def test_an_aligner_does_not_learn() -> None:
    learner = learners.get("command", run=RUN)
    with pytest.raises(MethodError, match="UnionCom is an aligner, it cannot fit"):
        learner.fit(DATA.x1, DATA.t1, DATA.x2, DATA.t2)
