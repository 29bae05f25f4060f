"""Named methods with metadata, imported only when used, open to other packages."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from importlib.metadata import entry_points
from inspect import signature
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar, cast

from weakpair.errors import InputError, ParameterError, UnknownNameError
from weakpair.imports import OURS, import_here
from weakpair.registry.sources import source_digest

T = TypeVar("T")
Role = Literal["method", "baseline", "control", "oracle"]
FEATURES = "features"
_SIGNS = str.maketrans("", "", "-_ ")


@dataclass(frozen=True)
class Entry(Generic[T]):
    """A method as far as it is known without importing it.

    `target` is "module:Class". `role` sets controls and oracles apart in tables. A method with
    `needs_pairing` is handed the true pairs and is an oracle by definition, as is one that `reads`
    a ground truth of that name in place of the features. `fixed` holds the constructor arguments
    that make this name a variant of a class. Role, needs and `reads` repeat what the class declares
    (`weakpair.registry.declared`). `base` is the "module:Class" that the class must
    derive from; a registry sets it for what is not its own.
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
    base: str = ""

    def load(self) -> type[T]:
        """Import and return the class.

        Raises:
            ParameterError: there is no such module, it cannot be imported, or what it has of that
                name is no class of the kind that is needed.
            UnknownNameError: the module has no such class.
        """
        name, _, attribute = self.target.partition(":")
        try:
            module = import_here(name)
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
            _own_file(self.target, name)
            classes = [known for known, value in vars(module).items() if isinstance(value, type)]
            raise UnknownNameError(f"class of {name}", attribute, classes)
        found = getattr(module, attribute)
        _must_derive(self.target, found, self.base)
        return cast("type[T]", found)

    def plain(self) -> dict[str, Any]:
        """Give all of it as plain values, as JSON takes them."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Entry[T]":
        """The inverse of `plain`, after JSON."""
        return cls(**{**plain, "fixed": tuple((name, value) for name, value in plain["fixed"])})

    @property
    def foreign(self) -> bool:
        """Tell whether the class comes from outside this distribution.

        >>> targets = ("learners.linear.pca:PCA", "mine:Own")
        >>> [Entry("a-name", target, "").foreign for target in targets]
        [False, True]
        """
        return self.target.partition(":")[0].partition(".")[0] not in OURS

    def source_digest(self) -> str:
        """SHA-256 of the file that defines the class and of its own files that it imports."""
        return source_digest(self.load().__module__)

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


def _must_derive(target: str, found: object, base: str) -> None:
    """Complain about what is no subclass of `base`, which is then never called.

    Raises:
        ParameterError: it is none.
    """
    if not base:
        return
    name, _, attribute = base.partition(":")
    needed = getattr(import_module(name), attribute)
    if not (isinstance(found, type) and issubclass(found, needed)):
        raise ParameterError(
            f"{target} is no {attribute.lower()}; a class that derives from {name}.{attribute} is "
            "needed"
        )


def _own_file(target: str, module: str) -> None:
    """Complain where a person's module has the name of one of our packages.

    Raises:
        ParameterError: there is a file or folder of that name here.
    """
    for file in (Path(f"{module}.py"), Path(module)):
        if module in OURS and file.exists():
            raise ParameterError(
                f"{target}: {module!r} is a package of weakpair; give your {file} another name"
            )


def canonical_name(name: str, known: Iterable[str]) -> str:
    """The known name that is meant, whatever its case, hyphens and underscores; else `name` itself.

    >>> canonical_name("LabeledEOT", ["eot", "labeled-eot"])
    'labeled-eot'
    >>> canonical_name("normalize_total", ["normalize-total"]), canonical_name("pcaa", ["pca"])
    ('normalize-total', 'pcaa')
    """
    names = list(known)
    if name in names:
        return name
    meant = [other for other in names if same_name(name, other)]
    return meant[0] if len(meant) == 1 else name


def same_name(one: str, other: str) -> bool:
    """Tell whether two names differ at most in case, hyphens, underscores and blanks."""
    return _spelt(one) == _spelt(other)


def _spelt(name: str) -> str:
    return name.translate(_SIGNS).casefold()


class Registry(Generic[T]):
    """Short name → `Entry`; packages add theirs through the entry-point group.

    What comes from outside is a class that derives from `base`, a "module:Class".
    """

    def __init__(
        self, kind: str, group: str, entries: tuple[Entry[T], ...] = (), base: str = ""
    ) -> None:
        self.kind = kind
        self.group = group
        self.base = base
        self._entries = {entry.name: entry for entry in entries}
        self._discovered = False
        self._broken: dict[str, str] = {}

    def add(self, entry: Entry[T]) -> None:
        """Register (or replace) an entry."""
        self._entries[entry.name] = entry

    def entry(self, name: str) -> Entry[T]:
        """Return the entry of that name; "module:Class" needs no registration.

        Raises:
            UnknownNameError: with the nearest known name.
            ParameterError: the package that declares it is broken.
        """
        if ":" in name:
            return Entry(name, name, "", base=self.base)
        name = self.canonical(name)
        if name in self._broken:
            raise ParameterError(f"{self.kind} {name!r} cannot be loaded: {self._broken[name]}")
        if name not in self._entries:
            raise UnknownNameError(self.kind, name, self._entries)
        return self._entries[name]

    def canonical(self, name: str) -> str:
        """The registered name that is meant, as `canonical_name` tells; else `name` itself."""
        if ":" in name:
            return name
        found = canonical_name(name, self._entries)
        if found not in self._entries:
            self._discover()
            found = canonical_name(name, self._entries)
        return found

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

    def broken(self) -> dict[str, str]:
        """Name → why, of what installed packages declare and that does not load to an `Entry`."""
        self._discover()
        return dict(self._broken)

    def _discover(self) -> None:
        """Add what installed packages declare: an entry point that loads to an `Entry`.

        One that fails, even by ending the process, costs its own name and no other.
        """
        from weakpair.registry.foreign import Foreign

        if self._discovered:
            return
        self._discovered = True
        with Foreign() as foreign:
            for point in entry_points(group=self.group):
                entry, why = foreign.load_point(point)
                if entry is None:
                    self._broken[point.name] = why
                else:
                    self._entries.setdefault(point.name, replace(entry, base=self.base))
