"""Constructor parameters, scikit-learn's way, without importing scikit-learn."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from inspect import Parameter, signature
from typing import Any, ClassVar, Self, TypeVar, dataclass_transform

from weakpair.errors import ParameterError, UnknownNameError

T = TypeVar("T")


@dataclass_transform(kw_only_default=True, eq_default=False, field_specifiers=(field,))
def with_parameters(cls: type[T]) -> type[T]:
    """Make the annotated names of a class arguments of its constructor, by keyword only.

    A subclass has those of its base too, and may give them other defaults.

    >>> @with_parameters
    ... class Ridge(Parametrised):
    ...     alpha: float = 1.0
    >>> Ridge(alpha=2.0)
    Ridge(alpha=2.0)
    """
    return dataclass(kw_only=True, eq=False, repr=False)(cls)


class Parametrised:
    """Base of everything that stores its constructor's arguments verbatim.

    `sklearn.base.clone`, `get_params`, `set_params` and `repr` behave as in scikit-learn;
    `keyed_params` are what a method's key in the store is made of.

    >>> class Ridge(Parametrised):
    ...     def __init__(self, alpha: float = 1.0) -> None:
    ...         self.alpha = alpha
    >>> Ridge(alpha=2.0)
    Ridge(alpha=2.0)
    """

    later: ClassVar[Mapping[str, Any]] = {}
    """Parameters that came after results were filed, with the value that means what was before."""

    @classmethod
    def _parameters(cls) -> dict[str, Parameter]:
        return dict(signature(cls).parameters)

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002
        """Every constructor argument with its value."""
        return {name: getattr(self, name) for name in self._parameters()}

    def keyed_params(self) -> dict[str, Any]:
        """Constructor arguments with their values, but `later` ones that change nothing."""
        return {
            name: value
            for name, value in self.get_params().items()
            if name not in self.later or value != self.later[name]
        }

    def set_params(self, **params: Any) -> Self:
        """Set constructor arguments by name.

        Raises:
            ParameterError: a name that the constructor does not know.
        """
        known = self._parameters()
        for name, value in params.items():
            if name not in known:
                raise ParameterError(str(UnknownNameError("parameter", name, known)))
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        changed = [
            f"{name}={getattr(self, name)!r}"
            for name, parameter in self._parameters().items()
            if getattr(self, name) != parameter.default
        ]
        return f"{type(self).__name__}({', '.join(changed)})"
