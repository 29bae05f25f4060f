"""`--set key=value`: change one value of a grid before it is validated."""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from benchmark.datasets import DatasetSpec
from benchmark.grids.reading.settings import setting
from weakpair.errors import ConfigError
from weakpair.registry import same_name

# Keys of an entry of a grid that are none of the data set's spec.
_ENTRY = ("data", "variant", "replicate", "replicates", "simulation")
_EXAMPLE = "imputer.epochs=5, splits.folds=3 or learners.groove-cosine.epochs=20"


def apply_overrides(content: dict[str, Any], overrides: Iterable[str]) -> dict[str, Any]:
    """Apply dotted overrides to a grid's plain content and return a new one.

    A key is a path into the grid. In a list of methods the next part names the method, and what
    follows is one of its parameters; among data sets the next part may name one. In any other list
    the override goes to every element.

    >>> grid = {"seed": 0, "learners": ["pca"]}
    >>> apply_overrides(grid, ["seed=3", "learners.pca.dim=5"])
    {'seed': 3, 'learners': [{'name': 'pca', 'params': {'dim': 5}}]}
    """
    changed = deepcopy(content)
    for override in overrides:
        key, value = setting(override, _EXAMPLE)
        _assign(changed, key.split("."), value, override)
    return changed


def _assign(node: dict[str, Any], path: list[str], value: Any, override: str) -> None:
    head, *rest = path
    if not rest:
        node[head] = value
    elif head in ("learners", "aligners"):
        _assign_parameter(node, head, rest, value, override)
    elif head == "datasets" and isinstance(node.get(head), list):
        _assign_to_data(node, rest, value, override)
    elif isinstance(node.get(head), list):
        node[head] = [_mapping(item) for item in node[head]]
        for item in node[head]:
            _assign(item, rest, value, override)
    else:
        node[head] = _mapping(node.get(head, {}))
        _assign(node[head], rest, value, override)


def _assign_parameter(
    node: dict[str, Any], kind: str, path: list[str], value: Any, override: str
) -> None:
    if len(path) != 2:
        raise ConfigError(f"--set {override!r}: use KEY=VALUE, e.g. {_EXAMPLE}")
    name, parameter = path
    methods = [_mapping(method) for method in node.get(kind, [])]
    chosen = [m for m in methods if _is_called(m, name)]
    if not chosen:
        if "include" in node:
            raise ConfigError(
                f"--set {override!r}: {kind}: a grid that includes others has none; change it in "
                "one of them"
            )
        known = ", ".join(str(m["name"]) for m in methods)
        raise ConfigError(
            f"--set {override!r}: the grid has no {kind[:-1]} {name!r}; it has {known}"
        )
    for method in chosen:
        method["params"] = {**method.get("params", {}), parameter: value}
    node[kind] = methods


def _is_called(method: dict[str, Any], name: str) -> bool:
    called = (method["name"], method.get("label"))
    return any(same_name(str(other), name) for other in called if other)


def _assign_to_data(node: dict[str, Any], path: list[str], value: Any, override: str) -> None:
    """Into the data set that the path names first (names may hold dots), or into all of them."""
    entries = node["datasets"] = [_mapping(item) for item in node["datasets"]]
    for end in range(len(path) - 1, 0, -1):
        name = ".".join(path[:end])
        chosen = [entry for entry in entries if same_name(_data_name(entry), name)]
        if chosen:
            path, entries = path[end:], chosen
            break
    else:
        if path[0] not in {*DatasetSpec.model_fields, *_ENTRY}:
            known = ", ".join(filter(None, map(_data_name, entries)))
            raise ConfigError(
                f"--set {override!r}: the grid has no data set {path[0]!r}; it has {known}"
            )
    for entry in entries:
        inner = path[0] not in _ENTRY and isinstance(entry.get("data"), (dict, str))
        if inner:
            entry["data"] = _mapping(entry["data"])
        _assign(entry["data"] if inner else entry, path, value, override)


def _data_name(entry: dict[str, Any]) -> str:
    inner = entry.get("data", entry)
    return str(inner.get("name", "")) if isinstance(inner, dict) else str(inner)


def _mapping(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {"name": value}
