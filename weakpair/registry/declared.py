"""Declarations on a method's class, which its registry entry repeats: nobody imports it to know."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from weakpair.errors import ParameterError
from weakpair.registry.entry import FEATURES, Entry

FIELDS = ("role", "needs_labels", "needs_pairing", "uses_latents", "reads")
"""Class variables of learners and aligners that an `Entry` has too."""


def declared(cls: type[Any]) -> dict[str, Any]:
    """Declarations of a class, by the names of the entry's fields."""
    return {name: getattr(cls, name) for name in FIELDS if hasattr(cls, name)}


def as_declared(entry: Entry[Any]) -> Entry[Any]:
    """The entry with what its class says of itself; imports the class.

    Raises:
        ParameterError: as `Entry.load`.
        UnknownNameError: as `Entry.load`.
    """
    return replace(entry, **declared(entry.load()))


def disagreements(entry: Entry[Any], cls: type[Any]) -> Iterator[str]:
    """A line for each declaration of the class that its entry does not repeat."""
    for name, value in declared(cls).items():
        said = getattr(entry, name)
        if said != value:
            yield f"its entry says {name} = {said!r}, its class {cls.__name__} {value!r}"


def check_needs(entry: Entry[Any], cls: type[Any]) -> None:
    """Refuse an entry under which a class would not get what it asks for.

    Raises:
        ParameterError: the class needs true pairs or reads a ground truth, and the entry is silent.
    """
    asked = declared(cls)
    for name, usual in (("needs_pairing", False), ("reads", FEATURES)):
        wanted = asked.get(name, usual)
        if wanted not in (usual, getattr(entry, name)):
            raise ParameterError(
                f"{entry.target} declares {name} = {wanted!r}, which only a registered name gets: "
                f"register it with Entry(…, {name}={wanted!r})"
            )
