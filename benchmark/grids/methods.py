"""Methods of a grid, and knowledge of those from outside, so that nobody imports them again.

A grid that names modules is code: who computes it runs it. Who only looks at a run, with
`bench status` or `bench report --partial`, must not; so a run files what its methods said of
themselves, and later questions are answered from there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aligners import REGISTRY as ALIGNERS
from benchmark.grids.spec import MethodSpec
from benchmark.store.keys import canonical_json
from learners import REGISTRY as LEARNERS
from weakpair.errors import ConfigError
from weakpair.registry import Entry, Registry
from weakpair.registry.foreign import describe

METHODS = "methods"
"""Key of a run's provenance under which they are filed."""
Describe = Callable[[Entry[Any], Mapping[str, Any]], tuple[str, dict[str, Any]]]


@dataclass(frozen=True)
class Method:
    """A learner or an aligner of a grid: its entry, its name in tables, all its parameters.

    `partners` are the aligners that a learner goes with, or the learners that an aligner does, by
    their names in tables; None: all.
    """

    entry: Entry[Any]
    shown: str
    version: str
    params: Mapping[str, Any]
    partners: frozenset[str] | None = None

    @classmethod
    def of(
        cls, registry: Registry[Any], spec: MethodSpec, describe: Describe = describe
    ) -> "Method":
        """Look a method up and fill in its defaults.

        Args:
            registry: where its name is looked up.
            spec: what the grid says of it.
            describe: gives version and parameters of an entry.

        Raises:
            InputError: an unknown method or parameter, or a value that has no place in a key.
        """
        entry = registry.entry(spec.name)
        version, params = describe(entry, spec.params)
        canonical_json(params)
        named = spec.learners if spec.aligners is None else spec.aligners
        partners = None if named is None else frozenset(named)
        return cls(entry, spec.shown, version, params, partners)

    @property
    def settings(self) -> dict[str, Any]:
        """Plain values that determine what it does."""
        return {"name": self.entry.name, "version": self.version, "params": dict(self.params)}

    def goes_with(self, aligner: "Method") -> bool:
        """Tell whether the grid wants this learner's latents aligned so."""
        return all(
            one.partners is None or other.shown in one.partners
            for one, other in ((self, aligner), (aligner, self))
        )


def check_partners(learners: Sequence[Method], aligners: Sequence[Method]) -> None:
    """Refuse a partner that nobody knows; one may be left out of the grid (`--aligners`).

    Raises:
        UnknownNameError: neither the grid nor the registry has it.
    """
    for methods, others, registry in (
        (learners, aligners, ALIGNERS),
        (aligners, learners, LEARNERS),
    ):
        own = {other.shown for other in others}
        for partner in sorted(set().union(*(one.partners or () for one in methods)) - own):
            registry.entry(partner)


def alone(learners: Sequence[Method], aligners: Sequence[Method]) -> dict[str, list[str]]:
    """Learners that go with none of the aligners, and those that they would go with."""
    return {
        one.shown: sorted(one.partners or ())
        for one in learners
        if not any(one.goes_with(other) for other in aligners)
    }


@dataclass
class Noted:
    """Asks `describe` and notes what it says of methods from outside."""

    describe: Describe
    methods: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, entry: Entry[Any], params: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Version and all parameters of a method."""
        version, known = self.describe(entry, params)
        if entry.foreign:
            note = {**_place(entry, params), "version": version, "params": known}
            if note not in self.methods:
                self.methods.append(note)
        return version, known

    def filed(self) -> dict[str, Any]:
        """File them as a part of the run's provenance; nothing without any."""
        return {METHODS: self.methods} if self.methods else {}


@dataclass(frozen=True)
class Recorded:
    """Answers from a run's provenance, and of our own methods from `describe`.

    Nothing from outside is imported.
    """

    provenance: Mapping[str, Any]
    describe: Describe = describe

    def __call__(self, entry: Entry[Any], params: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Version and all parameters of a method.

        Raises:
            ConfigError: the run did not file this one.
        """
        if not entry.foreign:
            return self.describe(entry, params)
        place = _place(entry, params)
        notes = self.provenance.get(METHODS)
        for note in notes if isinstance(notes, list) else ():
            if isinstance(note, dict) and place.items() <= note.items():
                return str(note["version"]), dict(note["params"])
        raise ConfigError(
            f"{entry.target} is code from outside, which is not imported to look at a run, and the "
            "run has no record of it; bench run imports it and files one"
        )


def _place(entry: Entry[Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """Marks that a method is found by."""
    return {"target": entry.target, "fixed": [list(pair) for pair in entry.fixed]} | {
        "given": dict(params)
    }
