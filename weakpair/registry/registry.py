"""Registries of learners and aligners: catalogues of classes that are built by name."""

from dataclasses import replace
from typing import Any, TypeVar

from weakpair.registry.catalogue import Catalogue
from weakpair.registry.entry import Entry

T = TypeVar("T")


class Registry(Catalogue[Entry[T]]):
    """Short name → `Entry`; packages add theirs through the entry-point group.

    What comes from outside is a class that derives from `base`, a "module:Class".
    """

    def __init__(
        self, kind: str, group: str, entries: tuple[Entry[T], ...] = (), base: str = ""
    ) -> None:
        super().__init__(kind, group, Entry[T], entries)
        self.base = base

    def entry(self, name: str) -> Entry[T]:
        """Return the entry of that name; "module:Class" needs no registration.

        Raises:
            UnknownNameError: with the nearest known name.
            ParameterError: the package that declares it is broken.
        """
        if ":" in name:
            return Entry(name, name, "", base=self.base)
        return super().entry(name)

    def canonical(self, name: str) -> str:
        """The registered name that is meant; else, and of "module:Class", `name` itself."""
        return name if ":" in name else super().canonical(name)

    def get(self, name: str, **params: Any) -> T:
        """Build the method registered under `name`."""
        return self.entry(name).make(**params)

    def accepted(self, entry: Entry[T]) -> Entry[T]:
        """The entry of another package, held to the base class."""
        return replace(entry, base=self.base)
