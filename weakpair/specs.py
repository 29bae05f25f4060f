"""Frozen specs that complain in one line."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from weakpair.errors import ConfigError, UnknownNameError


class Frozen(BaseModel):
    """A spec: immutable, hashable, and every key known.

    An unknown key raises ConfigError with the nearest known one, also in the constructor;
    `kind_of_spec` is what the message calls the spec.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind_of_spec: ClassVar[str] = "spec"

    @model_validator(mode="before")
    @classmethod
    def _keys(cls, data: Any) -> Any:
        """Unknown keys, before anything else is looked at."""
        if isinstance(data, Mapping):
            for key in data:
                if key not in cls.model_fields:
                    error = UnknownNameError(f"key of a {cls.kind_of_spec}", key, cls.model_fields)
                    raise ConfigError(str(error))
        return data


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
