"""Grid specs: which learners, aligners, data sets and splits are crossed, and how."""

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Self

import yaml
from pydantic import Field, ValidationInfo, field_validator, model_validator

import aligners
import learners
from benchmark.datasets import DatasetSpec
from benchmark.datasets.simulated import replicates
from benchmark.datasets.splits import SplitSpec, parse_split
from benchmark.grids.inclusion import hand_down
from benchmark.grids.plain_yaml import plain
from benchmark.grids.variation import varied
from benchmark.imputation import ImputerSpec
from benchmark.probing import ProbeSpec
from learners.calibrated import Tuning, calibrated
from weakpair.errors import ConfigError, UnknownNameError
from weakpair.registry import Registry, canonical_name
from weakpair.specs import Frozen, check_keys, parse
from weakpair.vocabulary.tasks import PLAN_TASKS, Task

MOST_INCLUDED = 100


class MethodSpec(Frozen):
    """A learner or an aligner: its short name, parameters that differ from the defaults, and the
    name it has in tables (`label`; needed when one method stands in a grid twice). `aligners` names
    those a learner goes with, where others cannot use its latents; None means all.
    """

    kind_of_spec: ClassVar[str] = "method"
    name: str
    params: dict[str, Any] = Field(default_factory=dict)
    label: str = ""
    aligners: tuple[str, ...] | None = None

    @property
    def shown(self) -> str:
        """The name in tables."""
        return self.label or self.name


class DatasetEntry(Frozen):
    """A data set of the grid; `variant` and `replicate` tell apart rows of the same name."""

    kind_of_spec: ClassVar[str] = "data set entry"
    data: DatasetSpec
    variant: str = ""
    replicate: int = Field(default=0, ge=0, lt=2**63)


class GridSpec(Frozen):
    """A validated grid; everything in it is part of the keys of what it computes.

    A grid that includes others has no data sets, learners and aligners of its own. `tuning` says
    which search the learners' settings are from, where there was one; what a grid states of a
    learner itself goes before.
    """

    kind_of_spec: ClassVar[str] = "grid"
    name: str
    about: str = ""
    include: tuple["GridSpec", ...] = ()
    datasets: tuple[DatasetEntry, ...] = ()
    splits: tuple[SplitSpec, ...] = (SplitSpec(),)
    tuning: Tuning = "same"
    learners: tuple[MethodSpec, ...] = ()
    aligners: tuple[MethodSpec, ...] = ()
    tasks: tuple[Task, ...] = PLAN_TASKS
    imputer: ImputerSpec = ImputerSpec()
    probe: ProbeSpec = ProbeSpec()
    knn: int = Field(default=10, ge=1)
    seed: int = Field(default=0, ge=0, lt=2**63)

    @property
    def parts(self) -> tuple["GridSpec", ...]:
        """The grids to expand: those that it includes, or itself."""
        return self.include or (self,)

    @model_validator(mode="before")
    @classmethod
    def _include(cls, data: Any) -> Any:
        return hand_down(data) if isinstance(data, Mapping) and "include" in data else data

    @field_validator("learners", "aligners", mode="before")
    @classmethod
    def _names(cls, value: Any, info: ValidationInfo) -> Any:
        registry = learners.REGISTRY if info.field_name == "learners" else aligners.REGISTRY
        items = _items(value, str(info.field_name))
        methods = tuple(method for v in items for method in varied(_named(v, registry)))
        tuning = info.data.get("tuning", "same")
        # Settings for the same cells are the classes' defaults.
        if tuning == "same" or info.field_name == "aligners":
            return methods
        if not any(calibrated(_name_of(one), tuning) for one in methods):
            raise ValueError(f"tuning {tuning!r}: no learner of the grid was searched for that")
        return tuple(_tuned(one, tuning) for one in methods)

    @field_validator("splits", mode="before")
    @classmethod
    def _splits(cls, value: Any) -> Any:
        return tuple(split_mappings(value))

    @field_validator("datasets", mode="before")
    @classmethod
    def _entries(cls, value: Any) -> Any:
        return tuple(entry for v in _items(value, "datasets") for entry in _dataset_entries(v))

    @model_validator(mode="after")
    def _complete(self) -> Self:
        """Plans need an aligner; the probe scores latents themselves and needs a learner."""
        if self.include:
            return self
        if not self.datasets:
            raise ValueError("datasets: at least one is needed")
        plans = [task for task in self.tasks if task != "probe"]
        if plans and not self.aligners:
            raise ValueError(f"aligners: task {plans[0]!r} needs at least one aligner")
        if "probe" in self.tasks and not self.learners:
            raise ValueError("learners: task 'probe' needs at least one learner")
        return self

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        for kind, methods in (("learner", self.learners), ("aligner", self.aligners)):
            shown = [method.shown for method in methods]
            twice = sorted({name for name in shown if shown.count(name) > 1})
            if twice:
                raise ValueError(
                    f"{kind} {twice[0]!r} stands in the grid twice; tell them apart by 'label'"
                )
        return self


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


