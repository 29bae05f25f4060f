"""Tools of the conformance checks: expectations, refusals, and global random state."""

import pickle
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from weakpair.errors import MethodError, ParameterError


class NonConformity(MethodError):  # noqa: N818 - it is what it says
    """A learner breaks a promise of `learners.base.Learner`."""


def expect(holds: bool, otherwise: str) -> None:
    """Raise NonConformity unless the promise holds."""
    if not holds:
        raise NonConformity(otherwise)


def one_line(error: ParameterError) -> bool:
    """Whether the message is one line that is not empty."""
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
    np.random.seed(seed)  # noqa: NPY002 - learners must not read it
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
