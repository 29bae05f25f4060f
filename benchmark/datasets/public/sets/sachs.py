"""Flow cytometry of signalling in T cells (Sachs et al. 2005), one assay cut in two."""

from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd

from benchmark.datasets.public.screens.report import Report
from benchmark.datasets.public.sets.readers import read_csv_of_numbers
from benchmark.datasets.public.sets.tables import numbered, screen, write
from weakpair.errors import DataError
from weakpair.specs import Frozen

FILE = "cyto_full_data.csv"
FIRST = ("praf", "plcg", "PIP2", "p44/42", "PKC")
SECOND = ("pmek", "PIP3", "pakts473", "PKA", "P38", "pjnk")

# The file has no labels; its cells lie condition by condition, in the numbers that the study gives.
CONDITIONS = {
    "CD3CD28": 853,
    "CD3CD28+ICAM2": 902,
    "AKT-inhibitor": 911,
    "G06976": 723,
    "psitectorigenin": 810,
    "U0126": 799,
    "LY294002": 848,
    "PMA": 913,
    "b2cAMP": 707,
}


class SachsSpec(Frozen):
    """No choice: which molecule is in which modality is part of the set."""

    kind_of_spec: ClassVar[str] = "preparation"


def prepare(raw: Path, out: Path, spec: SachsSpec) -> Report:  # noqa: ARG001
    """log(1 + intensity) of five and of six phosphorylated molecules of the same cells."""
    path = raw / FILE
    table = read_csv_of_numbers(path, (*FIRST, *SECOND))
    groups = np.repeat(list(CONDITIONS), list(CONDITIONS.values()))
    if len(table) != len(groups):
        raise DataError(
            f"{path}: {len(table):,} cells; the nine conditions have {len(groups):,}, and only by "
            "their numbers are they told apart"
        )
    logs = np.log1p(table)
    # Numbers without leading zeros: the ids that the set has always had.
    obs = pd.DataFrame({"group": groups}, index=pd.Index(numbered("c", len(table), 1)))
    x1, x2 = logs[list(FIRST)], logs[list(SECOND)]
    return write(screen(x1, FIRST, x2, SECOND, obs, raw), out, Report("sachs"))
