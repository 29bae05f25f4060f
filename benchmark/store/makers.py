"""Makers of the artefacts of a run: versions and machines as they stand in the artefacts."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from benchmark.store.keys import canonical_json
from weakpair.errors import StoreError

if TYPE_CHECKING:
    from benchmark.store.store import Store

FIELDS = ("weakpair", "git", "python", "packages", "torch", "processor", "gpu", "gpu_driver")
"""Facts that make a computation another one, if they are other."""


def makers(store: "Store", keys: Iterable[str]) -> list[dict[str, Any]]:
    """Count the artefacts that were computed alike, with what computed them, most first."""
    counts: Counter[str] = Counter()
    described: dict[str, dict[str, Any]] = {}
    for key in keys:
        with suppress(StoreError):
            known = store.provenance(key)
            maker = {name: known[name] for name in FIELDS if known.get(name) is not None}
            name = canonical_json(maker)
            counts[name] += 1
            described[name] = maker
    return [{"stages": count, **described[name]} for name, count in counts.most_common()]


def differences(makers: Sequence[Mapping[str, Any]]) -> list[str]:
    """A few words on each of several makers: what is not the same with all; none for one."""
    if len(makers) < 2:
        return []
    plain = [_flat(maker) for maker in makers]
    names = dict.fromkeys(name for one in plain for name in one)
    differ = [name for name in names if len({one.get(name) for one in plain}) > 1]
    return [
        f"{maker['stages']} stages by {_told((name, one.get(name)) for name in differ)}"
        for maker, one in zip(makers, plain, strict=True)
    ]


def _flat(maker: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Names and values without nesting; the number of stages is no part of it.

    >>> _flat({"stages": 3, "torch": "2.4", "git": {"sha": "ab"}, "packages": {"numpy": "2"}})
    {'torch': '2.4', 'git sha': 'ab', 'numpy': '2'}
    """
    found: dict[str, str] = {}
    for name, value in maker.items():
        if isinstance(value, Mapping):
            found |= _flat(value, "" if name == "packages" else f"{name} ")
        elif name != "stages" or prefix:
            found[f"{prefix}{name}"] = str(value)
    return found


def _told(pairs: Iterable[tuple[str, str | None]]) -> str:
    return ", ".join(f"{name} {'unknown' if value is None else value}" for name, value in pairs)
