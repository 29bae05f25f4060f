"""Cells of one modality as AnnData hold them."""

from typing import Any

from benchmark.datasets import Samples, make_samples
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
