"""Tools of the conformance checks of learners and aligners.

A promise is a function of a subject that raises `NonConformity`, with one line, where it is broken.
Importing this module imports torch.
"""

import pickle
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch

from weakpair.errors import MethodError, ParameterError


class NonConformity(MethodError):  # noqa: N818 - an error in the subject, not in the check
    """A learner or an aligner breaks a promise of its base class."""


Subject = TypeVar("Subject")


@dataclass(frozen=True)
class Verdict:
    """A promise in words, and the error that shows it broken, if it is."""

    promise: str
    error: Exception | None = None

    @property
    def reason(self) -> str:
        """Reason why it is broken, in one line; "" where it holds."""
        if self.error is None:
            return ""
        kind = "" if isinstance(self.error, NonConformity) else f"{type(self.error).__name__}: "
        return " ".join(f"{kind}{self.error}".split())


def verdicts(promises: Sequence[Callable[[Subject], None]], subject: Subject) -> Iterator[Verdict]:
    """Try one promise after the other; an error of any kind breaks a promise."""
    for promise in promises:
        error = None
        try:
            promise(subject)
        except Exception as raised:  # noqa: BLE001 - somebody else's code
            error = raised
        yield Verdict(promise.__name__.replace("_", " "), error)


def first_broken(kind: str, name: str, found: Iterator[Verdict]) -> list[str]:
    """The promises in words, if all are kept.

    Args:
        kind: "learner" or "aligner".
        name: of the method.
        found: what became of its promises.

    Raises:
        NonConformity: naming the method, the promise and what is wrong.
    """
    promises = []
    for verdict in found:
        if verdict.error is not None:
            where = f"{kind} {name!r}, {verdict.promise}"
            raise NonConformity(f"{where}: {verdict.reason}") from verdict.error
        promises.append(verdict.promise)
    return promises


def expect(holds: bool, otherwise: str) -> None:
    """Raise NonConformity unless the promise holds."""
    if not holds:
        raise NonConformity(otherwise)


def one_line(error: ParameterError) -> bool:
    """Tell whether the message is one line that is not empty."""
    return "\n" not in str(error) and len(str(error)) > 0


@contextmanager
def refusal(what: str) -> Iterator[None]:
    """Expect a one-line ParameterError."""
    try:
        yield
    except ParameterError as error:
        expect(one_line(error), f"the error of {what} is not one line")
    except NonConformity:
        raise
    except Exception as error:
        raise NonConformity(
            f"{what} raises {type(error).__name__} instead of ParameterError"
        ) from error
    else:
        raise NonConformity(f"{what} raises no ParameterError")


def seed_everything(seed: int) -> None:
    """Put the global generators of Python, numpy and torch at a known state."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - methods must not read it
    torch.random.manual_seed(seed)


def random_state() -> tuple[Any, ...]:
    """The state of the global generators, comparable by ==."""
    numpy = pickle.dumps(np.random.get_state())  # noqa: NPY002
    return random.getstate(), numpy, torch.random.get_rng_state().numpy().tobytes()


@contextmanager
def random_state_kept() -> Iterator[None]:
    """Put the global generators back to where they were."""
    python, numpy, state = random.getstate(), np.random.get_state(), torch.random.get_rng_state()  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
        torch.random.set_rng_state(state)
