"""What the AnnData and MuData loaders share; both packages are an optional extra."""

from collections.abc import Iterable
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmark.datasets.base import Samples
from benchmark.datasets.build import make_samples
from benchmark.datasets.loaders.folder import column
from benchmark.datasets.spec import ModalitySpec
from weakpair.errors import DataError, UnknownNameError


def optional(package: str) -> Any:
    """Import `anndata` or `mudata`.

    Raises:
        DataError: it is not installed, with the command that installs it.
    """
    try:
        return import_module(package)
    except ImportError as error:
        raise DataError(
            f"{package} is needed to read this file; install it with: pip install weakpair[scverse]"
        ) from error


def modality_samples(
    adata: Any, obs: pd.DataFrame, spec: ModalitySpec, group: str, where: str
) -> Samples:
    """One modality from an AnnData object, sparse arrays made dense.

    Args:
        adata: an `anndata.AnnData`.
        obs: its metadata, perhaps with further columns, n rows.
        spec: which layer or `obsm` array holds the features.
        group: the column of the perturbation labels.
        where: the file, for messages.
    """
    x, features = _features(adata, spec, where)
    return make_samples(
        x,
        column(obs, group, f"{where} obs"),
        adata.obs_names.to_numpy(),
        features,
        obs.drop(columns=group),
        where=where,
        group=group,
    )


def _features(adata: Any, spec: ModalitySpec, where: str) -> tuple[NDArray[Any], list[str]]:
    if spec.layer is not None and spec.obsm is not None:
        raise DataError(f"{where}: layer {spec.layer!r} and obsm {spec.obsm!r}; choose one of them")
    if spec.obsm is not None:
        array = _choose(adata.obsm, "obsm", spec.obsm, where)
        names = getattr(array, "columns", [f"{spec.obsm}_{j}" for j in range(array.shape[1])])
        return _dense(array), [str(name) for name in names]
    names = [str(name) for name in adata.var_names]
    if spec.layer is not None:
        return _dense(_choose(adata.layers, "layer", spec.layer, where)), names
    if adata.X is None:
        known = ", ".join([*adata.layers, *adata.obsm]) or "none"
        raise DataError(f"{where}: no X; choose a layer or an obsm array (there: {known})")
    return _dense(adata.X), names


def _choose(arrays: Any, kind: str, name: str, where: str) -> Any:
    if name not in arrays:
        raise DataError(f"{where}: {UnknownNameError(kind, name, _names(arrays))}")
    return arrays[name]


def _names(arrays: Any) -> Iterable[str]:
    return [str(name) for name in arrays]


def _dense(array: Any) -> NDArray[Any]:
    dense: NDArray[Any] = np.asarray(array.toarray() if hasattr(array, "toarray") else array)
    return dense
