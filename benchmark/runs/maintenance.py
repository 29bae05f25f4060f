"""Looking into a store: list, explain, verify."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from os.path import lexists
from typing import Any

from benchmark.stages.naming import Described
from benchmark.store.store import Store
from weakpair.errors import StoreError


@dataclass(frozen=True)
class Listed:
    """Line of `bench cache ls`; `what` names fold, learner, aligner, part and task."""

    key: str
    kind: str
    bytes: int
    what: str
    data: str = ""


class Origins:
    """Descriptions of artefacts, and the data sets that they come from."""

    def __init__(self, store: Store) -> None:
        self._store, self._names = store, {"": ""}
        self._described = Described(store.recipe)

    def what(self, key: str) -> str:
        """Fold, learner, aligner, part and task."""
        return self._described.what(key)

    def data(self, key: str) -> str:
        """The data set's name, "" where the store does not know it any more."""
        source = self._described.source(key)
        if source not in self._names:
            self._names[source] = ""
            with suppress(StoreError):
                self._names[source] = str(self._store.facts(source).get("name", ""))
        return self._names[source]


def listing(store: Store) -> Iterator[Listed]:
    """All artefacts; a damaged one is listed as such."""
    origins = Origins(store)
    for key in store:
        try:
            recipe = store.recipe(key)
        except StoreError:
            if lexists(store.path(key)):  # else it went while we looked
                yield Listed(key, "damaged", store.size(key), "")
            continue
        yield Listed(key, recipe["kind"], store.size(key), origins.what(key), origins.data(key))


def first_difference(store: Store, first: str, second: str) -> str:
    """The first field in which two artefacts' recipes differ, followed into their inputs."""
    if first == second:
        return "the same artefact"
    a, b = store.recipe(first), store.recipe(second)
    for field in ("kind", "params", "version", "resources"):
        found = _differs(a[field], b[field], field)
        if found:
            return found
    for name in sorted(set(a["inputs"]) | set(b["inputs"])):
        one, other = a["inputs"].get(name), b["inputs"].get(name)
        if one is None or other is None:
            return f"inputs.{name}: {one} ≠ {other}"
        if one != other:
            return _followed(store, name, one, other)
    return "the same recipe"


def _followed(store: Store, name: str, one: str, other: str) -> str:
    try:
        return f"input {name} → {first_difference(store, one, other)}"
    except StoreError:
        return f"inputs.{name}: {one} ≠ {other} (not in the store any more)"


def _differs(a: Any, b: Any, path: str) -> str:
    """The path and values of the first difference, empty if there is none."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted(set(a) | set(b)):
            found = _differs(a.get(key), b.get(key), f"{path}.{key}")
            if found:
                return found
        return ""
    return "" if a == b else f"{path}: {a!r} ≠ {b!r}"


def damaged(store: Store) -> list[tuple[str, str]]:
    """Keys of the artefacts that fail their check, with the reason."""
    bad = []
    for key in store:
        try:
            store.read(key)
        except StoreError as error:
            if lexists(store.path(key)):  # else it went while we looked
                bad.append((key, str(error)))
    return bad
