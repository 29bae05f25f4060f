"""Settings of surrogates in a grid."""

from typing import ClassVar

from pydantic import Field

from weakpair.specs import Frozen


class SurrogateSpec(Frozen):
    """Settings of what the task `surrogate` hides from methods; a fit and a plan for each.

    Attributes:
        merges: how often labels are merged at random.
        withheld: how often a quarter of the labels is held out.
        unpaired: how often the cells of a fold are exchanged for such as have no partners.
    """

    kind_of_spec: ClassVar[str] = "surrogate"
    merges: int = Field(default=3, ge=0, le=100)
    withheld: int = Field(default=1, ge=0, le=100)
    unpaired: int = Field(default=2, ge=0, le=100)