def _name_of(method: Any) -> str:
    return str(method.get("name", "")) if isinstance(method, Mapping) else str(method)


def _tuned(method: Any, tuning: Tuning) -> Any:
    """The method with the setting that was found for it, below what is stated of it."""
    if not isinstance(method, Mapping) or not isinstance(method.get("params", {}), Mapping):
        return method
    found = calibrated(_name_of(method), tuning)
    return {**method, "params": {**found, **method.get("params", {})}}


def _dataset_entries(value: Any) -> list[Any]:
    """What an item stands for: a simulation for its variants and replicates, else itself."""
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


def shipped_grids() -> dict[str, Path]:
    """Name → file of the grids that come with the package."""
    folder = Path(str(files("benchmark") / "grids" / "shipped"))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def read_grid(name: str, within: tuple[Path, ...] = ()) -> dict[str, Any]:
    """The plain content of a shipped grid or of a YAML file, not validated yet.

    Keys that are not given come from the grid named by `base`, if there is one.
    In place of the names in `include` stand the contents of these grids; those that include others
    stand for them.

    Args:
        name: a shipped grid's name, or a YAML file.
        within: the files that include it.

    Raises:
        UnknownNameError: neither a shipped grid nor a file.
        ConfigError: the file is not YAML or not a mapping, or a grid includes itself.
    """
    shipped = shipped_grids()
    name = canonical_name(name, shipped)
    path = shipped.get(name, Path(name))
    if name not in shipped and path.suffix not in (".yaml", ".yml"):
        raise UnknownNameError("grid", name, shipped)
    try:
        content = plain(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read the grid {path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise ConfigError(
            f"{path} must hold keys like 'datasets' and 'aligners', not a list or text"
        )
    if "base" in content:
        base = _base(content.pop("base"), path, within)
        content = {**read_grid(base, (*within, path.resolve())), "name": path.stem, **content}
    if "splits" in content:
        content["splits"] = split_mappings(content["splits"])
    if "include" in content:
        included = islice(_included(content["include"], path, within), MOST_INCLUDED + 1)
        content["include"] = list(included)
        if len(content["include"]) > MOST_INCLUDED:
            raise ConfigError(f"{path} includes more than {MOST_INCLUDED} grids")
    return {"name": path.stem, **content}


def _base(name: Any, path: Path, within: tuple[Path, ...]) -> str:
    """The grid that the one at `path` builds on: a shipped one's name, or a file beside it."""
    shipped = shipped_grids()
    found = shipped.get(str(name), path.parent / str(name)).resolve()
    if not isinstance(name, str) or found in (*within, path.resolve()):
        raise ConfigError(f"{path}: base must name another grid, not {name!r}")
    return name if name in shipped else str(found)


def _included(items: Any, path: Path, within: tuple[Path, ...]) -> Iterator[Any]:
    """Contents of the grids that the file at `path` includes; its relative paths are beside it."""
    for item in items if isinstance(items, list) else [items]:
        name = str(item)
        if name not in shipped_grids():
            name = str(path.parent / name)
        if not isinstance(item, str):
            yield item
        elif path.resolve() in within:
            raise ConfigError(f"{path} includes itself; take it out of include")
        else:
            content = read_grid(name, (*within, path.resolve()))
            yield from hand_down(content)["include"] if "include" in content else (content,)


def validate_grid(content: Mapping[str, Any]) -> GridSpec:
    """Turn plain content into a grid.

    Raises:
        ConfigError: names the key that is wrong and the nearest known one.
    """
    return parse(GridSpec, dict(content), f"grid {content.get('name', '')!r}")
