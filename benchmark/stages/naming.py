"""Names of stages: fold, learner, aligner and task, its own and those of what it reads."""

from collections.abc import Callable, Mapping
from typing import Any

from benchmark.stages.graph.graph import Graph
from benchmark.stages.table import STAGES
from weakpair.errors import StoreError

_TELLING = tuple(name for stage in STAGES.values() for name in stage.telling)


def whats(graph: Graph) -> dict[str, str]:
    """Key → what the stage is about, e.g. "0 lda labeled-eot test" of a plan."""
    known: dict[str, dict[str, Any]] = {}
    for key, stage in graph.nodes.items():
        inherited = [known[source] for source in stage.inputs.values()]
        known[key] = _own(inherited, stage.params)
    return {key: words(telling) for key, telling in known.items()}


class Described:
    """Names of what lies in a store, by its recipes; an input that is gone gives none."""

    def __init__(self, recipe: Callable[[str], Mapping[str, Any]]) -> None:
        self._recipe = recipe
        self._known: dict[str, dict[str, Any]] = {}
        self._sources: dict[str, str] = {}

    def what(self, key: str) -> str:
        """Name of the artefact of that key."""
        return words(self._telling(key))

    def source(self, key: str) -> str:
        """The key of the data stage that it comes from, empty if a link is gone."""
        self._telling(key)
        return self._sources.get(key, "")

    def _telling(self, key: str) -> dict[str, Any]:
        if key not in self._known:
            self._known[key] = {}
            try:
                recipe = self._recipe(key)
            except StoreError:
                return self._known[key]
            inherited = [self._telling(source) for source in recipe["inputs"].values()]
            self._known[key] = _own(inherited, recipe["params"])
            above = [self._sources.get(source, "") for source in recipe["inputs"].values()]
            self._sources[key] = key if recipe["kind"] == "data" else next(filter(None, above), "")
        return self._known[key]


def _own(inherited: list[dict[str, Any]], params: Mapping[str, Any]) -> dict[str, Any]:
    telling = {name: value for one in inherited for name, value in one.items()}
    return telling | {name: params[name] for name in _TELLING if name in params}


def words(telling: Mapping[str, Any]) -> str:
    """The telling parameters among these, in a few words."""
    return " ".join(str(telling[name]) for name in _TELLING if name in telling)
