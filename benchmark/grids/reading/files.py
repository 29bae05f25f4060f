"""Files of grids: the shipped ones and YAML of a person's own, with the grids they build on."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from benchmark.grids.elaborate import split_mappings
from benchmark.grids.inclusion import hand_down
from benchmark.grids.reading.shipped import shipped_grids
from weakpair.errors import ConfigError, UnknownNameError
from weakpair.plain_yaml.loader import plain
from weakpair.registry import canonical_name

MOST_INCLUDED = 100


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
