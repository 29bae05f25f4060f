"""Methods that misbehave, each a class of its own, so that each has a process to itself.

`LEARNERS` and `ALIGNERS` say what becomes of a culprit: None, it harms nobody and has scores; else
what its failure says.
"""

from collections.abc import Callable
from typing import Any, ClassVar, NoReturn, Self

import numpy as np
import torch
from numpy.typing import ArrayLike

from aligners.base import Aligner
from aligners.plan.plan import Block, Plan, Status
from learners.base import FitReport, Latent, Learner, Modality
from tests.benchmark.mischief import ENDS, HUNTERS, INPUTS, LEFTOVERS, PATCHES, RAISES, STATE, Act


class Unarrayed:
    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise RuntimeError("no array")


class Culprit(Learner):
    """Two features of each cell, after it has done what it does."""

    act: ClassVar[Act] = staticmethod(lambda _: None)

    def __init__(self) -> None:
        self.report_ = FitReport()

    def fit(
        self,
        x1: ArrayLike,
        t1: ArrayLike,
        x2: ArrayLike,
        t2: ArrayLike,
        *,
        seed: int = 0,
        device: str = "cpu",
    ) -> Self:
        type(self).act((x1, t1, x2, t2))
        return self

    def transform(self, x: ArrayLike, modality: Modality = 1) -> Latent:
        return np.asarray(x, np.float32)[:, :2]


class Mapper(Culprit):
    """Returns what `returned` makes of the cells."""

    returned: ClassVar[Callable[[Any], Any]]

    def transform(self, x: ArrayLike, modality: Modality = 1) -> Latent:
        latents: Latent = type(self).returned(np.asarray(x))
        return latents


class Spoiler(Culprit):
    """Returns its input, and spoils whatever it returned before when it is called again."""

    def transform(self, x: ArrayLike, modality: Modality = 1) -> Latent:
        for earlier in vars(self).setdefault("given_", []):
            torch.from_numpy(earlier).zero_()
        self.given_: list[Latent] = [*self.given_, np.asarray(x)]
        return self.given_[-1]


class Reporter(Culprit):
    """Reports what no file can hold."""

    def __init__(self) -> None:
        self.report_ = FitReport(facts={"what": "\ud800", "who": object()})  # type: ignore[dict-item]


def masked(x: Any) -> Any:
    mask = np.zeros((len(x), 2), bool)
    mask[0] = True
    return np.ma.MaskedArray(x[:, :2], mask)


MAPS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "ReturnsAList": (lambda x: [[1, 2], [3]], "ValueError: "),
    "ReturnsNothing": (lambda x: None, "returned latents of type object"),
    "ReturnsNoArray": (lambda x: Unarrayed(), "RuntimeError: no array"),
    "ReturnsWords": (lambda x: np.full((len(x), 2), "a"), "returned latents of type <U1"),
    "ReturnsComplex": (lambda x: x[:, :2] + 1j, "returned latents of type complex"),
    "ReturnsMasked": (masked, "returned latents with masked values"),
    "ReturnsHuge": (lambda x: np.full((len(x), 2), 1e300), "1.0e+300, too large for float32"),
    "ReturnsFewer": (lambda x: x[1:, :2], "returned latents of shape "),
    "ReturnsFlat": (lambda x: x[:, 0], "returned latents of shape "),
    "ReturnsNaN": (lambda x: x[:, :2] * np.nan, "returned NaN or infinite latents"),
    "ReturnsGradients": (
        lambda x: torch.tensor(x[:, :2], requires_grad=True),
        "RuntimeError: Can't call numpy() on Tensor that requires grad",
    ),
}


class CulpritAligner(Aligner):
    """Couples every pair alike, after it has done what it does."""

    act: ClassVar[Act] = staticmethod(lambda _: None)

    def __init__(self) -> None:
        pass

    def align(
        self,
        z1: ArrayLike,
        t1: ArrayLike,
        z2: ArrayLike,
        t2: ArrayLike,
        *,
        device: str = "cpu",
    ) -> Plan:
        type(self).act((z1, t1, z2, t2))
        n1, n2 = len(np.asarray(t1)), len(np.asarray(t2))
        return self.plan(np.asarray(z1), torch.full((n1, n2), 1 / (n1 * n2), dtype=torch.float64))

    def plan(self, z1: Any, weights: torch.Tensor) -> Plan:
        n1, n2 = weights.shape
        block = Block(torch.arange(n1), torch.arange(n2), weights)
        return Plan((n1, n2), (block,), Status(0, 0.0, True, None, "float64"))


class Liar(Plan):
    """Finds itself without fault."""

    def validate(self) -> Plan:
        return self


class ReturnsNaNPlan(CulpritAligner):
    def plan(self, z1: Any, weights: torch.Tensor) -> Plan:
        made = super().plan(z1, weights * torch.nan)
        return Liar(made.shape, made.blocks, made.status)


class ReturnsADensePlan(CulpritAligner):
    def plan(self, z1: Any, weights: torch.Tensor) -> Plan:
        return weights  # type: ignore[return-value]


class ReturnsGradientPlan(CulpritAligner):
    def plan(self, z1: Any, weights: torch.Tensor) -> Plan:
        return super().plan(z1, weights.requires_grad_())


class ReturnsComplexPlan(CulpritAligner):
    def plan(self, z1: Any, weights: torch.Tensor) -> Plan:
        return super().plan(z1, weights + 0j)


class SharesItsLatents(CulpritAligner):
    """Its plan lies in the memory of the latents that it was given."""

    def plan(self, z1: Any, weights: torch.Tensor) -> Plan:
        n1, n2 = weights.shape
        shared = torch.from_numpy(z1).flatten()[:1].abs_().expand(n1, n2)
        return super().plan(z1, shared)


PLANS: dict[str, str | None] = {
    "ReturnsNaNPlan": "plan: weights must be finite and not negative",
    "ReturnsADensePlan": "returned Tensor, expected a Plan",
    "ReturnsGradientPlan": "returned a plan with gradients",
    "ReturnsComplexPlan": "returned a plan of torch.complex128",
    "SharesItsLatents": None,
}

_FAIL = {**ENDS, **RAISES, **HUNTERS}
_HARMLESS = {**STATE, **INPUTS, **PATCHES, **LEFTOVERS}
_ACTS: dict[str, Act] = {**{name: act for name, (act, _) in _FAIL.items()}, **_HARMLESS}
_ENDS: dict[str, str | None] = {
    **{name: why for name, (_, why) in _FAIL.items()},
    **dict.fromkeys(_HARMLESS),
}
for _name, _act in _ACTS.items():
    for _base, _end in ((Culprit, ""), (CulpritAligner, "Aligner")):
        _made = type(f"{_name}{_end}", (_base,), {"act": staticmethod(_act)})
        globals()[_made.__name__] = _made
for _name, (_returned, _) in MAPS.items():
    globals()[_name] = type(_name, (Mapper,), {"returned": staticmethod(_returned)})

LEARNERS: dict[str, str | None] = {
    **_ENDS,
    **{name: why for name, (_, why) in MAPS.items()},
    "Spoiler": None,
    "Reporter": "numbers, texts, lists",
}
ALIGNERS: dict[str, str | None] = {
    **{f"{name}Aligner": why for name, why in _ENDS.items()},
    "HuntsAligner": None,  # its process has no folds
    "ChangesDeviceAligner": "cannot be called on meta tensors",  # its own plan is one
    **PLANS,
}


def path(name: str) -> str:
    """What a grid calls a culprit."""
    return f"{__name__}:{name}"
