"""The source files that a method under development consists of."""

import ast
import sys
from collections.abc import Iterator
from hashlib import sha256
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

from weakpair.imports import OURS

_INSTALLED = frozenset({"site-packages", "dist-packages"})


def source_digest(module: str) -> str:
    """SHA-256 of a module's file and of all that it imports, followed from file to file.

    The standard library, installed packages other than the module's own, and this package do not
    count. Imports inside functions do; a module whose name is put together at run time does not.
    """
    found: dict[str, Path] = {}
    frontier = [module]
    while frontier:
        name = frontier.pop()
        path = _file(name, module.partition(".")[0])
        if name in found or path is None:
            continue
        found[name] = path
        frontier += [*_parents(name), *_imported(name, path)]
    digest = sha256()
    for name in sorted(found):
        digest.update(name.encode() + b"\0" + sha256(found[name].read_bytes()).digest())
    return digest.hexdigest()


def _file(name: str, own: str) -> Path | None:
    """The file of a module; None for one that does not count, or a name that is no module."""
    top, *inner = name.split(".")
    if top in OURS or (top in sys.stdlib_module_names and top != own):
        return None
    spec = _top(top)
    if spec is None or spec.origin is None:
        places = [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
        return _inside(places, inner)
    file = Path(spec.origin)
    if top != own and _INSTALLED & set(file.parts):
        return None
    if not inner:
        return file if file.is_file() else None
    return _inside([Path(place) for place in spec.submodule_search_locations or ()], inner)


def _top(name: str) -> ModuleSpec | None:
    """Find a top-level module; nothing is imported."""
    try:
        return find_spec(name)
    except (ImportError, ValueError):
        return None


def _inside(places: list[Path], inner: list[str]) -> Path | None:
    """The file of a module inside a package's folders."""
    if not inner:
        return None
    for place in places:
        base = place.joinpath(*inner)
        for path in (base.with_name(f"{base.name}.py"), base / "__init__.py"):
            if path.is_file():
                return path
        binaries = sorted(base.parent.glob(f"{base.name}.*.so"))
        if binaries:
            return binaries[0]
    return None


def _parents(name: str) -> list[str]:
    """The packages that a module lies in, whose `__init__` runs before it."""
    parts = name.split(".")
    return [".".join(parts[:depth]) for depth in range(1, len(parts))]


def _imported(name: str, path: Path) -> Iterator[str]:
    """Names that a source file imports; some are attributes rather than modules."""
    if path.suffix != ".py":
        return
    package = name if path.stem == "__init__" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, package)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _base(node: ast.ImportFrom, package: str) -> str:
    """The module that `from … import` names, relative ones resolved."""
    if not node.level:
        return node.module or ""
    above = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*above, *filter(None, [node.module])])
