"""Two AnnData files, one per modality."""

import warnings
from pathlib import Path
from typing import Any

from benchmark.datasets.base import Samples
from benchmark.datasets.loaders.scverse import modality_samples, optional
from benchmark.datasets.spec import DatasetSpec
from weakpair.errors import DataError


class H5adLoader:
    """`rna.h5ad,protein.h5ad`, or a folder with `modality1.h5ad` and `modality2.h5ad`.

    Cells of equal `obs_names` are true pairs; both files carry the group column in `obs`.
    """

    def sources(self, spec: DatasetSpec) -> tuple[Path, ...]:
        """The file of modality 1, then that of modality 2."""
        path = spec.path or ""
        folder = Path(path)
        if folder.is_dir():
            first = spec.modality1.file or "modality1.h5ad"
            second = spec.modality2.file or "modality2.h5ad"
            return folder / first, folder / second
        parts = [Path(part) for part in path.split(",")]
        if len(parts) != 2:
            raise DataError(f"{path}: two files are needed, as in rna.h5ad,protein.h5ad")
        return tuple(parts)

    def read(self, spec: DatasetSpec) -> tuple[Samples, Samples]:
        """Both modalities."""
        first, second = self.sources(spec)
        return _read(first, spec, 1), _read(second, spec, 2)


def _read(path: Path, spec: DatasetSpec, m: int) -> Samples:
    adata = open_file("anndata", "read_h5ad", path)
    modality = spec.modality1 if m == 1 else spec.modality2
    return modality_samples(adata, adata.obs, modality, spec.group, str(path))


def open_file(package: str, reader: str, path: Path) -> Any:
    """Read a file by a function of an optional package.

    Raises:
        DataError: the package or the file is missing, or the file is torn.
    """
    module = optional(package)
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    try:
        with warnings.catch_warnings():
            # What a later version of the package will do is nothing that a user can mend.
            warnings.simplefilter("ignore", FutureWarning)
            return getattr(module, reader)(path)
    except (OSError, KeyError, ValueError, TypeError, AttributeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise DataError(f"{path}: not a readable {path.suffix} file ({reason})") from error
