"""scGEM: expression and DNA methylation of the same cells during reprogramming."""

from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd

from benchmark.datasets.public.screens.report import Report
from benchmark.datasets.public.sets.readers import read_text_matrix
from benchmark.datasets.public.sets.tables import numbered, screen, write
from weakpair.specs import Frozen


class ScgemSpec(Frozen):
    """No choice: the tables are taken as they are."""

    kind_of_spec: ClassVar[str] = "preparation"


def prepare(raw: Path, out: Path, spec: ScgemSpec) -> Report:  # noqa: ARG001
    """Two text matrices of the same cells and the code of their stage, 1 to 5."""
    x1 = read_text_matrix(raw / "GeneExpression.txt")
    x2 = read_text_matrix(raw / "DNAmethylation.txt")
    stage = read_text_matrix(raw / "type1.txt").ravel().astype(np.int64)
    ids = numbered("c", len(stage), 3)
    obs = pd.DataFrame({"group": [f"type{code}" for code in stage]}, index=ids)
    genes, loci = numbered("gene", x1.shape[1], 2), numbered("cpg", x2.shape[1], 2)
    return write(screen(x1, genes, x2, loci, obs, raw), out, Report("scgem"))
