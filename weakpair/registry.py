"""Named methods with metadata, imported only when used, open to other packages."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from importlib import import_module
from importlib.metadata import entry_points
from inspect import getfile, signature
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, Literal, TypeVar, cast

from weakpair.errors import InputError, ParameterError, UnknownNameError

T = TypeVar("T")
OWN = ("learners", "aligners")
Role = Literal["method", "baseline", "control", "oracle"]
FEATURES = "features"


@dataclass(frozen=True)
class Entry(Generic[T]):
    """What is known of a method without importing it.

    `target` is "module:Class". `role` sets controls and oracles apart in tables. A method with
    `needs_pairing` is handed the true pairs and is an oracle by definition, as is one that `reads`
    a ground truth of that name in place of the features. `fixed` holds the constructor arguments
    that make this name a variant of a class.
    """

    name: str
    target: str
    summary: str
    paper: str = ""
    role: Role = "method"
    needs_pairing: bool = False
    needs_labels: bool = True
    uses_latents: bool = True
    reads: str = FEATURES
    fixed: tuple[tuple[str, Any], ...] = ()

    @property
    def foreign(self) -> bool:
        """Whether the class comes from outside this distribution.

        >>> Entry("pca", "learners.pca:PCA", "").foreign, Entry("own", "mine:Own", "").foreign
        (False, True)
        """
        return self.target.partition(":")[0].partition(".")[0] not in OWN

    def load(self) -> type[T]:
        """Import and return the class.

        Raises:
            ParameterError: there is no such module, or it cannot be imported.
            UnknownNameError: the module has no such class.
        """
        name, _, attribute = self.target.partition(":")
        try:
            module = _import(name)
        except (KeyboardInterrupt, InputError):
            raise
        except ModuleNotFoundError as error:
            if error.name is None or not name.startswith(error.name):
                raise ParameterError(f"{self.target}: {name!r} needs {error.name!r}") from error
            raise ParameterError(
                f"{self.target}: there is no module {name!r}; install it, or run in its folder"
            ) from error
        # A module may do anything when it is imported, leave the process too.
        except BaseException as error:
            why = f"{type(error).__name__}: {error}".splitlines()[0]
            raise ParameterError(f"{self.target}: {name!r} cannot be imported: {why}") from error
        if not hasattr(module, attribute):
            raise UnknownNameError(f"class of {name}", attribute, vars(module))
        return cast("type[T]", getattr(module, attribute))

    def source_digest(self) -> str:
        """SHA-256 of the file that defines the class."""
        return sha256(Path(getfile(self.load())).read_bytes()).hexdigest()

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


def _import(name: str) -> ModuleType:
    """Import a module; one of the current folder too, also under a console script."""
    try:
        return import_module(name)
    except ModuleNotFoundError:
        here = str(Path.cwd())
        if here in sys.path:
            raise
        sys.path.append(here)
        return import_module(name)


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
        """Return the entry of that name; "module:Class" needs no registration.

        Raises:
            UnknownNameError: with the nearest known name.
        """
        if ":" in name:
            return Entry(name, name, "")
        if name not in self._entries:
            self._discover()
        if name not in self._entries:
            raise UnknownNameError(self.kind, name, self._entries)
        return self._entries[name]

    def get(self, name: str, **params: Any) -> T:
        """Build the method registered under `name`."""
        return self.entry(name).make(**params)

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
