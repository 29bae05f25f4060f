"""Ensembles of a grid: combinations whose plans are averaged, the same everywhere or by fold."""

from collections.abc import Iterable, Mapping
from typing import ClassVar, Self

from pydantic import Field, model_validator

from benchmark.grids.point import Point
from weakpair.errors import ConfigError, UnknownNameError
from weakpair.registry import Role
from weakpair.specs import Frozen

ENSEMBLE = "ensemble"
"""What stands for the learner of such a row."""


class Members(Frozen):
    """The combinations of an ensemble on one fold, which is named as results name it."""

    kind_of_spec: ClassVar[str] = "members of an ensemble"
    dataset: str
    variant: str = ""
    split: str
    training_cells: str
    replicate: int = 0
    fold: str
    of: tuple[str, ...] = Field(min_length=1)

    def stands_for(self, place: "Members") -> bool:
        """Tell whether two are of the same fold."""
        return self.model_copy(update={"of": place.of}) == place


class EnsembleSpec(Frozen):
    """An ensemble: the mean of the plans of some combinations, for the task of matching.

    Attributes:
        label: its name in tables, as that of the aligner.
        of: combinations as "learner + aligner", by their names in tables.
        by_fold: combinations fold by fold, where those of `of` were not chosen beforehand; folds
            that do not stand there have none of them.
    """

    kind_of_spec: ClassVar[str] = "ensemble"
    label: str
    of: tuple[str, ...] = ()
    by_fold: tuple[Members, ...] = ()

    @model_validator(mode="after")
    def _either(self) -> Self:
        if bool(self.of) == bool(self.by_fold):
            raise ValueError(f"ensemble {self.label!r}: give either 'of' or 'by_fold'")
        return self

    def members(self, place: Members) -> tuple[str, ...]:
        """Combinations of the ensemble on a fold; none where none were chosen."""
        if self.of:
            return self.of
        return next((one.of for one in self.by_fold if one.stands_for(place)), ())


def check_members(ensembles: Iterable[EnsembleSpec], roles: Mapping[str, Role]) -> None:
    """Check that all members of ensembles are combinations that know no pairs.

    Args:
        ensembles: of a grid.
        roles: of its combinations, by "learner + aligner".

    Raises:
        ConfigError: an unknown member, or an oracle.
    """
    for ensemble in ensembles:
        every = (ensemble.of, *(one.of for one in ensemble.by_fold))
        for name in dict.fromkeys(name for names in every for name in names):
            if name not in roles:
                unknown = UnknownNameError("combination", name, roles)
                raise ConfigError(f"ensemble {ensemble.label!r}: {unknown}")
            if roles[name] == "oracle":
                raise ConfigError(f"ensemble {ensemble.label!r}: {name} is an oracle")


def chosen(ensemble: EnsembleSpec, place: Point, known: Mapping[str, Point]) -> list[Point]:
    """The points of an ensemble's members on a fold, in the order in which it names them.

    Args:
        ensemble: which combinations.
        place: any point of the fold.
        known: its points by combination.

    Raises:
        ConfigError: a member that these data have no plan of.
    """
    fold = Members(
        dataset=place.dataset,
        variant=place.variant,
        split=place.split,
        training_cells=place.training_cells,
        replicate=place.replicate,
        fold=place.fold,
        of=("-",),
    )
    members = ensemble.members(fold)
    lacking = [name for name in members if name not in known]
    if lacking:
        raise ConfigError(
            f"ensemble {ensemble.label!r}: {place.dataset} has no plan of {lacking[0]}"
        )
    return [known[name] for name in members]
