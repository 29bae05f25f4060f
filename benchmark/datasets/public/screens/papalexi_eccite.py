"""ECCITE-seq of THP-1 cells (Papalexi et al., Nature Genetics 2021; GSE153056).

Modality 1 is RNA, modality 2 four surface proteins. The raw files are GEO's, features x cells:
`*ECCITE_cDNA_counts.tsv.gz`, `*ECCITE_ADT_counts.tsv.gz` and `*ECCITE_metadata.tsv.gz`.
"""

from pathlib import Path
from typing import ClassVar

import pandas as pd
from pydantic import Field

from benchmark.datasets.preprocessing.columnwise import Detected, HighlyVariable
from benchmark.datasets.preprocessing.rowwise import Clr, Log1p, NormalizeTotal
from benchmark.datasets.public.screens.raw.files import find_one, need_column, read_metadata
from benchmark.datasets.public.screens.raw.wide import read_wide
from benchmark.datasets.public.screens.report import Report
from benchmark.datasets.public.screens.screen import GROUP, Screen
from benchmark.datasets.public.screens.selection import Selection, select
from benchmark.datasets.public.screens.sparse_steps import apply_steps, check_counts
from benchmark.datasets.public.screens.writing import write_screen
from benchmark.datasets.spec import Steps
from weakpair.specs import Frozen


class Spec(Frozen):
    """The steps, all [choice]: no paper of the harness uses the screen.

    Attributes:
        group: column of the targeted gene; "NT" are the controls.
        batch: column that is kept as the batch.
        selection: which perturbations and how many cells.
        rna: what is done to RNA counts.
        proteins: what is done to protein counts.
    """

    kind_of_spec: ClassVar[str] = "preparation of ECCITE-seq"
    group: str = Field(default="gene", min_length=1)
    batch: str = "replicate"
    selection: Selection = Selection(min_cells=50)
    rna: Steps = (
        NormalizeTotal(target_sum=1e4),
        Log1p(),
        Detected(share=0.01),
        HighlyVariable(n=500),
    )
    proteins: Steps = (Clr(),)


def prepare(raw: Path, out: Path, spec: Spec) -> Report:
    """Prepare the screen from the fetched files.

    Args:
        raw: folder of the fetched files.
        out: the data set's folder, written as the folder loader reads it.
        spec: the parameters of the steps.

    Returns:
        Cells, features and perturbations after every step.

    Raises:
        DataError: a file or column is missing or wrong.
    """
    report = Report("papalexi-eccite")
    screen = select(_read(raw, spec, report), spec.selection, report)
    screen = apply_steps(screen, "first", spec.rna, report)
    screen = apply_steps(screen, "second", spec.proteins, report)
    write_screen(out, screen)
    return report


def _read(raw: Path, spec: Spec, report: Report) -> Screen:
    metadata = find_one(raw, "the cells' metadata", "*ECCITE_metadata.tsv*")
    table = read_metadata(metadata)
    obs = pd.DataFrame({GROUP: need_column(table, spec.group, metadata)})
    if spec.batch in table.columns:
        obs["batch"] = table[spec.batch]
    obs = obs[obs[GROUP] != ""]
    rna_path = find_one(raw, "RNA", "*ECCITE_cDNA_counts.tsv*")
    protein_path = find_one(raw, "proteins", "*ECCITE_ADT_counts.tsv*")
    rna, rna_cells = read_wide(rna_path, set(obs.index))
    proteins, protein_cells = read_wide(protein_path, set(obs.index))
    check_counts(rna.sparse(), str(rna_path))
    check_counts(proteins.sparse(), str(protein_path))
    both = obs.loc[rna_cells.intersection(protein_cells, sort=False)]
    screen = Screen(
        rna.cells(rna_cells.get_indexer(both.index)),
        proteins.cells(protein_cells.get_indexer(both.index)),
        both,
    )
    report.add("cells of both assays with a perturbation", screen)
    return screen
