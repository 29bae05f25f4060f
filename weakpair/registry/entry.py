"""Learners and aligners as the registries know them."""

from dataclasses import dataclass
from importlib import import_module
from inspect import signature
from typing import Any, ClassVar, Generic, Literal, TypeVar, cast, get_args

from weakpair.errors import ParameterError, UnknownNameError
from weakpair.registry.described import Described
from weakpair.registry.sources import source_digest

T = TypeVar("T")
Role = Literal["method", "baseline", "control", "oracle"]
ROLES: tuple[Role, ...] = get_args(Role)
RANKED_ROLES: tuple[Role, ...] = ("method", "baseline")
"""Roles that tables rank; the others stand below, unless they are asked for."""
FEATURES = "features"


@dataclass(frozen=True)
class Entry(Described, Generic[T]):
    """A method as far as it is known without importing it.

    `target` is "module:Class". `role` sets controls and oracles apart in tables. A method with
    `needs_pairing` is handed the true pairs and is an oracle by definition, as is one that `reads`
    a ground truth of that name in place of the features. `fixed` holds the constructor arguments
    that make this name a variant of a class. `base` is the "module:Class" that the class must
    derive from; a registry sets it for what is not its own.
    """

    face: ClassVar[str] = "weakpair.registry:Entry"
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
        found = self.found()
        _must_derive(self.target, found, self.base)
        return cast("type[T]", found)

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
