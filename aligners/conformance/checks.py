"""Promises of `aligners.base.Aligner`, as checks that run on any registry entry.

Each raises `NonConformity` with one line that says what is wrong. The tests run them on all
registered aligners; `bench check package.module:Class` runs them on a class of one's own.
"""

import copy
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aligners.base import Aligner
from aligners.conformance.toys import Toy, toy
from aligners.plan.plan import Plan
from weakpair.conformance import (
    NonConformity,
    expect,
    first_broken,
    one_line,
    random_state,
    random_state_kept,
    refusal,
    seed_everything,
    verdicts,
)
from weakpair.errors import MethodError, ParameterError
from weakpair.registry import Entry
from weakpair.registry.declared import disagreements

__all__ = ["PROMISES", "NonConformity", "Subject", "check"]

# Mass and marginals are sums of float32 numbers at worst.
_ROUNDING = 1e-5
# Solvers stop within 1e-3 of a plan in L1; two runs may come to it from two sides.
_SAME_PLAN = 1e-2


@dataclass(frozen=True)
class Subject:
    """A registry entry and the parameters it is checked with."""

    entry: "Entry[Aligner]"
    params: dict[str, Any] = field(default_factory=dict)

    def make(self) -> Aligner:
        """A fresh aligner."""
        return self.entry.make(**self.params)

    def align(self, data: Toy, aligner: Aligner | None = None) -> Plan:
        """Align as the harness does: an oracle is handed the pairs."""
        pairs: dict[str, Any] = {"pairs": data.pairs()} if self.entry.needs_pairing else {}
        return (aligner or self.make()).align(data.z1, data.t1, data.z2, data.t2, **pairs)


def check(entry: "Entry[Aligner]", **params: Any) -> list[str]:
    """Run every check on an aligner and return the names of the checks, in words.

    Args:
        entry: what is checked; `Entry("mine", "package.module:Class", "…")` for a class.
        **params: constructor arguments.

    Raises:
        NonConformity: naming the aligner, the check and what is wrong.
        ParameterError: a parameter the aligner does not know.
    """
    subject = Subject(entry, params)
    subject.make()
    return first_broken("aligner", entry.name, verdicts(PROMISES, subject))


def keeps_its_parameters(subject: Subject) -> None:
    """`get_params` rebuilds the aligner; aligning changes no constructor argument."""
    aligner = subject.make()
    before = copy.deepcopy(aligner.get_params())
    expect(repr(type(aligner)(**before)) == repr(aligner), "a copy from get_params differs")
    subject.align(toy(), aligner)
    expect(repr(aligner.get_params()) == repr(before), "align changed a constructor argument")
    with refusal("set_params with an unknown parameter"):
        aligner.set_params(no_such_parameter=1)


def gives_a_sound_plan(subject: Subject) -> None:
    """A plan of the cells' shape, its weights finite and not negative, of total mass 1."""
    data = toy()
    plan = subject.align(data)
    expect(isinstance(plan, Plan), f"align returns a {type(plan).__name__}, not a Plan")
    shape = (len(data.z1), len(data.z2))
    expect(plan.shape == shape, f"the plan has shape {plan.shape} for {shape} cells")
    try:
        plan.validate()
    except MethodError as error:
        raise NonConformity(str(error)) from error
    mass = float(plan.row_sums().sum(dtype=np.float64))
    expect(abs(mass - 1) <= _ROUNDING, f"the plan has mass {mass:.6g}, not 1")


def keeps_its_marginals(subject: Subject) -> None:
    """Rows have mass 1 / n1; columns too are alike inside labels, up to the error it reports.

    A plan whose status notes "row marginals only" makes no promise of its columns, one that notes
    "free marginals" none of either.
    """
    data = toy()
    plan = subject.align(data)
    if "free marginals" in plan.status.notes:
        return
    allowed = plan.status.marginal_error + _ROUNDING
    rows = np.abs(plan.row_sums() - 1 / len(data.z1)).sum()
    expect(rows <= allowed, f"row sums are off by {rows:.1e} in L1, the status says {allowed:.1e}")
    if "row marginals only" in plan.status.notes:
        return
    columns = np.abs(plan.column_sums() - _column_masses(subject, data)).sum()
    line = f"column sums are off by {columns:.1e} in L1, the status says {allowed:.1e}"
    expect(columns <= allowed, line)


def _column_masses(subject: Subject, data: Toy) -> NDArray[np.float64]:
    """Mass of each column: 1 / n2, or its label's share in modality 1 by its columns."""
    if not subject.entry.needs_labels:
        return np.full(len(data.z2), 1 / len(data.z2))
    return np.array([np.mean(data.t1 == label) / np.sum(data.t2 == label) for label in data.t2])


def treats_labels_as_declared(subject: Subject) -> None:
    """Labels that it uses keep mass apart; labels that it does not use change nothing."""
    data, rng = toy(), np.random.default_rng(2)
    dense = subject.align(data).todense()
    if subject.entry.needs_labels:
        outside = float(dense[data.t1[:, None] != data.t2].sum())
        expect(outside == 0, f"mass of {outside:.1e} lies between cells of different labels")
    else:
        other = data.but(t1=rng.permutation(data.t1), t2=rng.permutation(data.t2))
        same = np.array_equal(subject.align(other).todense(), dense)
        expect(same, "needs_labels is False, but the plan changes with the labels")


