"""Makes a folder that the loaders read of raw files, with a record of how it was made."""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints

import pooch

from benchmark.datasets.catalog import load
from benchmark.datasets.public.fetch import check, raw_folder
from benchmark.datasets.public.lock import read_lock
from benchmark.datasets.public.owned import (
    README,
    RECORD,
    must_be_replaceable,
    put_in_place,
    set_name,
)
from benchmark.datasets.public.screens.report import Report
from benchmark.datasets.public.sets import Source
from weakpair import __version__
from weakpair.errors import ConfigError, DataError
from weakpair.specs import Frozen, parse

Preparation = Callable[[Path, Path, Any], Report]


@dataclass(frozen=True)
class Prepared:
    """A data set that was made.

    Attributes:
        path: its folder.
        report: what was left after every step.
        digest: SHA-256 of its content (`Dataset.digest`).
        expected: the registry's digest, if these parameters have one.
    """

    path: Path
    report: Report
    digest: str
    expected: str | None


def prepare(
    source: Source,
    folder: Path,
    parameters: Mapping[str, Any] | None = None,
    name: str | None = None,
    *,
    replace: bool = False,
) -> Prepared:
    """Make the data set of a source from its raw files.

    The folder appears whole or not at all; it holds the tables, `README.md` and `prepared.json`.

    Args:
        source: an entry of the registry whose files were fetched.
        folder: the data folder.
        parameters: values of the preparation's spec that differ from the entry's.
        name: another name for the set.
        replace: whether a set of that name, which `prepare` made, is replaced.

    Raises:
        ConfigError: a parameter is unknown or wrong, or the name is none that a set may have.
        DataError: a raw file is missing or damaged, or is not what the preparation expects; or
            there is something of that name that is not to be replaced.
    """
    target = folder / set_name(source.data_set if name is None else name, "name of the data set")
    _may_be_made(target, replace)
    _whole(source, folder)
    function, spec = preparation(source, parameters)
    temporary = folder / f".{target.name}.{os.getpid()}"
    temporary.mkdir(parents=True)
    try:
        report = function(raw_folder(source, folder), temporary, spec)
        digest = load({"name": target.name, "path": str(temporary)}).digest
        expected = source.digest if not parameters else None
        _describe(source, temporary)
        _record(source, folder, temporary, spec, report, digest)
        put_in_place(temporary, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return Prepared(target, report, digest, expected)


def _may_be_made(target: Path, replace: bool) -> None:
    if not target.exists() and not target.is_symlink():
        return
    if not replace:
        raise DataError(
            f"{target} is there already; --force makes it anew, --as under another name"
        )
    must_be_replaceable(target)


def preparation(
    source: Source, parameters: Mapping[str, Any] | None = None
) -> tuple[Preparation, Frozen]:
    """The function of a source and its validated spec, whose class is read off its signature.

    Raises:
        ConfigError: there is no such function, it is no preparation, or a parameter is unknown or
            wrong.
    """
    module, _, name = source.prepare.partition(":")
    try:
        function = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"{source.name}: prepare: {source.prepare}: {error}") from error
    kind = _spec_of(function)
    if kind is None:
        raise ConfigError(
            f"{source.name}: prepare: {source.prepare} is no preparation: a function "
            "(raw, out, spec) -> Report is needed, with its types"
        )
    given = {**source.parameters, **(parameters or {})}
    return function, parse(kind, given, f"preparation of {source.name}")


def _spec_of(function: Any) -> type[Frozen] | None:
    """The class of a preparation's spec, None if the object does not say that it is one."""
    try:
        hints = get_type_hints(function)
    except (TypeError, NameError):
        return None
    kind = hints.get("spec")
    is_one = isinstance(kind, type) and issubclass(kind, Frozen)
    return kind if is_one and hints.get("return") is Report else None


def damaged_tables(path: Path) -> list[str]:
    """Files of a prepared folder that are missing or differ from its record.

    Raises:
        DataError: the folder has no record: it was not made by `bench data`.
    """
    if not (path / RECORD).is_file():
        raise DataError(f"{path}: no {RECORD}; it was not made by bench data, nothing to verify")
    tables = json.loads((path / RECORD).read_text("utf-8"))["tables"]
    return [
        name
        for name, sha256 in tables.items()
        if not (path / name).is_file() or pooch.file_hash(str(path / name)) != sha256
    ]


def _whole(source: Source, folder: Path) -> None:
    """Complain about the first raw file that is not there or not good."""
    for name, state in check(source, folder).items():
        if state in ("missing", "damaged"):
            raise DataError(
                f"{raw_folder(source, folder) / name}: {state}; bench data fetch {source.name}"
            )


def _describe(source: Source, path: Path) -> None:
    """A README whose first line is the summary that lists show."""
    notes = "".join(f"- {note}\n" for note in source.notes)
    steps = "".join(f"{i}. {step}\n" for i, step in enumerate(source.steps, 1))
    text = (
        f"# {source.about}\n\n{source.numbers}\n\n{steps}\n{notes}\n"
        f"Licence: {source.licence}\n\nCitation: {source.citation}\n\nSource: {source.page}\n"
    )
    (path / README).write_text(text, "utf-8")


def _record(
    source: Source, folder: Path, path: Path, spec: Frozen, report: Report, digest: str
) -> None:
    lock = read_lock(raw_folder(source, folder))
    content = {
        "source": source.name,
        "weakpair": __version__,
        "prepare": source.prepare,
        "parameters": spec.model_dump(mode="json"),
        "raw": {name: entry.sha256 for name, entry in sorted(lock.items())},
        "digest": digest,
        "report": report.table(),
        "tables": {
            file.name: pooch.file_hash(str(file))
            for file in sorted(path.iterdir())
            if file.suffix != ".md"
        },
    }
    (path / RECORD).write_text(json.dumps(content, indent=1) + "\n", "utf-8")
