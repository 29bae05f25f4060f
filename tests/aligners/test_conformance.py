"""Every registered aligner keeps the promises of `aligners.base.Aligner`."""

from typing import Any, ClassVar

import numpy as np
import pytest

import aligners
from aligners.base import Aligner
from aligners.conformance.checks import PROMISES, NonConformity, Subject, check
from aligners.conformance.toys import toy
from aligners.controls import LabelUniform, Uniform
from aligners.linear import EOT, LabeledEOT
from aligners.plan.block import Block
from aligners.plan.plan import Plan
from weakpair.registry import Entry
from weakpair.registry.declared import as_declared


@pytest.mark.parametrize("name", [name for name in aligners.names() if name != "command"])
@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_every_aligner_keeps_every_promise(name: str, promise: Any) -> None:
    # With half of the toy's cells for neighbours the graph is nearly complete: a saddle that
    # rounding decides where to leave.
    params = {"k": 8} if name in ("scot", "per-label-scot", "scot-v2") else {}
    promise(Subject(aligners.REGISTRY.entry(name), params))


def test_check_names_all_promises() -> None:
    found = check(aligners.REGISTRY.entry("labeled-eot"), epsilon=0.1)
    assert found == [promise.__name__.replace("_", " ") for promise in PROMISES]


def test_the_toy_is_unbalanced_and_its_pairs_share_labels() -> None:
    data = toy()
    rows1, rows2 = data.pairs()
    assert len(data.z1) != len(data.z2)
    assert (data.t1[rows1] == data.t2[rows2]).all()
    order1, order2 = np.arange(len(data.z1))[::-1], np.arange(len(data.z2))[::-1]
    assert data.permuted(order1, order2).pairs()[0].tolist() != rows1.tolist()


class Unseeded(EOT):
    """Adds noise of numpy's global state to its latents."""

    def align(self, z1: Any, t1: Any, z2: Any, t2: Any, *, device: str = "cpu") -> Plan:
        noisy = np.asarray(z1) + np.random.normal(size=np.shape(z1))  # noqa: NPY002
        return super().align(noisy, t1, z2, t2, device=device)


class Unchecked(EOT):
    """Lets NaN pass."""

    def align(self, z1: Any, t1: Any, z2: Any, t2: Any, *, device: str = "cpu") -> Plan:
        return super().align(np.nan_to_num(z1), t1, np.nan_to_num(z2), t2, device=device)


class Across(EOT):
    """Says it keeps labels apart, and does not."""

    needs_labels: ClassVar[bool] = True


class Peeking(LabeledEOT):
    """Says it needs no labels, and uses them."""

    needs_labels: ClassVar[bool] = False


class Looking(EOT):
    """Says it uses no latents, and does."""

    uses_latents: ClassVar[bool] = False


class Heavy(Uniform):
    """Gives a plan of mass 2."""

    def align(self, z1: Any, t1: Any, z2: Any, t2: Any, *, device: str = "cpu") -> Plan:
        plan = super().align(z1, t1, z2, t2, device=device)
        blocks = [Block(b.rows, b.cols, 2 * b.weights.contiguous(), b.label) for b in plan.blocks]
        return Plan(plan.shape, tuple(blocks), plan.status)


class Sloppy(LabeledEOT):
    """Stops early, and says that its marginals are exact."""

    def align(self, z1: Any, t1: Any, z2: Any, t2: Any, *, device: str = "cpu") -> Plan:
        plan = super().align(z1, t1, z2, t2, device=device)
        skewed = [b.weights * (1 + b.cols % 2) for b in plan.blocks]
        mass = sum(float(w.sum()) for w in skewed)
        parts = zip(plan.blocks, skewed, strict=True)
        blocks = tuple(Block(b.rows, b.cols, w / mass, b.label) for b, w in parts)
        return Plan(plan.shape, blocks, plan.status)


class Writing(EOT):
    """Centres its latents in place."""

    def align(self, z1: Any, t1: Any, z2: Any, t2: Any, *, device: str = "cpu") -> Plan:
        if z1.flags.writeable:
            z1 -= z1.mean(0)
        return super().align(z1.copy(), t1, z2, t2, device=device)


class Ordered(LabelUniform):
    """Couples the first cell of modality 1 with the first of modality 2 alone."""

    needs_labels: ClassVar[bool] = False

    def align(self, z1: Any, t1: Any, z2: Any, t2: Any, *, device: str = "cpu") -> Plan:
        return aligners.get("random-permutation", seed=1).align(
            z1, np.zeros(len(t1)), z2, np.zeros(len(t2)), device=device
        )


@pytest.mark.parametrize(
    ("broken", "finding"),
    [
        (Unseeded, "an earlier call changes a later one|another plan"),
        (Unchecked, "align with nan in z1 raises no ParameterError"),
        (Across, "lies between cells of different labels"),
        (Peeking, "plan changes with the labels"),
        (Looking, "plan changes with the latents"),
        (Heavy, "mass 2, not 1"),
        (Sloppy, "row sums are off|column sums are off"),
        (Ordered, "permuting the cells changes the plan"),
    ],
)
def test_check_finds_what_is_broken(broken: type[Aligner], finding: str) -> None:
    entry: Entry[Aligner] = as_declared(Entry("broken", f"{__name__}:{broken.__name__}", ""))
    with pytest.raises(NonConformity, match=finding) as caught:
        check(entry)
    assert "aligner 'broken'" in str(caught.value)


def test_an_entry_that_says_otherwise_than_its_class_is_found() -> None:
    entry: Entry[Aligner] = Entry(
        "mine", "aligners.controls:Uniform", "", needs_labels=False, uses_latents=False
    )
    with pytest.raises(NonConformity, match="its entry says role = 'method'"):
        check(entry)
