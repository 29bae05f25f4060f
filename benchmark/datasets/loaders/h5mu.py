"""One MuData file with two modalities."""

from pathlib import Path
from typing import Any

import pandas as pd

from benchmark.datasets.base import Samples
from benchmark.datasets.loaders.h5ad import open_file
from benchmark.datasets.loaders.scverse import modality_samples
from benchmark.datasets.spec import DatasetSpec
from weakpair.errors import DataError, UnknownNameError


class H5muLoader:
    """A `.h5mu` file; cells of equal `obs_names` are true pairs.

    Which modalities, `modality1.key` and `modality2.key` say; a file with two needs no keys. The
    group column stands in a modality's own `obs` or in the common one.
    """

    def sources(self, spec: DatasetSpec) -> tuple[Path, ...]:
        """The file."""
        return (Path(spec.path or ""),)

    def read(self, spec: DatasetSpec) -> tuple[Samples, Samples]:
        """Both modalities."""
        path = self.sources(spec)[0]
        data = open_file("mudata", "read_h5mu", path)
        keys = _keys(spec, list(data.mod), path)
        first, second = (
            modality_samples(
                data.mod[key], _obs(data, key), modality, spec.group, f"{path} modality {key!r}"
            )
            for key, modality in zip(keys, (spec.modality1, spec.modality2), strict=True)
        )
        return first, second


def _keys(spec: DatasetSpec, known: list[str], path: Path) -> tuple[str, str]:
    first, second = spec.modality1.key, spec.modality2.key
    if first is None and second is None and len(known) == 2:
        return known[0], known[1]
    if first is None or second is None or first == second:
        names = ", ".join(known)
        raise DataError(f"{path}: set modality1.key and modality2.key to two of: {names}")
    for key in (first, second):
        if key not in known:
            raise DataError(f"{path}: {UnknownNameError('modality', key, known)}")
    return first, second


def _obs(data: Any, key: str) -> pd.DataFrame:
    """A modality's own metadata, then the common columns that it lacks."""
    own: pd.DataFrame = data.mod[key].obs
    if own.index.has_duplicates or data.obs.index.has_duplicates:
        return own
    common: pd.DataFrame = data.obs.reindex(own.index)
    further = [name for name in common.columns if name not in own.columns and ":" not in name]
    return own.join(common[further])
