"""Mass cytometry of stimulated blood cells: surface markers and signalling of the same cells."""

from pathlib import Path
from typing import ClassVar

import pandas as pd

from benchmark.datasets.public.screens.report import Report
from benchmark.datasets.public.sets.readers import read_rda
from benchmark.datasets.public.sets.tables import numbered, screen, write
from weakpair.specs import Frozen


class CytofSpec(Frozen):
    """Choice of what is kept.

    Attributes:
        reference: what the cells without stimulation are called.
    """

    kind_of_spec: ClassVar[str] = "preparation"
    reference: str = "reference"


def prepare(raw: Path, out: Path, spec: CytofSpec) -> Report:
    """The reference well, then the stimulated ones; the stimulation is the group."""
    pheno, func, annots = (
        [read_rda(raw / f"{of}{what}.rda", f"{of}{what}") for of in ("ref", "untreated")]
        for what in ("PhenoMat", "FuncMat", "Annots")
    )
    # The reference's own table has no column for the stimulation.
    annots[0] = annots[0].assign(Treatment=spec.reference)
    obs = _metadata(pd.concat(annots, ignore_index=True).astype(str))
    x1, x2 = pd.concat(pheno), pd.concat(func)
    return write(screen(x1, list(x1.columns), x2, list(x2.columns), obs, raw), out, Report("cytof"))


def _metadata(annots: pd.DataFrame) -> pd.DataFrame:
    obs = annots[["Source", "Treatment"]].assign(
        group=annots["Treatment"],
        cell_type=annots["Cells"],
        treatment_x_celltype=annots["Treatment"] + "|" + annots["Cells"],
    )
    obs.index = pd.Index(numbered("c", len(obs), 5))
    return obs
