"""Finds a data set by name or path: in the package, in the data folder, anywhere else."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from textwrap import shorten
from typing import Any, NamedTuple

from platformdirs import user_data_dir

from benchmark.datasets import simulated
from benchmark.datasets.base import Dataset, Samples
from benchmark.datasets.digests import file_digest, in_digests
from benchmark.datasets.loaders import DIGITS, detect, loader
from benchmark.datasets.loaders.embeddings import LAYOUT
from benchmark.datasets.loaders.simulation import drawn_content
from benchmark.datasets.paths import absolute, own_name, split_paths
from benchmark.datasets.reading.build import make_dataset
from benchmark.datasets.reading.parts import Read
from benchmark.datasets.reading.text import strings
from benchmark.datasets.select import select
from benchmark.datasets.spec import DatasetSpec
from benchmark.store.keys import canonical_json
from weakpair.errors import BenchError, ConfigError, DataError, UnknownNameError
from weakpair.specs import parse

Spec = str | Path | Mapping[str, Any] | DatasetSpec


_ALWAYS = ("digits", simulated.NAME)
# Changes whenever the same files are read as other cells, labels or values, or in another order.
READING = 2


class Available(NamedTuple):
    """A data set that can be named."""

    name: str
    summary: str
    where: str


def data_folder() -> Path:
    """The folder of data sets: `WEAKPAIR_DATA`, else the user's data directory."""
    return Path(os.environ.get("WEAKPAIR_DATA") or user_data_dir("weakpair")).expanduser()


def resolve(spec: Spec) -> DatasetSpec:
    """The full spec of a data set: its path found, its form settled.

    Args:
        spec: a name ("digits", a folder of the data folder), a path, a mapping or a spec.

    Raises:
        ConfigError: a key or value of the spec is wrong.
        DataError: there is no such data set; says where it was looked for.
    """
    if isinstance(spec, (str, Path)):
        named = _is_name(str(spec))
        spec = {"name": str(spec)} if named else {"path": str(spec)}
    if isinstance(spec, Mapping):
        spec = parse(DatasetSpec, _with_name(spec), f"data set {spec.get('name', '')!r}")
    if spec.name == "digits" and spec.path is None:
        return spec.model_copy(update={"path": str(DIGITS), "kind": "digits"})
    if _is_simulation(spec):
        return spec.model_copy(update={"kind": "simulation"})
    with one_line(spec):
        path = _named(spec) if spec.path is None else _existing(spec.path)
        kind = detect(path) if spec.kind == "auto" else spec.kind
    return spec.model_copy(update={"path": path, "kind": kind})


def load(spec: Spec) -> Dataset:
    """Read and check a data set; nothing is preprocessed yet.

    Raises:
        ConfigError: a key or value of the spec is wrong.
        DataError: a file, column or value is missing or wrong, in one line.
    """
    full = resolve(spec)
    with one_line(full):
        read = loader(full).read(full)
        settled = full.model_copy(update={"pairing": read.pairing})
        both = select((read.first, read.second), settled)
        for column in filter(None, (full.downstream, full.batch)):
            for m in (1, 2):
                _complete(both[m - 1], column, m, read, full.name)
        dataset = make_dataset(full.name, *both, read.pairing, read.names, read.notes)
    drawn = full.kind == "simulation" and dataset.paired
    return replace(dataset, pairing="simulated") if drawn else dataset


def load_as(spec: Spec, digest: str) -> Dataset:
    """Load as `load` does, from the very files that have this `source_digest`.

    Raises:
        ConfigError: as `load`.
        DataError: as `load`, or the files are others by now.
    """
    dataset = load(spec)
    if source_digest(spec) != digest:
        full = resolve(spec)
        raise DataError(f"{full.path or full.name}: changed after the run had begun; run again")
    return dataset


def _complete(samples: Samples, column: str, m: int, read: Read, name: str) -> None:
    """Refuse a column of metadata that is not there, or lacks a value for a cell."""
    where = read.tables[m - 1] or name
    if column not in samples.obs.columns:
        error = UnknownNameError("column", column, map(str, samples.obs.columns))
        raise DataError(f"{where}: metadata of modality {m}: {error}")
    what = f"{where}: column {column!r} of modality {m}"
    strings(samples.obs[column], what, "give every cell one", samples.ids)


