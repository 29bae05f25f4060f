"""Settings of the command line: KEY=VALUE, the value as YAML."""

from collections.abc import Iterable
from typing import Any

import yaml

from weakpair.errors import ConfigError
from weakpair.plain_yaml.loader import plain


def setting(text: str, example: str) -> tuple[str, Any]:
    """Key and value of one `--set`.

    Args:
        text: as it was typed.
        example: a setting that would be right here.

    Raises:
        ConfigError: no key, no sign, or a value that is not YAML.

    >>> setting("imputer.epochs=5", "")
    ('imputer.epochs', 5)
    """
    key, sign, value = text.partition("=")
    if not sign or not key:
        raise ConfigError(f"--set {text!r}: use KEY=VALUE, e.g. {example}")
    try:
        return key, plain(value)
    except yaml.YAMLError as error:
        problem = getattr(error, "problem", None) or " ".join(str(error).split())
        raise ConfigError(f"--set {text!r}: the value is not YAML: {problem}") from error


def nested(texts: Iterable[str], example: str) -> dict[str, Any]:
    """Settings as a mapping; a dot in a key leads into a mapping inside.

    Raises:
        ConfigError: as `setting`, or a key that leads through a value.

    >>> nested(["genes.n=5", "seed=1"], "")
    {'genes': {'n': 5}, 'seed': 1}
    """
    whole: dict[str, Any] = {}
    for text in texts:
        key, value = setting(text, example)
        *path, last = key.split(".")
        inner = whole
        for part in path:
            inner = inner.setdefault(part, {})
            if not isinstance(inner, dict):
                raise ConfigError(f"--set {text!r}: {part!r} has a value already, and no keys")
        inner[last] = value
    return whole
