"""Looking after a store: list, explain, verify, clean."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmark.naming import Described
from benchmark.results import STAGES
from benchmark.running import FOLDER
from benchmark.store import Store
from weakpair.errors import ConfigError, StoreError


@dataclass(frozen=True)
class Listed:
    """One line of `bench cache ls`; `what` names fold, learner, aligner, part and task."""

    key: str
    kind: str
    bytes: int
    what: str
    data: str = ""


@dataclass(frozen=True)
class Removed:
    """What a clean-up took away, or would."""

    files: int
    bytes: int


def listing(root: Path) -> Iterator[Listed]:
    """All artefacts; a damaged one is listed as such."""
    store = Store(root)
    described = Described(store.recipe)
    names: dict[str, str] = {}
    for key in store:
        size = store.path(key).stat().st_size
        try:
            recipe = store.recipe(key)
        except StoreError:
            yield Listed(key, "damaged", size, "")
            continue
        data = _name_of(store, described.source(key), names)
        yield Listed(key, recipe["kind"], size, described.what(key), data)


def _name_of(store: Store, source: str, names: dict[str, str]) -> str:
    """The data set's name, kept in `names` by the key of its stage."""
    if source not in names:
        try:
            names[source] = str(store.facts(source).get("name", "")) if source else ""
        except StoreError:
            names[source] = ""
    return names[source]


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
            bad.append((key, str(error)))
    return bad


def collect_garbage(store: Store, keep: Sequence[Path] | None, *, dry_run: bool) -> Removed:
    """Remove leftovers and damaged artefacts and, given runs to keep, whatever else they lack."""
    left = [*(store.root / "tmp").glob("*"), *(store.root / FOLDER).glob("*")]
    doomed = [path for path in left if path.is_file()]
    doomed += [store.path(key) for key, _ in damaged(store)]
    if keep:
        kept = {key for run in keep for key in _keys_of(run)}
        doomed += [store.path(key) for key in store if key not in kept]
    doomed = sorted(set(doomed))
    size = sum(path.stat().st_size for path in doomed)
    if not dry_run:
        for path in doomed:
            path.unlink(missing_ok=True)
    return Removed(len(doomed), size)


def _keys_of(run: Path) -> list[str]:
    path = run / STAGES
    if not path.exists():
        raise ConfigError(f"--keep {run}: it has no {STAGES}, so it is not the folder of a run")
    keys: list[str] = pq.read_table(path, columns=["key"]).column("key").to_pylist()
    return keys
