"""Promises of `learners.base.Learner`, as checks that run on any registry entry.

Each raises `NonConformity` with one line that says what is wrong. The tests run them on all
registered learners; `bench check package.module:Class` runs them on a class of one's own.
"""

import copy
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from learners.base import Latent, Learner
from learners.conformance.toys import Toy, toy
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
from weakpair.errors import ParameterError
from weakpair.registry import Entry
from weakpair.registry.declared import disagreements

__all__ = ["PROMISES", "NonConformity", "Subject", "check"]


@dataclass(frozen=True)
class Subject:
    """A registry entry and the parameters it is checked with."""

    entry: "Entry[Learner]"
    params: dict[str, Any] = field(default_factory=dict)

    def make(self) -> Learner:
        """A fresh learner."""
        return self.entry.make(**self.params)

    def fit(self, learner: Learner, data: Toy, seed: int = 0) -> Learner:
        """Fit as the harness does: an oracle is handed the pairs."""
        pairs: dict[str, Any] = {"pairs": data.pairs()} if self.entry.needs_pairing else {}
        return learner.fit(data.x1, data.t1, data.x2, data.t2, seed=seed, **pairs)

    def latents(self, seed: int = 0) -> tuple[Latent, Latent]:
        """Latents of the toy's training rows from a fresh learner."""
        return _latents(self.fit(self.make(), toy(), seed))


def check(entry: "Entry[Learner]", **params: Any) -> list[str]:
    """Run every check on a learner and return the names of the checks, in words.

    Args:
        entry: what is checked; `Entry("mine", "package.module:Class", "…")` for a class.
        **params: constructor arguments, e.g. few epochs, so that the checks are quick.

    Raises:
        NonConformity: naming the learner, the check and what is wrong.
        ParameterError: a parameter the learner does not know.
    """
    subject = Subject(entry, params)
    subject.make()
    return first_broken("learner", entry.name, verdicts(PROMISES, subject))


def keeps_its_parameters(subject: Subject) -> None:
    """`get_params` rebuilds the learner; fitting changes no constructor argument."""
    learner = subject.make()
    before = copy.deepcopy(learner.get_params())
    expect(repr(type(learner)(**before)) == repr(learner), "a copy from get_params differs")
    subject.fit(learner, toy())
    expect(repr(learner.get_params()) == repr(before), "fit changed a constructor argument")
    with refusal("set_params with an unknown parameter"):
        learner.set_params(no_such_parameter=1)


def maps_both_modalities(subject: Subject) -> None:
    """Latents are finite contiguous float32, one row per cell; n1 ≠ n2 and k1 ≠ k2 are fine."""
    for z, x in zip(subject.latents(), (toy().x1, toy().x2), strict=True):
        expect(z.ndim == 2 and len(z) == len(x), f"{len(x)} cells gave latents of {z.shape}")
        expect(z.dtype == np.float32, f"latents are {z.dtype}, not float32")
        expect(bool(z.flags.c_contiguous), "latents are not contiguous")
        expect(bool(np.isfinite(z).all()), "latents hold NaN or infinity")


def maps_each_row_on_its_own(subject: Subject) -> None:
    """A cell's latents do not depend on the other cells of the call."""
    learner, data = subject.fit(subject.make(), toy()), toy()
    whole, few = learner.transform(data.x1, 1), learner.transform(data.x1[5:8], 1)
    close = np.allclose(whole[5:8], few, rtol=1e-3, atol=1e-4 * float(np.abs(whole).max()))
    expect(close, "a cell's latents depend on the other cells it is transformed with")


def forgets_what_it_mapped(subject: Subject) -> None:
    """Latents of modality 2 are the same whether modality 1 was mapped before or not."""
    learner, data = subject.fit(subject.make(), toy()), toy()
    untouched = pickle.loads(pickle.dumps(learner)).transform(data.x2, 2)
    learner.transform(data.x1, 1)
    same = _same((learner.transform(data.x2, 2),), (untouched,))
    expect(same, "latents depend on what was mapped before")


def repeats_itself(subject: Subject) -> None:
    """Equal arguments, rows and seed give the same bits, whatever was fitted before."""
    learner = subject.fit(subject.make(), toy(), 3)
    first = _latents(learner)
    expect(_same(first, _latents(learner)), "transform differs the second time")
    expect(_same(first, subject.latents(3)), "a second learner gives other latents")
    subject.fit(learner, toy(), 4)
    again = _latents(subject.fit(learner, toy(), 3))
    expect(_same(first, again), "an earlier fit changes a later one")
    expect(_same(first, _latents(pickle.loads(pickle.dumps(learner)))), "a pickled copy differs")


def leaves_random_state_alone(subject: Subject) -> None:
    """Global random state is neither read nor changed."""
    with random_state_kept():
        seed_everything(1)
        before, first = random_state(), subject.latents()
        expect(random_state() == before, "fit or transform changes global random state")
        seed_everything(2)
        expect(_same(first, subject.latents()), "latents depend on global random state")


