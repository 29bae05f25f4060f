"""Methods that stand in a grid with several settings."""

from collections.abc import Mapping
from itertools import product
from math import prod
from typing import Any

from weakpair.errors import ConfigError

MOST = 10_000


def varied(value: Any) -> list[Any]:
    """The methods that an item of a grid stands for: itself, or one per setting of `vary`.

    >>> vary = {"epsilon": [0.01, 0.1], "scale": ["max"]}
    >>> [m["label"] for m in varied({"name": "labeled-eot", "vary": vary})]
    ['labeled-eot(epsilon=0.01, scale=max)', 'labeled-eot(epsilon=0.1, scale=max)']

    Raises:
        ConfigError: `vary` is not a mapping of lists.
    """
    if isinstance(value, str):
        return [{"name": value}]
    if not isinstance(value, Mapping) or "vary" not in value:
        return [value]
    axes = value["vary"]
    if not isinstance(axes, Mapping) or not axes or not all(_is_axis(v) for v in axes.values()):
        raise ConfigError(
            f"vary of {value.get('name', '?')}: a list of values for each parameter is needed, "
            "e.g. {epsilon: [0.005, 0.05]}"
        )
    if prod(map(len, axes.values())) > MOST:
        raise ConfigError(
            f"vary of {value.get('name', '?')}: {prod(map(len, axes.values())):,} settings; "
            f"at most {MOST:,} stand in a grid"
        )
    rest = {key: part for key, part in value.items() if key != "vary"}
    return [
        _setting(rest, dict(zip(axes, chosen, strict=True))) for chosen in product(*axes.values())
    ]


def _is_axis(values: Any) -> bool:
    return isinstance(values, list) and bool(values)


def _setting(method: dict[str, Any], setting: dict[str, Any]) -> dict[str, Any]:
    shown = ", ".join(f"{key}={value}" for key, value in setting.items())
    label = f"{method.get('label') or method.get('name', '?')}({shown})"
    return {**method, "label": label, "params": {**method.get("params", {}), **setting}}
