"""One loader per form of files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from benchmark.datasets.base import Samples
from benchmark.datasets.loaders.embeddings import EmbeddingsLoader
from benchmark.datasets.loaders.folder import FolderLoader
from benchmark.datasets.loaders.h5ad import H5adLoader
from benchmark.datasets.loaders.h5mu import H5muLoader
from benchmark.datasets.loaders.npz import NpzLoader
from benchmark.datasets.simulated import SimulationLoader
from benchmark.datasets.spec import DatasetSpec, Kind
from weakpair.errors import ConfigError

__all__ = ["DIGITS", "LOADERS", "Loader", "detect", "loader"]

DIGITS = Path(__file__).parents[1] / "digits"


class Loader(Protocol):
    """Reads the two modalities of a resolved spec."""

    def sources(self, spec: DatasetSpec) -> tuple[Path, ...]:
        """The files that determine the data, in a fixed order."""
        ...

    def read(self, spec: DatasetSpec) -> tuple[Samples, Samples]:
        """Both modalities, all cells.

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
    """The form of the files at a path.

    Raises:
        ConfigError: a file of an unknown form.
    """
    if "," in path or path.endswith(".h5ad"):
        return "h5ad"
    if path.endswith(".h5mu"):
        return "h5mu"
    if path.endswith(".npz"):
        return "npz"
    if (folder := Path(path)).is_dir():
        if list(folder.glob("modality?.np[yz]")):
            return "embeddings"
        return "h5ad" if list(folder.glob("*.h5ad")) else "folder"
    raise ConfigError(
        f"{path}: unknown form of data; a folder with modality1, modality2 and obs tables, an .npz "
        "or .h5mu file or two .h5ad files with a comma between them are needed"
    )


def loader(spec: DatasetSpec) -> Loader:
    """The loader of a resolved spec."""
    return LOADERS[spec.kind]