def leaves_its_input_alone(subject: Subject) -> None:
    """Arrays handed in are not written to."""
    data, untouched = toy(), toy()
    _latents(subject.fit(subject.make(), data))
    same = all(
        np.array_equal(getattr(data, name), getattr(untouched, name)) for name in vars(untouched)
    )
    expect(same, "fit or transform writes to its input")


def needs_no_row_order(subject: Subject) -> None:
    """Shuffling the rows of modality 2 still gives a valid fit of the same width."""
    data = toy()
    order = np.random.default_rng(1).permutation(len(data.x2))
    shuffled = data.but(x2=data.x2[order], t2=data.t2[order])
    z1, z2 = _latents(subject.fit(subject.make(), shuffled))
    widths = [z.shape[1] for z in subject.latents()]
    expect([z1.shape[1], z2.shape[1]] == widths, "the row order changes the latents' width")
    expect(bool(np.isfinite(z1).all() and np.isfinite(z2).all()), "latents hold NaN or infinity")


def refuses_bad_rows(subject: Subject) -> None:
    """NaN, infinity and a wrong width end in a one-line ParameterError."""
    data = toy()
    for name, value in (("x1", np.nan), ("x2", np.nan), ("x1", np.inf)):
        x = getattr(data, name).copy()
        x[3, 2] = value
        with refusal(f"fit with {value} in {name}"):
            subject.fit(subject.make(), data.but(**{name: x}))
    learner = subject.fit(subject.make(), data)
    with refusal("transform of another width"):
        learner.transform(data.x1[:, 1:], 1)
    with refusal("transform with NaN"):
        learner.transform(np.full_like(data.x2, np.nan), 2)
    with refusal("transform before fit"):
        subject.make().transform(data.x1, 1)


def refuses_misfit_labels(subject: Subject) -> None:
    """A learner that uses labels wants one per row, and each in both modalities."""
    if not subject.entry.needs_labels:
        return
    data = toy()
    with refusal("fit with fewer labels than rows"):
        subject.fit(subject.make(), data.but(t1=data.t1[1:]))
    with refusal("fit with a label in one modality only"):
        strange = np.where(np.arange(len(data.t2)) == 0, "only here", data.t2)
        subject.fit(subject.make(), data.but(t2=strange))


def copes_with_scarce_cells(subject: Subject) -> None:
    """Few cells, one label or equal cells give finite latents or a one-line ParameterError."""
    constant = toy().but(x1=np.ones_like(toy().x1), x2=np.ones_like(toy().x2))
    one_label = toy((9,), (8,))
    for what, data in (
        ("one cell per label", toy((1, 1, 1), (1, 1, 1))),
        ("one cell of one label", toy((1, 9, 9), (9, 9, 9))),
        ("one cell in all", toy((1,), (1,))),
        ("a single label", one_label),
        ("equal cells", constant),
    ):
        try:
            latents = _latents(subject.fit(subject.make(), data), data)
        except ParameterError as error:
            expect(one_line(error), f"the error for {what} is not one line")
        else:
            expect(all(np.isfinite(z).all() for z in latents), f"{what} gives NaN or infinity")


def ignores_labels_as_declared(subject: Subject) -> None:
    """A learner that says it needs no labels gives the same bits with any."""
    if subject.entry.needs_labels:
        return
    data, rng = toy(), np.random.default_rng(2)
    other = data.but(t1=rng.permutation(data.t1), t2=rng.permutation(data.t2))
    latents = _latents(subject.fit(subject.make(), other))
    expect(_same(latents, subject.latents()), "needs_labels is False, but latents change with them")


def is_what_its_entry_says(subject: Subject) -> None:
    """The registry entry repeats the role and needs that the class declares."""
    for line in disagreements(subject.entry, subject.entry.load()):
        expect(False, line)


PROMISES: tuple[Callable[[Subject], None], ...] = (
    keeps_its_parameters,
    maps_both_modalities,
    maps_each_row_on_its_own,
    forgets_what_it_mapped,
    repeats_itself,
    leaves_random_state_alone,
    leaves_its_input_alone,
    needs_no_row_order,
    refuses_bad_rows,
    refuses_misfit_labels,
    copes_with_scarce_cells,
    ignores_labels_as_declared,
    is_what_its_entry_says,
)


def _latents(learner: Learner, data: Toy | None = None) -> tuple[Latent, Latent]:
    rows = data or toy()
    return learner.transform(rows.x1, 1), learner.transform(rows.x2, 2)


def _same(one: tuple[Latent, ...], two: tuple[Latent, ...]) -> bool:
    return all(a.tobytes() == b.tobytes() for a, b in zip(one, two, strict=True))
