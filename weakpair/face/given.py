"""AnnData as a person hands them over."""

from pathlib import Path
from typing import Any

from weakpair.errors import DataError

NAMES = ("modality 1", "modality 2")
"""What modalities are called whose names nobody gave."""


def labels_of(data: Any, group: str, where: str) -> Any:
    """A column of `obs`.

    Raises:
        DataError: there is none of that name.
    """
    if group not in data.obs.columns:
        known = ", ".join(map(str, data.obs.columns)) or "none"
        raise DataError(f"{where}: obs has no column {group!r}; it has {known}")
    return data.obs[group].to_numpy()


def file_of(data: Any, group: str, path: Path) -> Path:
    """The path, where `X`, the labels and the names of an AnnData are written, nothing else.

    Raises:
        DataError: `obs` has no such column, or the file cannot be written.
    """
    import anndata
    import pandas as pd

    labels = labels_of(data, group, path.stem)
    bare = anndata.AnnData(
        X=data.X,
        obs=pd.DataFrame({group: pd.Series(labels).astype(str).to_numpy()}, index=data.obs_names),
        var=pd.DataFrame(index=data.var_names),
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        bare.write_h5ad(path)
    except OSError as error:
        raise DataError(f"cannot write {path}: {error}") from error
    return path
