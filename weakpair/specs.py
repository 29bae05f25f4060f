"""Frozen specs that complain in one line."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from weakpair.errors import ConfigError, UnknownNameError


class Frozen(BaseModel):
    """A spec: immutable, hashable, and every key known.

    An unknown key raises ConfigError with the nearest known one, also in the constructor.

    Attributes:
        kind_of_spec: what the message calls the spec.
        renamed: keys of older versions, each with its present name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind_of_spec: ClassVar[str] = "spec"
    renamed: ClassVar[Mapping[str, str]] = {}

    @model_validator(mode="before")
    @classmethod
    def _keys(cls, data: Any) -> Any:
        """Unknown keys, before anything else is looked at."""
        if isinstance(data, Mapping):
            check_keys(data, cls.kind_of_spec, cls.model_fields, cls.renamed)
        return data


def check_keys(
    data: Mapping[Any, Any], kind: str, known: Iterable[str], renamed: Mapping[str, str]
) -> None:
    """Refuse a key that is not known.

    Args:
        data: what a user wrote.
        kind: what it is called.
        known: the keys that it may have.
        renamed: keys of older versions, each with its present name.

    Raises:
        ConfigError: the first such key, with its present name or the nearest known one.
    """
    names = list(known)
    for key in data:
        if key in names:
            continue
        if key in renamed:
            raise ConfigError(
                f"the key {key!r} of a {kind} is called {renamed[key]!r} now: write "
                f"{renamed[key]}: {data[key]}"
            )
        raise ConfigError(str(UnknownNameError(f"key of a {kind}", str(key), names)))


Spec = TypeVar("Spec", bound=BaseModel)


def parse(model: type[Spec], data: Any, what: str) -> Spec:
    """Validate `data` as a `model`.

    Args:
        model: the spec's class.
        data: a mapping as read from YAML, or a spec.
        what: what the message calls it, e.g. "data set 'digits'".

    Raises:
        ConfigError: the first key that is wrong, its value and what would be right.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        message = first["msg"].removeprefix("Value error, ")
        if not first["loc"]:
            raise ConfigError(f"{what}: {message}") from error
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{what}: {key}: {message} (got {first['input']!r})") from error
