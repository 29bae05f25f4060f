"""Named methods with metadata, imported only when used, open to other packages."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from inspect import signature
from typing import Any, Generic, Literal, TypeVar, cast

from weakpair.errors import ParameterError, UnknownNameError

T = TypeVar("T")
Role = Literal["method", "baseline", "control", "oracle"]


@dataclass(frozen=True)
class Entry(Generic[T]):
    """What is known of a method without importing it.

    `target` is "module:Class". `role` sets controls and oracles apart in tables. A method with
    `needs_pairing` is handed the true pairs and is an oracle by definition. `fixed` holds the
    constructor arguments that make this name a variant of a class.
    """

    name: str
    target: str
    summary: str
    paper: str = ""
    role: Role = "method"
    needs_pairing: bool = False
    needs_labels: bool = True
    uses_latents: bool = True
    fixed: tuple[tuple[str, Any], ...] = ()

    def load(self) -> type[T]:
        """Import and return the class."""
        module, _, attribute = self.target.partition(":")
        return cast("type[T]", getattr(import_module(module), attribute))

    def make(self, **params: Any) -> T:
        """Build the method.

        Raises:
            ParameterError: a parameter that the constructor does not know.
        """
        cls = self.load()
        known = set(signature(cls).parameters)
        for key in params:
            if key not in known:
                error = UnknownNameError("parameter", key, known)
                raise ParameterError(f"{self.name}: {error}")
        return cls(**{**dict(self.fixed), **params})


class Registry(Generic[T]):
    """Short name → `Entry`; packages add theirs through the entry-point group."""

    def __init__(self, kind: str, group: str, entries: tuple[Entry[T], ...] = ()) -> None:
        self.kind = kind
        self.group = group
        self._entries = {entry.name: entry for entry in entries}
        self._discovered = False

    def add(self, entry: Entry[T]) -> None:
        """Register (or replace) an entry."""
        self._entries[entry.name] = entry

    def entry(self, name: str) -> Entry[T]:
        """Return the entry of that name.

        Raises:
            UnknownNameError: with the nearest known name.
        """
        if name not in self._entries:
            self._discover()
        if name not in self._entries:
            raise UnknownNameError(self.kind, name, self._entries)
        return self._entries[name]

    def get(self, name: str, **params: Any) -> T:
        """Build the method registered under `name`."""
        return self.entry(name).make(**params)

    def names(self) -> list[str]:
        """All names, in order of registration."""
        self._discover()
        return list(self._entries)

    def __iter__(self) -> Iterator[Entry[T]]:
        self._discover()
        return iter(self._entries.values())

    def _discover(self) -> None:
        """Add what installed packages declare: an entry point that loads to an `Entry`."""
        if self._discovered:
            return
        self._discovered = True
        for point in entry_points(group=self.group):
            entry = point.load()
            self._entries.setdefault(point.name, entry)
