"""Scores a plan of test cells without their true pairs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.surrogates.cases import Hidden, Matched, Side, SurrogateCase
from benchmark.stages.graph.context import Context, Output
from benchmark.stages.score import MetricStage, scored
from benchmark.stages.surrogates.form import Form
from benchmark.stages.surrogates.forms import drawn, fold_name, plan_name
from benchmark.store.codecs import Vectors
from weakpair.magnitudes import as_float64


@dataclass(frozen=True)
class Surrogate(MetricStage):
    """The metrics of plans without pairs; reads `fold`, `plan`, and a fold and a plan per form.

    Attributes:
        metrics: name → version of every metric.
        merges: how often labels are merged.
        withheld: how often perturbations are held out.
        unpaired: how often cells are given that have no partners.
    """

    kind: ClassVar = "surrogate"
    version: ClassVar = "3"
    typical_seconds: ClassVar = 0.1

    metrics: Mapping[str, int | str]
    merges: int
    withheld: int
    unpaired: int

    def run(self, context: Context) -> Output:
        """Columns metric, value, higher_is_better, note."""
        fold, plan = context.fold(), context.plan()
        labels = {
            modality: dict(zip(cells.ids.tolist(), cells.labels.tolist(), strict=True))
            for modality in (1, 2)
            for cells in (fold[modality, "test"],)
        }
        withheld = [_matched(context, form, labels) for form in drawn({"withheld": self.withheld})]
        unpaired = [_matched(context, form, labels) for form in drawn({"unpaired": self.unpaired})]
        hidden = [_hidden(context, form) for form in drawn({"merges": self.merges})]
        case = SurrogateCase(
            plan,
            _side(fold[1, "test"], fold[1, "test"].labels),
            _side(fold[2, "test"], fold[2, "test"].labels),
            tuple(hidden),
            tuple(withheld),
            tuple(unpaired),
        )
        plans = [plan, *(one.plan for one in hidden)]
        plans += [one.plan for one in (*withheld, *unpaired)]
        converged = all(one.converged for one in plans)
        return Output(scored(case, self.metrics), {"converged": converged})


def _hidden(context: Context, form: Form) -> Hidden:
    """The plan of a method that saw groups of labels, and the groups of the test cells."""
    groups = context.vectors(fold_name(form), "x")
    plan = context.plan(plan_name(form))
    return Hidden(plan, groups[1, "test"].labels, groups[2, "test"].labels)


def _matched(context: Context, form: Form, labels: Mapping[int, Mapping[str, str]]) -> Matched:
    """The plan of a form, and its test cells with their own labels and features."""
    cells = context.vectors(fold_name(form), "x")
    sides = []
    for modality in (1, 2):
        test = cells[modality, "test"]
        own = np.array([labels[modality][one] for one in test.ids.tolist()], dtype=np.str_)
        sides.append(_side(test, own))
    return Matched(context.plan(plan_name(form)), *sides)


def _side(cells: Vectors, labels: NDArray[np.str_]) -> Side:
    return Side(as_float64(cells.values), labels)