@contextmanager
def one_line(spec: DatasetSpec) -> Iterator[None]:
    """Turn whatever reading a data set raises into one line that names it; the rest goes on.

    Raises:
        DataError: for anything but the harness's own errors, which pass as they are.
    """
    where = spec.path or spec.name
    try:
        yield
    except BenchError:
        raise
    except MemoryError as error:
        raise DataError(
            f"{where}: does not fit into the memory of this machine ({_first_line(error)}); keep "
            "fewer features or cells in the file"
        ) from error
    except Exception as error:  # readers of other people's files raise what they like
        raise DataError(
            f"{where}: cannot be read ({type(error).__name__}: {_first_line(error)})"
        ) from error


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def source_digest(spec: Spec) -> str:
    """SHA-256 over the bytes of the source files and all that the spec says about reading them.

    Names, folder and preprocessing do not enter; nothing is parsed.

    Raises:
        DataError: a source file is missing or not readable.
    """
    full = resolve(spec)
    digest = hashlib.sha256(canonical_json(_content(full)).encode())
    with one_line(full):
        for path in loader(full).sources(full):
            digest.update(file_digest(path))
    return digest.hexdigest()


def _content(spec: DatasetSpec) -> dict[str, Any]:
    """Keys of a spec that determine the data, without their place and what is done with them."""
    if spec.kind == "simulation":
        return drawn_content(spec)
    elsewhere = {"name", "path", "simulation", "seed"}
    content = in_digests(spec.model_dump(mode="json", exclude=elsewhere))
    # What is paired by itself is what "ids" pairs; where it is not, nothing is read at all.
    content["pairing"] = "ids" if spec.pairing == "auto" else spec.pairing
    content["reading"] = READING
    for modality in ("modality1", "modality2"):
        del content[modality]["preprocess"], content[modality]["name"]
        if content[modality]["feature_type"] is None:
            del content[modality]["feature_type"]
    return content


def available() -> list[Available]:
    """The set in the package, the simulated one and those of the data folder."""
    digits = Available(
        "digits",
        "UCI multiple features: 2,000 handwritten digits, Fourier coefficients and pixels",
        "in the package",
    )
    simulation = Available(
        simulated.NAME, "GROOVE's simulation, drawn from a seed, with its truth", "made on demand"
    )
    return [digits, simulation, *_in_folder(data_folder())]


def _in_folder(folder: Path) -> Iterator[Available]:
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_dir() and any(path.glob("modality1.*")):
            yield Available(path.name, _summary(path), str(path))


def _summary(folder: Path) -> str:
    """The beginning of a folder's README."""
    for path in (folder / "README.md", folder / "README.txt"):
        if path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace").strip().lstrip("# ")
            return shorten(text.splitlines()[0], 90, placeholder=" …") if text else ""
    return ""


def _is_name(text: str) -> bool:
    """Tell whether a text is a name rather than a path."""
    looks_like_path = os.sep in text or "," in text or text.startswith(("~", "."))
    return not looks_like_path and (text in _ALWAYS or not Path(text).exists() or _known(text))


def _known(name: str) -> bool:
    return (data_folder() / name).is_dir()


def _is_simulation(spec: DatasetSpec) -> bool:
    named = spec.name == simulated.NAME and spec.path is None and spec.kind == "auto"
    return named or spec.kind == "simulation" or spec.simulation is not None


def _with_name(spec: Mapping[str, Any]) -> dict[str, Any]:
    if spec.get("name") is not None:
        return dict(spec)
    if spec.get("simulation") is not None or spec.get("kind") == "simulation":
        return {**spec, "name": simulated.NAME}
    if not spec.get("path"):
        raise ConfigError("a data set needs a name or a path")
    return {**spec, "name": own_name(str(spec["path"]))}


def _named(spec: DatasetSpec) -> str:
    name, folder = spec.name, data_folder()
    if _known(name):
        return str((folder / name).resolve())
    origin = "WEAKPAIR_DATA" if os.environ.get("WEAKPAIR_DATA") else "WEAKPAIR_DATA is not set"
    if spec.kind == "embeddings":
        raise DataError(
            f"{name}: no folder {folder / name} ({origin}); bring {LAYOUT}, or give a path"
        )
    _fetchable(name, f"{folder} ({origin})")
    hint = UnknownNameError("data set", name, [entry.name for entry in available()])
    raise DataError(
        f"{hint}; looked in {folder} ({origin}); set WEAKPAIR_DATA to the folder that holds a "
        f"folder {name!r}, or give a path"
    )


def _fetchable(name: str, where: str) -> None:
    """Say how a public data set is had that is not there.

    Raises:
        DataError: the registry has one of that name.
    """
    from benchmark.datasets.public.sets import shipped_sources

    for source in shipped_sources().values():
        if name in (source.data_set, source.name):
            raise DataError(
                f"data set {name!r} is not in {where}; get it with: bench data fetch {source.name}"
            )


def _existing(path: str) -> str:
    for part in split_paths(path):
        found = Path(part).expanduser()
        if not found.exists():
            raise DataError(f"{part}: no such file or folder")
        if not (found.is_file() or found.is_dir()):
            raise DataError(f"{part}: no file but a pipe or a device; data are read more than once")
    return absolute(path)