def treats_latents_as_declared(subject: Subject) -> None:
    """An aligner that says it uses no latents gives the same plan with any."""
    if subject.entry.uses_latents:
        return
    data, rng = toy(), np.random.default_rng(3)
    other = data.but(z1=rng.permuted(data.z1), z2=rng.permuted(data.z2))
    same = np.array_equal(subject.align(other).todense(), subject.align(data).todense())
    expect(same, "uses_latents is False, but the plan changes with the latents")


def repeats_itself(subject: Subject) -> None:
    """Equal arguments and cells give the same bits, whatever was aligned before."""
    aligner = subject.make()
    first = subject.align(toy(), aligner).todense()
    subject.align(toy((3, 4, 5), (5, 4, 3)), aligner)
    expect(_same(first, subject.align(toy(), aligner)), "an earlier call changes a later one")
    expect(_same(first, subject.align(toy())), "a second aligner gives another plan")
    copied = pickle.loads(pickle.dumps(aligner))
    expect(_same(first, subject.align(toy(), copied)), "a pickled copy gives another plan")


def follows_the_order_of_cells(subject: Subject) -> None:
    """Permuted cells give the permuted plan, unless the class declares `equivariant` False."""
    if not subject.entry.load().equivariant:
        return
    data, rng = toy(), np.random.default_rng(1)
    order1, order2 = rng.permutation(len(data.z1)), rng.permutation(len(data.z2))
    moved = subject.align(data.permuted(order1, order2))
    plan = subject.align(data).todense()[np.ix_(order1, order2)]
    change = float(np.abs(moved.todense() - plan).sum())
    expect(change <= _SAME_PLAN, f"permuting the cells changes the plan by {change:.1e} in L1")


def leaves_random_state_alone(subject: Subject) -> None:
    """Global random state is neither read nor changed."""
    with random_state_kept():
        seed_everything(1)
        before, first = random_state(), subject.align(toy()).todense()
        expect(random_state() == before, "align changes global random state")
        seed_everything(2)
        expect(_same(first, subject.align(toy())), "the plan depends on global random state")


def leaves_its_input_alone(subject: Subject) -> None:
    """Arrays handed in are not written to, even read-only ones are taken."""
    data, untouched = toy(), toy()
    for array in vars(data).values():
        array.flags.writeable = False
    subject.align(data)
    for name in vars(untouched):
        same = np.array_equal(getattr(data, name), getattr(untouched, name))
        expect(same, f"align writes to {name}")


def tells_how_it_went(subject: Subject) -> None:
    """The status holds figures that make sense."""
    plan = subject.align(toy())
    status = plan.status
    dtype = str(plan.dtype).removeprefix("torch.")
    expect(status.dtype == dtype, f"the status says {status.dtype}, the weights are {dtype}")
    expect(status.iterations >= 0, f"the status tells of {status.iterations} iterations")
    error = status.marginal_error
    expect(bool(np.isfinite(error)) and error >= 0, f"the status tells of an error of {error}")
    expect(status.seconds >= 0, f"the status tells of {status.seconds} seconds")
    epsilon = status.epsilon
    expect(epsilon is None or epsilon >= 0, f"the status tells of an epsilon of {epsilon}")


def refuses_bad_input(subject: Subject) -> None:
    """NaN, infinity and labels that fit neither cells nor each other end in a ParameterError."""
    data = toy()
    if subject.entry.uses_latents:
        for name, value in (("z1", np.nan), ("z2", np.nan), ("z1", np.inf)):
            z = getattr(data, name).copy()
            z[3, 2] = value
            with refusal(f"align with {value} in {name}"):
                subject.align(data.but(**{name: z}))
        with refusal("align with fewer labels than cells"):
            subject.align(data.but(t1=data.t1[1:]))
    if subject.entry.needs_labels:
        strange = np.where(np.arange(len(data.t2)) == 0, "only here", data.t2)
        with refusal("align with a label in one modality only"):
            subject.align(data.but(t2=strange))


def copes_with_scarce_cells(subject: Subject) -> None:
    """Few cells, one label or equal latents give a sound plan or a one-line ParameterError."""
    equal = toy().but(z1=np.ones_like(toy().z1), z2=np.ones_like(toy().z2))
    for what, data in (
        ("one cell per label", toy((1, 1, 1), (1, 1, 1))),
        ("one cell of one label", toy((1, 5, 5), (5, 5, 5))),
        ("one cell in all", toy((1,), (1,))),
        ("a single label", toy((6,), (5,))),
        ("equal latents", equal),
    ):
        try:
            plan = subject.align(data)
        except ParameterError as error:
            expect(one_line(error), f"the error for {what} is not one line")
        else:
            mass = float(plan.row_sums().sum(dtype=np.float64))
            expect(abs(mass - 1) <= _ROUNDING, f"{what} give a plan of mass {mass:.6g}")


def is_what_its_entry_says(subject: Subject) -> None:
    """The registry entry repeats the role and needs that the class declares."""
    for line in disagreements(subject.entry, subject.entry.load()):
        expect(False, line)


PROMISES: tuple[Callable[[Subject], None], ...] = (
    keeps_its_parameters,
    gives_a_sound_plan,
    repeats_itself,
    treats_labels_as_declared,
    treats_latents_as_declared,
    keeps_its_marginals,
    follows_the_order_of_cells,
    leaves_random_state_alone,
    leaves_its_input_alone,
    tells_how_it_went,
    refuses_bad_input,
    copes_with_scarce_cells,
    is_what_its_entry_says,
)


def _same(dense: NDArray[Any], plan: Plan) -> bool:
    return dense.tobytes() == plan.todense().tobytes()
