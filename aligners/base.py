"""The contract of every aligner."""

from abc import ABC, abstractmethod
from typing import ClassVar

from numpy.typing import ArrayLike

from aligners.plan.plan import Plan
from weakpair.params import Parametrised
from weakpair.registry import Role


class Aligner(Parametrised, ABC):
    """Turns two sets of latents into a transport plan.

    Constructor arguments are stored verbatim (`get_params`). Aligners are deterministic; one
    that draws numbers takes a `seed` in its constructor. Raise `version` whenever a change of the
    code changes results: it is part of the store's key. The other class variables say what the
    aligner is and needs; its registry entry repeats them.
    """

    version: ClassVar[int] = 1

    role: ClassVar[Role] = "method"
    """Place in tables: a method, a baseline, a control or an oracle."""
    needs_labels: ClassVar[bool] = True
    """True where the plan is zero between cells of different labels."""
    needs_pairing: ClassVar[bool] = False
    """True where `align` is handed the true pairs, as `pairs`; such an aligner is an oracle."""
    uses_latents: ClassVar[bool] = True
    """True where the plan depends on the latents."""
    equivariant: ClassVar[bool] = True
    """True where permuted cells give the permuted plan, which a random draw does not."""

    @abstractmethod
    def align(
        self,
        z1: ArrayLike,
        t1: ArrayLike,
        z2: ArrayLike,
        t2: ArrayLike,
        *,
        device: str = "cpu",
    ) -> Plan:
        """Couple the rows of `z1` with the rows of `z2`.

        Args:
            z1: latents of modality 1, shape (n1, d1).
            t1: labels of modality 1, shape (n1,).
            z2: latents of modality 2, shape (n2, d2); d2 = d1 but for Gromov–Wasserstein and COOT.
            t2: labels of modality 2, shape (n2,).
            device: a torch device, "cpu" or "cuda".

        Returns:
            A plan of shape (n1, n2) with total mass 1 and its status.

        Raises:
            ParameterError: NaN or infinite latents, differing widths, a label in one modality only.
        """
