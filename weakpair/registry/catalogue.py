"""Catalogues: descriptions by short name, open to other packages."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from typing import Generic, TypeVar

from weakpair.errors import ParameterError, UnknownNameError
from weakpair.registry.described import Described
from weakpair.registry.names import canonical_name

D = TypeVar("D", bound=Described)


class Catalogue(Generic[D]):
    """Short name → description; packages add theirs through the entry-point group.

    Attributes:
        kind: the word for what is described, e.g. "learner".
        group: the group of entry points.
        described: the class of the descriptions, which an entry point must load to.
    """

    def __init__(
        self, kind: str, group: str, described: type[D], entries: tuple[D, ...] = ()
    ) -> None:
        self.kind = kind
        self.group = group
        self.described = described
        self._entries = {entry.name: entry for entry in entries}
        self._discovered = False
        self._broken: dict[str, str] = {}

    def add(self, entry: D) -> None:
        """Register (or replace) an entry."""
        self._entries[entry.name] = entry

    def entry(self, name: str) -> D:
        """Return the entry of that name.

        Raises:
            UnknownNameError: with the nearest known name.
            ParameterError: the package that declares it is broken.
        """
        name = self.canonical(name)
        if name in self._broken:
            raise ParameterError(f"{self.kind} {name!r} cannot be loaded: {self._broken[name]}")
        if name not in self._entries:
            raise UnknownNameError(self.kind, name, self._entries)
        return self._entries[name]

    def canonical(self, name: str) -> str:
        """The registered name that is meant, as `canonical_name` tells; else `name` itself."""
        found = canonical_name(name, self._entries)
        if found not in self._entries:
            self._discover()
            found = canonical_name(name, self._entries)
        return found

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Put entries that are replaced or removed meanwhile back afterwards."""
        before = dict(self._entries)
        try:
            yield
        finally:
            self._entries = {**self._entries, **before}

    def names(self) -> list[str]:
        """All names, in order of registration."""
        self._discover()
        return list(self._entries)

    def __iter__(self) -> Iterator[D]:
        self._discover()
        return iter(self._entries.values())

    def broken(self) -> dict[str, str]:
        """Name → why, of what installed packages declare and that does not load."""
        self._discover()
        return dict(self._broken)

    def complaints(self) -> list[str]:
        """A line for each name of an installed package that does not load."""
        broken = self.broken().items()
        return [f"{self.kind} {name!r} cannot be loaded: {why}" for name, why in broken]

    def accepted(self, entry: D) -> D:
        """The entry of another package as it is registered."""
        return entry

    def _discover(self) -> None:
        """Add what installed packages declare: an entry point that loads to a description.

        One that fails, even by ending the process, costs its own name and no other.
        """
        from weakpair.registry.foreign import Foreign

        if self._discovered:
            return
        self._discovered = True
        with Foreign() as foreign:
            for point in entry_points(group=self.group):
                entry, why = foreign.load_point(point, self.described)
                if entry is None:
                    self._broken[point.name] = why
                else:
                    self._entries.setdefault(point.name, self.accepted(entry))
