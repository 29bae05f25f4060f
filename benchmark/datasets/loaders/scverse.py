"""Common parts of the AnnData and MuData loaders: the features and labels a spec asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from benchmark.datasets.lazy import Lazy
from benchmark.datasets.loaders.folder import no_column
from benchmark.datasets.loaders.stores import Annotated
from benchmark.datasets.reading.parts import Part
from benchmark.datasets.spec import DatasetSpec, ModalitySpec
from weakpair.errors import DataError, UnknownNameError

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = Lazy("pandas")

TYPES = ("feature_types", "feature_type")  # columns of var that say what a feature is


def part(
    data: Annotated, modality: ModalitySpec, spec: DatasetSpec, obs: pd.DataFrame, name: str = ""
) -> Part:
    """One modality from an AnnData.

    Args:
        data: the AnnData of a file.
        modality: which layer, `obsm` array or type of feature holds the features.
        spec: the data set's spec.
        obs: its metadata, perhaps with further columns, n rows.
        name: what tables call the modality.
    """
    for column in filter(None, (spec.group, spec.downstream, spec.batch)):
        data.obs.check(column, f"{data.where} obs")
    x, features = _features(data, modality)
    return Part(
        x=x,
        ids=data.obs.table.index,
        features=features,
        labels=obs[spec.group] if spec.group in obs.columns else None,
        obs=obs.drop(columns=spec.group, errors="ignore"),
        where=data.where,
        table=f"{data.where} obs",
        group=spec.group,
        lack=no_column(obs, spec.group, f"{data.where} obs"),
        name=name,
    )


def feature_types(data: Annotated) -> pd.Series[str] | None:
    """The type of every feature as text, where `var` says it."""
    for column in TYPES:
        data.var.check(column, f"{data.where} var")
        if column in data.var.table.columns:
            return data.var.table[column].astype(str)
    return None


def _features(data: Annotated, spec: ModalitySpec) -> tuple[Any, list[str]]:
    if spec.obsm is not None:
        for key in ("layer", "feature_type"):
            if getattr(spec, key) is not None:
                other = f"{key} {getattr(spec, key)!r}"
                raise DataError(f"{data.where}: {other} and obsm {spec.obsm!r}; choose one of them")
        return _obsm(data, spec.obsm)
    x = _layer(data, spec.layer)
    names = data.var.table.index.astype(str).to_numpy()
    if spec.feature_type is None:
        return x, names.tolist()
    columns = _of_type(data, spec.feature_type)
    return _columns(x, columns), names[columns].tolist()


def _layer(data: Annotated, layer: str | None) -> Any:
    if layer is not None:
        return data.array("layers", _known(data, "layers", "layer", layer))
    x = data.array("X")
    if x is None:
        known = ", ".join([*data.names("layers"), *data.names("obsm")]) or "none"
        raise DataError(f"{data.where}: no X; choose a layer or an obsm array (there: {known})")
    return x


def _obsm(data: Annotated, name: str) -> tuple[Any, list[str]]:
    array = data.array("obsm", _known(data, "obsm", "obsm", name))
    if isinstance(array, pd.DataFrame):
        return array.to_numpy(), [str(column) for column in array.columns]
    shape = np.shape(array) if not hasattr(array, "shape") else array.shape
    width = shape[1] if len(shape) == 2 else 0
    return array, [f"{name}_{j}" for j in range(width)]


def _known(data: Annotated, slot: str, kind: str, name: str) -> str:
    names = data.names(slot)
    if name not in names:
        raise DataError(f"{data.where}: {UnknownNameError(kind, name, names)}")
    return name


def _of_type(data: Annotated, wanted: str) -> Any:
    types = feature_types(data)
    if types is None:
        raise DataError(
            f"{data.where}: feature_type {wanted!r}, but var has no column {TYPES[0]!r}"
        )
    if wanted not in set(types):
        raise DataError(f"{data.where}: {UnknownNameError('feature type', wanted, set(types))}")
    return np.flatnonzero((types == wanted).to_numpy())


def _columns(x: Any, columns: Any) -> Any:
    """Some columns of a dense or sparse matrix."""
    return x[:, columns]
