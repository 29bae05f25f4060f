"""AnnData as a person hands them over."""

from pathlib import Path
from typing import Any

from weakpair.errors import DataError

NAMES = ("modality 1", "modality 2")
"""Names of modalities that nobody named."""


def file_of(data: Any, group: str, path: Path) -> Path:
    """The path, where `X`, the labels and the names of an AnnData are written, nothing else.

    Raises:
        DataError: `obs` has no such column, or the file cannot be written.
    """
    import anndata
    import pandas as pd

    from benchmark.applying.annotated import labels_of

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
