"""Elaboration of a grid: every short form in its plain content becomes what it stands for.

This is the last edit before a grid is validated: included grids get what they share, names are
spelt as they are registered, `vary` and `replicates` become one entry each, splits mappings.
"""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import aligners
import learners
from benchmark.datasets import DatasetSpec
from benchmark.datasets.simulated import replicates
from benchmark.datasets.splits import parse_split
from benchmark.grids.inclusion import hand_down
from benchmark.grids.variation import varied
from learners.calibrated import Tuning, calibrated, searched
from weakpair.errors import ConfigError
from weakpair.registry import Registry
from weakpair.specs import check_keys


def elaborated(content: Mapping[str, Any]) -> dict[str, Any]:
    """The plain content of a grid without short forms; an elaborated one stays as it is.

    Raises:
        ConfigError: a short form that means nothing.

    >>> elaborated({"aligners": "EOT", "splits": "kfold:5"})
    {'aligners': [{'name': 'eot'}], 'splits': [{'kind': 'kfold', 'folds': 5}]}
    """
    whole = dict(content)
    if "include" in whole:
        whole = hand_down(whole)
        whole["include"] = [elaborated(part) for part in whole["include"]]
    if "datasets" in whole:
        entries = _items(whole["datasets"], "datasets")
        whole["datasets"] = [entry for item in entries for entry in _dataset_entries(item)]
    if "splits" in whole:
        whole["splits"] = split_mappings(whole["splits"])
    if "aligners" in whole:
        whole["aligners"] = _methods(whole["aligners"], "aligners", aligners.REGISTRY)
    if "learners" in whole:
        methods = _methods(whole["learners"], "learners", learners.REGISTRY)
        whole["learners"] = _tuned(methods, whole.get("tuning", "same"))
    return whole


def split_mappings(value: Any) -> list[Any]:
    """Splits as mappings, whichever way they are spelt: one or a list, "kfold:5" or keys.

    >>> split_mappings("kfold:5")
    [{'kind': 'kfold', 'folds': 5}]
    """
    return [
        parse_split(item).model_dump(mode="json", exclude_unset=True)
        if isinstance(item, str)
        else item
        for item in _items(value, "splits")
    ]


def _methods(value: Any, key: str, registry: Registry[Any]) -> list[Any]:
    return [method for item in _items(value, key) for method in varied(_named(item, registry))]


def _items(value: Any, key: str) -> Sequence[Any]:
    """The items of a list; a single name or mapping is a list of one.

    Raises:
        ConfigError: it is neither.
    """
    if isinstance(value, (str, Mapping)):
        return [value]
    if not isinstance(value, (list, tuple)):
        raise ConfigError(f"{key}: a list is needed, not {value!r}")
    return value


def _named(method: Any, registry: Registry[Any]) -> Any:
    """The method under its registered names, so that keys and tables know no other spelling."""
    if isinstance(method, str):
        return registry.canonical(method)
    if not isinstance(method, Mapping):
        return method
    named = dict(method)
    if isinstance(named.get("name"), str):
        named["name"] = registry.canonical(named["name"])
    if isinstance(named.get("aligners"), (list, tuple)):
        named["aligners"] = [aligners.REGISTRY.canonical(str(one)) for one in named["aligners"]]
    return named


def _tuned(methods: list[Any], tuning: Any) -> list[Any]:
    """The learners with the settings that a search found, below what is stated of them.

    Those that have nothing to search stay as they are, also if a grid is narrowed to them.

    Raises:
        ConfigError: no learner at all was searched for that.
    """
    # Settings for the same cells are the classes' defaults; an unknown word is refused later.
    if tuning == "same" or tuning not in get_args(Tuning):
        return methods
    if not searched(tuning):
        raise ConfigError(f"tuning {tuning!r}: no learner was searched for that")
    found = [calibrated(_name_of(method), tuning) for method in methods]
    return [_with(method, params) for method, params in zip(methods, found, strict=True)]


def _name_of(method: Any) -> str:
    return str(method.get("name", "")) if isinstance(method, Mapping) else str(method)


def _with(method: Any, params: Mapping[str, Any]) -> Any:
    stated = method.get("params", {}) if isinstance(method, Mapping) else None
    if not isinstance(stated, Mapping):
        return method
    return {**method, "params": {**params, **stated}}


def _dataset_entries(value: Any) -> list[Any]:
    """Entries that an item stands for: variants and replicates of a simulation, else itself."""
    if isinstance(value, Mapping) and "simulation" in value:
        known = {"replicates", *DatasetSpec.model_fields}
        check_keys(value, "simulation entry", known, DatasetSpec.renamed)
        return list(replicates(value))
    return [_dataset_entry(value)]


def _dataset_entry(value: Any) -> Any:
    """A short name, a dataset spec, or an entry with variant and replicate."""
    if isinstance(value, str):
        return {"data": {"name": value}}
    if isinstance(value, Mapping) and "data" not in value:
        own = {k: v for k, v in value.items() if k in ("variant", "replicate")}
        return {"data": {k: v for k, v in value.items() if k not in own}, **own}
    return value
