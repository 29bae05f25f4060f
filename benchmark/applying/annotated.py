"""Cells of one modality as AnnData hold them."""

from pathlib import Path
from typing import Any

from benchmark.datasets import Samples, make_samples
from benchmark.datasets.loaders.packages import optional
from weakpair.errors import DataError


def samples_of(data: Any, group: str, where: str) -> Samples:
    """`X`, the perturbation of each cell and the names of cells and features.

    Args:
        data: AnnData, cells in rows.
        group: column of `obs` with the perturbation.
        where: what the data are called in errors.

    Raises:
        DataError: there is no such column, or values that cannot be.
    """
    return make_samples(
        data.X,
        labels_of(data, group, where),
        data.obs_names.to_numpy(),
        [str(name) for name in data.var_names],
        where=where,
        group=group,
    )


def labels_of(data: Any, group: str, where: str) -> Any:
    """A column of `obs`.

    Raises:
        DataError: there is none of that name.
    """
    if group not in data.obs.columns:
        known = ", ".join(map(str, data.obs.columns)) or "none"
        raise DataError(f"{where}: obs has no column {group!r}; it has {known}")
    return data.obs[group].to_numpy()


def read_samples(path: Path, group: str) -> Samples:
    """Cells of one AnnData file, with the perturbations of that column.

    Raises:
        DataError: there is no such file or column, values that cannot be, or no anndata.
    """
    anndata = optional("anndata")
    if not path.is_file():
        raise DataError(f"{path}: no such file; new cells are read from AnnData (.h5ad)")
    try:
        data = anndata.read_h5ad(path)
    except Exception as error:  # HDF5 raises what it likes
        raise DataError(f"{path}: no AnnData file ({type(error).__name__})") from error
    return samples_of(data, group, str(path))
