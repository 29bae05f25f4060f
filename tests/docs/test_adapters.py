"""The worked adapter of a published package runs as an aligner of the grid."""

import sys
from pathlib import Path

import numpy as np
import pytest

import aligners
import learners
from learners.conformance.toys import toy
from weakpair.errors import MethodError

pytest.importorskip("unioncom")

ADAPTER = Path(__file__).parents[2] / "docs" / "adapters" / "unioncom_aligner.py"
RUN = f"{sys.executable} {ADAPTER}"
DATA = toy()


def plan(**params: object) -> np.ndarray:
    aligner = aligners.get("command", run=RUN, params={"epochs": 300, **params})
    return aligner.align(DATA.x1, DATA.t1, DATA.x2, DATA.t2).todense()


def test_unioncom_couples_inside_labels_where_it_is_asked_to() -> None:
    labelled, free = plan(per_label=True), plan()
    crossing = DATA.t1[:, None] != DATA.t2
    assert labelled.sum() == pytest.approx(1)
    assert (labelled[crossing] == 0).all()
    assert free.sum() == pytest.approx(1)
    assert free[crossing].sum() > 0
    np.testing.assert_allclose(free.sum(axis=1), 1 / len(free), rtol=0.2)


def test_an_aligner_does_not_learn() -> None:
    learner = learners.get("command", run=RUN)
    with pytest.raises(MethodError, match="UnionCom is an aligner, it cannot fit"):
        learner.fit(DATA.x1, DATA.t1, DATA.x2, DATA.t2)
