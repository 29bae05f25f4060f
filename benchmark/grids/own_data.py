"""A person's own data as a grid: names, preprocessing and pairing from the command line's words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmark import datasets
from benchmark.datasets import Dataset
from benchmark.datasets.facts import Facts
from benchmark.datasets.paths import own_name
from benchmark.datasets.preprocessing.pipeline import parse_steps, spell
from benchmark.datasets.preprocessing.presets import AUTO
from benchmark.grids.preview import Preview
from benchmark.grids.reading.files import read_grid
from benchmark.store.store import Store
from weakpair.errors import ConfigError

PAIRINGS = ("ids", "rows", "none")
_REFUSED = re.compile(r"[^A-Za-z0-9._+-]+")


def folder_name(name: str) -> str:
    """A name that a run's folder can have: letters, digits and . _ + -.

    >>> [folder_name(name) for name in ("shared0.8", "my screen/1", "..", "rna+atac")]
    ['shared0.8', 'my-screen-1', 'run', 'rna+atac']
    """
    plain = _REFUSED.sub("-", name)
    return plain if plain.strip(".-") else "run"


@dataclass(frozen=True)
class OwnData:
    """Data set as the command line describes it.

    Attributes:
        data: a folder, a file, two files with a comma between them, or a name of `bench data list`.
        group: column of the perturbation labels.
        name: what data set and run are called; None: by the files.
        preprocess: of both modalities, a pipeline, a preset or "auto"; None leaves it to the spec.
        paired: how pairs are known, one of `PAIRINGS`; None leaves it to the spec.
        template: the shipped grid that the data are filled into.
    """

    data: str
    group: str = "group"
    name: str | None = None
    preprocess: tuple[str | None, str | None] = (None, None)
    paired: str | None = None
    template: str = "own"


def own_grid(own: OwnData) -> dict[str, Any]:
    """The plain content of a grid on that data set: the template with the data filled in.

    Raises:
        ConfigError: a name or word that cannot be.
    """
    entry = _entry(own)
    for m, pipeline in enumerate(own.preprocess, 1):
        if pipeline is not None:
            entry[f"modality{m}"] = {"preprocess": _pipeline(pipeline, f"--preprocess{m}")}
    if own.paired is not None:
        if own.paired not in PAIRINGS:
            raise ConfigError(f"--paired {own.paired!r}: use {', '.join(PAIRINGS)}")
        entry["pairing"] = own.paired
    return {**read_grid(own.template), "name": folder_name(entry["name"]), "datasets": [entry]}


def _entry(own: OwnData) -> dict[str, Any]:
    if own.name is not None and folder_name(own.name) != own.name:
        raise ConfigError(
            f"--name {own.name!r}: use letters, digits and . _ + -, such as "
            f"{folder_name(own.name)!r}"
        )
    if not own.data:
        raise ConfigError("--data is empty; give a folder, a file or a name")
    if not _is_known(own.data):
        return {
            "name": own.name or own_name(own.data) or "own",
            "path": own.data,
            "group": own.group,
        }
    if own.name is None:
        return {"name": own.data, "group": own.group}
    known = datasets.resolve(own.data)
    entry = {"name": own.name, "path": known.path, "kind": known.kind, "group": own.group}
    return {key: value for key, value in entry.items() if value is not None}


def _is_known(data: str) -> bool:
    """Tell whether it is the name of a set in the data folder, and no path from here."""
    return not Path(data).exists() and data in {entry.name for entry in datasets.available()}


def _pipeline(text: str, option: str) -> Any:
    """Steps as plain content; "auto" stays until the data are looked at."""
    if text.strip() == AUTO:
        return AUTO
    try:
        return [step.model_dump(exclude_unset=True) for step in parse_steps(text)]
    except ConfigError as error:
        raise ConfigError(f"{option}: {error}; bench list preprocess shows all") from error


@dataclass(frozen=True)
class Filled:
    """Content without "auto", what was chosen in a line each, and data read on the way.

    `loaded` holds data sets by the digest of their source, so that none is read twice.
    """

    content: dict[str, Any]
    lines: tuple[str, ...] = ()
    loaded: dict[str, Dataset] = field(default_factory=dict)


def settle(content: dict[str, Any], store: Store) -> Filled:
    """Put steps in the place of "auto" in every data set's preprocessing, from its values.

    What the store knows of the data is not read again.

    Raises:
        InputError: the data cannot be read.
    """
    settled = Filled(dict(content))
    given = content.get("datasets")
    entries = given if isinstance(given, (list, tuple)) else ()
    items = [_settled(item, store, settled) for item in entries]
    lines = tuple(line for _, said in items for line in said)
    if not lines:
        return settled
    return Filled({**content, "datasets": [item for item, _ in items]}, lines, settled.loaded)


def without_pairs(filled: Filled, store: Store) -> Filled:
    """The grid of a person's own data with scores that such data can have.

    Matching and imputation are judged by true pairs. Where there are none, surrogates stand in
    their place: hidden labels, four merges as `bench choose` has them.

    Raises:
        InputError: the data cannot be read.
    """
    (entry,) = filled.content["datasets"]
    if "surrogate" in filled.content["tasks"]:
        return filled
    if _facts(entry, store, filled.loaded).paired:
        return filled
    judged = {"tasks": ["surrogate"], "surrogate": read_grid("choose")["surrogate"]}
    line = (
        "no true pairs: surrogates are computed, which need none; --tasks matching,imputation "
        "computes what needs pairs all the same"
    )
    return Filled({**filled.content, **judged}, (*filled.lines, line), filled.loaded)


def _settled(item: Any, store: Store, settled: Filled) -> tuple[Any, list[str]]:
    """A data set's entry without "auto", and what was chosen."""
    entry = item.get("data", item) if isinstance(item, Mapping) else {}
    open_ = [m for m in (1, 2) if _asks(entry.get(f"modality{m}"))]
    if not open_:
        return item, []
    plain = dict(entry)
    for m in open_:
        plain[f"modality{m}"] = {**entry[f"modality{m}"], "preprocess": []}
    facts = _facts(plain, store, settled.loaded)
    lines = []
    for m in open_:
        finding, name = facts.findings[m - 1], facts.names[m - 1]
        steps = parse_steps(finding.remedy)
        plain[f"modality{m}"]["preprocess"] = [s.model_dump(exclude_unset=True) for s in steps]
        why = "; ".join(finding.complaints()) or "nothing to mend"
        chosen = finding.remedy if not steps else f"{finding.remedy} ({spell(steps)})"
        lines.append(f"preprocessing of {name}: {chosen}, because of its values: {why}")
    return ({**item, "data": plain} if "data" in item else plain), lines


def _asks(modality: Any) -> bool:
    steps = modality.get("preprocess") if isinstance(modality, Mapping) else None
    return steps in (AUTO, [AUTO])


def _facts(entry: Mapping[str, Any], store: Store, loaded: dict[str, Dataset]) -> Facts:
    known = {k: v for k, v in entry.items() if k not in ("variant", "replicate")}
    spec = datasets.resolve(known)
    preview = Preview.of(spec, store, {})
    facts = preview.facts
    if preview.read is not None:
        loaded[preview.source.source] = preview.read
    return facts
