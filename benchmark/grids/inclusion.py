"""Grids that stand for several others, each with its own learners, aligners and data sets."""

from collections.abc import Mapping, Sequence
from typing import Any

from weakpair.errors import ConfigError
from weakpair.vocabulary.tasks import PLAN_TASKS

SHARED = ("seed", "seeds", "knn", "score_cells", "imputer", "probe", "surrogate", "metrics")
"""Keys of an including grid that go down to the grids it includes, and so does `tasks`."""
OWN = ("name", "about", "include", "tasks", *SHARED)


def hand_down(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content of an including grid, its shared keys set in the grids it includes.

    A mapping such as `imputer` is merged into theirs. `tasks` narrows theirs; a grid that is left
    without a task is left out.

    Args:
        content: keys of `OWN`; the items of `include` are contents of grids.

    Raises:
        ConfigError: a key that belongs to an included grid, or no task is left.

    >>> grid = {"include": [{"knn": 11}, {"tasks": ["probe"]}], "seed": 3, "tasks": ["matching"]}
    >>> hand_down(grid)["include"]
    [{'knn': 11, 'tasks': ['matching'], 'seed': 3}]
    """
    parts = content["include"]
    _check(content, parts)
    shared = {key: content[key] for key in SHARED if key in content}
    left = [_merged(_narrowed(part, content.get("tasks")), shared) for part in parts]
    left = [part for part in left if part.get("tasks", True)]
    if not left:
        raise ConfigError(f"tasks: none of the included grids has {content['tasks']}")
    return {**content, "include": left}


def _check(content: Mapping[str, Any], parts: Any) -> None:
    if not isinstance(parts, Sequence) or not all(isinstance(part, Mapping) for part in parts):
        raise ConfigError("include: a list of grids is needed, by shipped name or YAML file")
    if not parts:
        raise ConfigError("include: name at least one grid, or leave it out")
    names = ", ".join(str(part.get("name", "?")) for part in parts)
    for key in content:
        if key not in OWN:
            raise ConfigError(
                f"{key}: a grid that includes others has none; change it in one of them ({names})"
            )


def _narrowed(part: Mapping[str, Any], tasks: Sequence[str] | None) -> dict[str, Any]:
    if tasks is None:
        return dict(part)
    own = part.get("tasks", PLAN_TASKS)
    return {**part, "tasks": [task for task in own if task in tasks]}


def _merged(part: dict[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
    both = {
        key: {**part[key], **value}
        if isinstance(value, Mapping) and isinstance(part.get(key), Mapping)
        else value
        for key, value in shared.items()
    }
    return {**part, **both}
