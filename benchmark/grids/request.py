"""Changes of a grid by the command line: all edits of its plain content, before it is validated."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmark.grids.inclusion import hand_down
from benchmark.grids.overrides import apply_overrides
from benchmark.grids.spec import split_mappings
from weakpair.errors import ConfigError
from weakpair.registry import same_name
from weakpair.vocabulary.tasks import PLAN_TASKS

PREDICTED = ("1", "2", "both")
_DIRECTIONS = {"1": "2to1", "2": "1to2", "both": "both"}


@dataclass(frozen=True)
class Changes:
    """Options of `bench run` that change keys of a grid; None leaves one as it is."""

    datasets: list[str] | None = None
    learners: list[str] | None = None
    aligners: list[str] | None = None
    split: str | None = None
    training_cells: str | None = None
    tasks: list[str] | None = None
    seed: int | None = None
    overrides: tuple[str, ...] = ()


def changed(content: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    """The plain content of a grid with the changes made.

    Raises:
        ConfigError: a change that the grid has no place for.
    """
    made = dict(content)
    for key in ("datasets", "learners", "aligners"):
        wanted = getattr(changes, key)
        if wanted is not None:
            made[key] = _narrowed(made.get(key, []), wanted)
    if changes.split is not None:
        made["splits"] = split_mappings(changes.split)
    if changes.training_cells is not None:
        splits = made.get("splits") or [{}]
        made["splits"] = [{**one, "training_cells": changes.training_cells} for one in splits]
    for key in ("tasks", "seed"):
        if getattr(changes, key) is not None:
            made[key] = getattr(changes, key)
    return apply_overrides(made, changes.overrides)


def _narrowed(have: list[Any], wanted: list[str]) -> list[Any]:
    """Keep the grid's own spec of a chosen name; a name that the grid lacks is taken plain."""
    return [next((item for item in have if same_name(_name(item), name)), name) for name in wanted]


def _name(item: Any) -> str:
    """Name of an item of a grid's list; a simulation entry needs none of its own."""
    from benchmark.datasets.simulated import NAME

    if not isinstance(item, dict):
        return str(item)
    inner = item.get("data", item)
    if not isinstance(inner, dict):
        return str(inner)
    return str(item.get("label") or inner.get("name", NAME))


def predicting(content: Mapping[str, Any], which: str | None) -> dict[str, Any]:
    """The grid with the modality to impute.

    Args:
        content: plain content of a grid.
        which: one of `PREDICTED`; None leaves it to the grid.

    Raises:
        ConfigError: an unknown word, or nothing is imputed in this grid.
    """
    if which is None:
        return dict(content)
    if which not in PREDICTED:
        raise ConfigError(f"--predict {which!r}: use {', '.join(PREDICTED)}")
    parts = hand_down(content)["include"] if "include" in content else [content]
    if not any("imputation" in part.get("tasks", PLAN_TASKS) for part in parts):
        raise ConfigError("--predict: nothing is imputed in this grid; add the task imputation")
    return {**content, "imputer": {**content.get("imputer", {}), "direction": _DIRECTIONS[which]}}
