"""Any MuData file with two modalities of the same cells."""

from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
from pydantic import Field

from benchmark.datasets.public.screens.raw.files import find_one, need_column, open_hdf5
from benchmark.datasets.public.screens.raw.scverse_files import AnnDataGroup
from benchmark.datasets.public.screens.report import Report
from benchmark.datasets.public.screens.screen import GROUP, Screen
from benchmark.datasets.public.screens.selection import Selection, select
from benchmark.datasets.public.screens.sparse_steps import apply_steps
from benchmark.datasets.public.screens.writing import write_screen
from benchmark.datasets.spec import Steps
from weakpair.errors import DataError, UnknownNameError
from weakpair.specs import Frozen


class Modality(Frozen):
    """Place of a modality's values, and the steps done to them.

    Attributes:
        key: name of the modality in the file.
        layer: layer to read instead of `X`.
        steps: as in a data set's `preprocess`, e.g. "normalize-total, log1p, hvg(n=500)", but with
            statistics of all cells.
    """

    kind_of_spec: ClassVar[str] = "modality of an .h5mu file"
    key: str = Field(min_length=1)
    layer: str | None = None
    steps: Steps = ()


class Spec(Frozen):
    """A MuData file, its modalities and the cells to keep.

    Attributes:
        group: the column of the perturbations, in the modality's or the common `obs`.
        modality1: the modality that is imputed.
        modality2: the modality that is imputed from.
        selection: which perturbations and how many cells.
    """

    kind_of_spec: ClassVar[str] = "preparation of an .h5mu file"
    group: str = Field(min_length=1)
    modality1: Modality
    modality2: Modality
    selection: Selection = Selection()


def prepare(raw: Path, out: Path, spec: Spec) -> Report:
    """Prepare the one .h5mu file of a folder; its matrices are read by rows, never whole.

    Args:
        raw: folder of the file.
        out: the data set's folder, written as the folder loader reads it.
        spec: the parameters of the steps.

    Returns:
        Cells, features and perturbations after every step.

    Raises:
        DataError: the file, a modality, layer or column is missing or wrong.
    """
    report = Report("h5mu")
    screen = select(
        _read(find_one(raw, "the screen", "*.h5mu"), spec, report), spec.selection, report
    )
    screen = apply_steps(screen, "first", spec.modality1.steps, report)
    screen = apply_steps(screen, "second", spec.modality2.steps, report)
    write_screen(out, screen)
    return report


def _read(path: Path, spec: Spec, report: Report) -> Screen:
    with open_hdf5(path) as file:
        first, second = (_modality(file, one.key, path) for one in (spec.modality1, spec.modality2))
        obs = _obs(first, file, spec.group, path)
        obs = obs[obs.index.isin(second.table("obs").index)]
        cells = obs.index.to_list()
        screen = Screen(
            first.assay(cells, spec.modality1.layer), second.assay(cells, spec.modality2.layer), obs
        )
    report.add("cells of both modalities with a perturbation", screen)
    return screen


def _modality(file: Any, key: str, path: Path) -> AnnDataGroup:
    known = file["mod"]
    if key not in known:
        raise DataError(f"{path}: {UnknownNameError('modality', key, list(known))}")
    return AnnDataGroup(known[key], f"{path} modality {key!r}")


def _obs(first: AnnDataGroup, file: Any, group: str, path: Path) -> pd.DataFrame:
    """Cells of the first modality that have a perturbation, with it in the column group."""
    own = first.table("obs")
    if group not in own.columns:
        own = AnnDataGroup(file, str(path)).table("obs").reindex(own.index)
    labels = need_column(own, group, path)
    return pd.DataFrame({GROUP: labels[labels != ""]})
