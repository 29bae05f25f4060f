"""Common steps of the preparations of small sets."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from benchmark.datasets.public.screens.report import Report
from benchmark.datasets.public.screens.screen import Assay, Screen
from benchmark.datasets.public.screens.writing import write_tables
from weakpair.errors import DataError


def screen(
    x1: ArrayLike,
    features1: Sequence[str],
    x2: ArrayLike,
    features2: Sequence[str],
    obs: pd.DataFrame,
    where: Path,
) -> Screen:
    """Both modalities of the same cells, float32.

    Args:
        x1: shape (n, k1).
        features1: the k1 names.
        x2: shape (n, k2).
        features2: the k2 names.
        obs: n rows, ids as index, with the column `group`.
        where: the folder of the files, for messages.

    Raises:
        DataError: the files do not belong together.
    """
    assays = []
    for x, features in ((x1, features1), (x2, features2)):
        values = np.ascontiguousarray(x, dtype=np.float32)
        if values.shape != (len(obs), len(features)):
            raise DataError(
                f"{where}: features of shape {values.shape} for {len(obs)} cells and "
                f"{len(features)} names; the files do not belong together"
            )
        assays.append(Assay(values, np.array(features, dtype=str)))
    return Screen(assays[0], assays[1], obs)


def write(joint: Screen, out: Path, report: Report) -> Report:
    """Write the folder that the loaders read, the ids as index `cell`, and note its counts."""
    write_tables(out, replace(joint, obs=joint.obs.rename_axis("cell")))
    report.add("written", joint)
    return report


def numbered(stem: str, count: int, digits: int) -> list[str]:
    """Names for features or cells that have none.

    >>> numbered("gene", 3, 2)
    ['gene00', 'gene01', 'gene02']
    """
    return [f"{stem}{i:0{digits}d}" for i in range(count)]
