"""A grid as it is asked for: all edits of its plain content, once, then it is validated.

The order is: read (with what it builds on and includes), narrowed, other keys changed, `--set`,
"auto" put in place, elaborated, validated.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmark.datasets import Dataset
from benchmark.grids.elaborate import split_mappings
from benchmark.grids.inclusion import hand_down
from benchmark.grids.overrides import apply_overrides
from benchmark.grids.own_data import OwnData, own_grid, settle, without_pairs
from benchmark.grids.reading.files import read_grid
from benchmark.grids.spec import GridSpec, validate_grid
from benchmark.store.store import Store
from weakpair.errors import ConfigError
from weakpair.registry import same_name
from weakpair.vocabulary.tasks import PLAN_TASKS

PREDICTED = ("1", "2", "both")
_DIRECTIONS = {"1": "2to1", "2": "1to2", "both": "both"}
_LISTS = ("datasets", "learners", "aligners")


@dataclass(frozen=True)
class Changes:
    """Options of `bench run` that change keys of a grid; None leaves one as it is.

    `predict` is the modality to impute, one of `PREDICTED`.
    """

    datasets: list[str] | None = None
    learners: list[str] | None = None
    aligners: list[str] | None = None
    split: str | None = None
    training_cells: str | None = None
    test_cells: str | None = None
    tasks: list[str] | None = None
    seed: int | None = None
    seeds: int | None = None
    overrides: tuple[str, ...] = ()
    predict: str | None = None


@dataclass(frozen=True)
class Request:
    """A grid by its name or file, or a person's own data, with changes."""

    source: str | OwnData
    changes: Changes = Changes()


@dataclass(frozen=True)
class Settled:
    """A validated grid, what was chosen for it in a line each, and data read on the way.

    `loaded` holds data sets by the digest of their source, so that none is read twice.
    """

    grid: GridSpec
    lines: tuple[str, ...] = ()
    loaded: dict[str, Dataset] = field(default_factory=dict)


def settled(request: Request, store: Store) -> Settled:
    """Read, change and validate the grid that is asked for.

    Args:
        request: what is asked for.
        store: knows data that were read before; nothing is written.

    Raises:
        InputError: an unknown grid, key or value, a change that the grid has no place for, or data
            that cannot be read.
    """
    source = request.source
    content = own_grid(source) if isinstance(source, OwnData) else read_grid(source)
    whole = settle(changed(content, request.changes), store)
    if isinstance(source, OwnData) and request.changes.tasks is None:
        whole = without_pairs(whole, store)
    return Settled(validate_grid(whole.content), whole.lines, whole.loaded)


def changed(content: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    """The plain content of a grid with the changes made.

    Raises:
        ConfigError: a change that the grid has no place for.
    """
    whole = _narrowed(dict(content), changes)
    if changes.split is not None:
        whole["splits"] = split_mappings(changes.split)
    for key in ("training_cells", "test_cells"):
        if (cells := getattr(changes, key)) is not None:
            whole["splits"] = [{**one, key: cells} for one in whole.get("splits") or [{}]]
    for key in ("tasks", "seed", "seeds"):
        if getattr(changes, key) is not None:
            whole[key] = getattr(changes, key)
    return _predicting(apply_overrides(whole, changes.overrides), changes.predict)


def _narrowed(whole: dict[str, Any], changes: Changes) -> dict[str, Any]:
    """The grid with the chosen data sets, learners and aligners alone.

    A name that a grid lacks is taken plain. A grid that includes others is narrowed to what its
    parts have; a part that has nothing of what is wanted is left out.
    """
    wanted = {key: getattr(changes, key) for key in _LISTS if getattr(changes, key) is not None}
    if "include" not in whole:
        chosen = {key: _chosen(whole.get(key, []), names, str) for key, names in wanted.items()}
        return {**whole, **chosen}
    for key, names in wanted.items():
        _check_known(key, names, whole["include"])
    parts = [
        {**part, **{key: _chosen(part.get(key, []), names) for key, names in wanted.items()}}
        for part in whole["include"]
    ]
    left = [part for part in parts if all(map(part.get, wanted))]
    if wanted and not left:
        raise ConfigError(
            f"no included grid has all of {', '.join(f'--{key}' for key in wanted)} as chosen"
        )
    return {**whole, "include": left}


def _chosen(
    items: Any, names: Sequence[str], otherwise: Callable[[str], Any] | None = None
) -> list[Any]:
    """The grid's own items of the chosen names; one that is missing becomes `otherwise(name)`."""
    found = []
    for name in names:
        own = [item for item in _listed(items) if same_name(_name(item), name)][:1]
        found += own or ([otherwise(name)] if otherwise else [])
    return found


def _check_known(key: str, names: Sequence[str], parts: Any) -> None:
    known = {
        _name(item)
        for part in parts
        if isinstance(part, Mapping)
        for item in _listed(part.get(key, []))
    }
    for name in names:
        if not any(same_name(one, name) for one in known):
            raise ConfigError(
                f"--{key}: none of the included grids has {name!r}; they have "
                f"{', '.join(sorted(known))}"
            )


def _listed(items: Any) -> list[Any]:
    return items if isinstance(items, list) else [items]


def _name(item: Any) -> str:
    """Name of an item of a grid's list; a simulation entry needs none of its own."""
    from benchmark.datasets.simulated import NAME

    if not isinstance(item, dict):
        return str(item)
    inner = item.get("data", item)
    if not isinstance(inner, dict):
        return str(inner)
    return str(item.get("label") or inner.get("name", NAME))


def _predicting(content: dict[str, Any], which: str | None) -> dict[str, Any]:
    """The grid with the modality to impute.

    Raises:
        ConfigError: an unknown word, or nothing is imputed in this grid.
    """
    if which is None:
        return content
    if which not in PREDICTED:
        raise ConfigError(f"--predict {which!r}: use {', '.join(PREDICTED)}")
    parts = hand_down(content)["include"] if "include" in content else [content]
    if not any("imputation" in part.get("tasks", PLAN_TASKS) for part in parts):
        raise ConfigError("--predict: nothing is imputed in this grid; add the task imputation")
    return {**content, "imputer": {**content.get("imputer", {}), "direction": _DIRECTIONS[which]}}
