"""Settings of surrogates in a grid."""

from typing import ClassVar

from pydantic import Field

from weakpair.specs import Frozen


class SurrogateSpec(Frozen):
    """Settings of how the task `surrogate` hides labels.

    Attributes:
        merges: how often labels are merged at random; each costs a fit and a plan per combination.
        withheld: how often a quarter of the labels is held out; likewise.
    """

    kind_of_spec: ClassVar[str] = "surrogate"
    merges: int = Field(default=3, ge=0, le=100)
    withheld: int = Field(default=1, ge=0, le=100)
