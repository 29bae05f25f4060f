"""Code that is known by its description: what it is and where it is, without importing it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from weakpair.errors import InputError, ParameterError, UnknownNameError
from weakpair.imports import OURS, import_here
from weakpair.registry.sources import source_digest


@dataclass(frozen=True)
class Described:
    """A named piece of code; `target` is "module:attribute".

    `face` is the "module:Class" under which other packages know the kind of description.
    """

    face: ClassVar[str] = ""
    name: str
    target: str
    summary: str

    @property
    def module(self) -> str:
        """The module of the target."""
        return self.target.partition(":")[0]

    @property
    def foreign(self) -> bool:
        """Tell whether the code comes from outside this distribution.

        >>> targets = ("learners.linear.pca:PCA", "mine:Own")
        >>> [Described("a-name", target, "").foreign for target in targets]
        [False, True]
        """
        return self.module.partition(".")[0] not in OURS

    def found(self) -> Any:
        """Import and return the target.

        Raises:
            ParameterError: there is no such module, or it cannot be imported.
            UnknownNameError: the module has nothing of that name.
        """
        return load_target(self.target)

    def source_digest(self) -> str:
        """SHA-256 of the file of the target's module and of its own files that it imports."""
        return source_digest(self.module)

    def plain(self) -> dict[str, Any]:
        """Give all of it as plain values, as JSON takes them."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """The inverse of `plain`, after JSON, which knows no tuples."""
        pairs = {key: tuple(map(tuple, plain[key])) for key in ("fixed",) if key in plain}
        return cls(**{**plain, **pairs})


def load_target(target: str) -> Any:
    """Import what "module:attribute" names.

    Raises:
        ParameterError: there is no such module, or it cannot be imported.
        UnknownNameError: the module has nothing of that name.
    """
    name, _, attribute = target.partition(":")
    try:
        module = import_here(name)
    except (KeyboardInterrupt, InputError):
        raise
    except ModuleNotFoundError as error:
        if error.name is None or not name.startswith(error.name):
            raise ParameterError(f"{target}: {name!r} needs {error.name!r}") from error
        raise ParameterError(
            f"{target}: there is no module {name!r}; install it, or run in its folder"
        ) from error
    # A module may do anything when it is imported, leave the process too.
    except BaseException as error:
        why = f"{type(error).__name__}: {error}".splitlines()[0]
        raise ParameterError(f"{target}: {name!r} cannot be imported: {why}") from error
    if not hasattr(module, attribute):
        _own_file(target, name)
        known = [name for name, value in vars(module).items() if callable(value)]
        raise UnknownNameError(f"class or function of {name}", attribute, known)
    return getattr(module, attribute)


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
