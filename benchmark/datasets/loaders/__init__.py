"""One loader per form of files."""

import zipfile
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Protocol

from benchmark.datasets.loaders.embeddings import EmbeddingsLoader
from benchmark.datasets.loaders.folder import FolderLoader
from benchmark.datasets.loaders.h5ad import H5adLoader
from benchmark.datasets.loaders.h5mu import H5muLoader
from benchmark.datasets.loaders.npz import NpzLoader
from benchmark.datasets.loaders.simulation import SimulationLoader
from benchmark.datasets.loaders.stores import beginning, content, describe, is_zarr, opened
from benchmark.datasets.paths import split_paths
from benchmark.datasets.reading.parts import Read
from benchmark.datasets.spec import DatasetSpec, Kind
from weakpair.errors import ConfigError, DataError

__all__ = ["DIGITS", "LOADERS", "Loader", "detect", "loader"]

DIGITS = Path(__file__).parents[1] / "digits"


class Loader(Protocol):
    """Reads the two modalities of a resolved spec."""

    def sources(self, spec: DatasetSpec) -> tuple[Path, ...]:
        """The files that determine the data, in a fixed order."""
        ...

    def read(self, spec: DatasetSpec) -> Read:
        """Both modalities, all cells, their names and how they are paired.

        Raises:
            DataError: a file, column or value is missing or wrong.
        """
        ...


LOADERS: Mapping[Kind, Loader] = {
    "digits": FolderLoader(),
    "folder": FolderLoader(),
    "npz": NpzLoader(),
    "h5ad": H5adLoader(),
    "h5mu": H5muLoader(),
    "embeddings": EmbeddingsLoader(),
    "simulation": SimulationLoader(),
}


def detect(path: str) -> Kind:
    """The form of the files at a path, by what is in them; by the suffix if nothing else tells.

    Raises:
        ConfigError: a file of an unknown form.
        DataError: an HDF5 file of something else.
    """
    if len(split_paths(path)) > 1:
        return "h5ad"
    where = Path(path)
    if where.is_dir() and not is_zarr(where):
        return _folder(where)
    return _by_content(where) or _by_suffix(where)


def _folder(folder: Path) -> Kind:
    names = [path.name.casefold() for path in folder.iterdir()]
    if any(fnmatch(name, "modality?.np[yz]") for name in names):
        return "embeddings"
    return "h5ad" if any(name.endswith((".h5ad", ".zarr")) for name in names) else "folder"


def _by_content(path: Path) -> Kind | None:
    """The form, or None for a file that has to be judged by its name."""
    if path.is_dir() or _begins_as_hdf5(path):
        try:
            with opened(path) as root:
                found = content(root)
                if found == "other":
                    raise DataError(describe(path, root))
        except DataError:
            if path.suffix.casefold() in (".h5ad", ".h5mu", ".zarr"):
                return None  # its loader says what is wrong
            raise
        return "h5mu" if found == "mudata" else "h5ad"
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if any(name.endswith(".npy") for name in archive.namelist()):
                return "npz"
    return None


def _begins_as_hdf5(path: Path) -> bool:
    """HDF5 as such, or MuData's form with a block of text before it."""
    with path.open("rb") as file:
        return file.read(8).startswith((b"\x89HDF", b"MuData"))


def _by_suffix(path: Path) -> Kind:
    suffixes: dict[str, Kind] = {".h5ad": "h5ad", ".h5mu": "h5mu", ".npz": "npz", ".zarr": "h5ad"}
    if path.suffix.casefold() in suffixes:
        return suffixes[path.suffix.casefold()]
    raise ConfigError(
        f"{path}: unknown form of data ({beginning(path)}); a folder with modality1, modality2 and "
        "obs tables, an .npz, .h5mu or .h5ad file, a .zarr store or two AnnData files with a comma "
        "between them are needed"
    )


def loader(spec: DatasetSpec) -> Loader:
    """The loader of a resolved spec."""
    return LOADERS[spec.kind]
