"""The registry of public data sets: one YAML file per entry; names, addresses, terms, checksums.

Nothing that is fetched is executed or unpickled.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

from benchmark.datasets.public.sets.spec import RawFile, Source
from weakpair.errors import ConfigError, UnknownNameError
from weakpair.plain_yaml.loader import plain
from weakpair.specs import parse

__all__ = ["RawFile", "Source", "find_source", "read_source", "shipped_sources"]


@cache
def shipped_sources() -> Mapping[str, Source]:
    """All entries, by name."""
    read = [read_source(path) for path in sorted(Path(__file__).parent.glob("*.yaml"))]
    return {source.name: source for source in read}


def find_source(name: str) -> Source:
    """An entry by its name, or by the path of a YAML file that describes one.

    Raises:
        UnknownNameError: there is none; suggests the nearest.
        ConfigError: the file is not such a description.
    """
    if name.endswith((".yaml", ".yml")):
        return read_source(Path(name).expanduser())
    known = shipped_sources()
    if name not in known:
        raise UnknownNameError("source", name, known)
    return known[name]


def read_source(path: Path) -> Source:
    """The entry that a YAML file describes.

    Raises:
        ConfigError: the file is missing or a key or value of it is wrong.
    """
    try:
        content = plain(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not readable as YAML; {str(error).splitlines()[0]}") from error
    return parse(Source, content, str(path.name))
