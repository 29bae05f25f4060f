"""The raw files of Perturb-CITE-seq, the portal's and scPerturb's, as one screen of counts."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from benchmark.datasets.base import Strings
from benchmark.datasets.public.screens.raw.files import (
    find,
    find_one,
    need_column,
    open_hdf5,
    read_metadata,
)
from benchmark.datasets.public.screens.raw.scverse_files import AnnDataGroup
from benchmark.datasets.public.screens.raw.wide import read_wide
from benchmark.datasets.public.screens.report import Report
from benchmark.datasets.public.screens.screen import GROUP, Assay, Screen
from benchmark.datasets.public.screens.sparse_steps import check_counts, undo_log1p
from weakpair.errors import DataError, UnknownNameError
from weakpair.specs import Frozen

Source = Literal["auto", "portal", "scperturb"]
_ISOTYPES = {
    "Mouse_IgG1": (
        *("CD117", "CD119", "CD140a", "CD140b", "CD202b", "CD29", "CD309", "CD44", "CD47"),
        *("CD58", "CD61", "HLA_E", "CD9", "CD279"),
    ),
    "Mouse_IgG2a": ("CD172a", "CD184", "CD59", "HLA_A"),
    "Mouse_IgG2b": ("CD274",),
    "Rat_IgG2a": ("CD49f",),
}


class Read(Frozen):
    """Choice of files and cells, and of the way proteins are read.

    Attributes:
        source: "portal", "scperturb", or "auto": scPerturb's where there are .h5ad files.
        condition: value of the condition's column: "IFNγ", "Control" or "Co-culture".
        guide: the column of the guide; it is empty for cells of no or several guides, which are
            left out.
        guide_number: pattern of what is cut off a guide's name to get its target.
        control_targets: targets of control guides.
        control: the perturbation that these cells get.
        rna: "counts", or "log1p" of values proportional to them, cell by cell; None: "log1p" from
            the portal, "counts" from scPerturb.
        proteins: "log-ratio": max(0, ln((count + 1) / (count of the isotype control + 1))), as the
            portal's protein table has it; "counts"; None: the ratio, where counts are read.
        isotypes: isotype control → antibodies of that isotype; the controls are not in the result.
    """

    kind_of_spec: ClassVar[str] = "reading of Perturb-CITE-seq"
    source: Source = "auto"
    condition: str = "IFNγ"
    guide: str = "sgRNA"
    guide_number: str = r"_\d+$"
    control_targets: tuple[str, ...] = ("NO_SITE", "ONE_NON-GENE_SITE")
    control: str = "control"
    rna: Literal["counts", "log1p"] | None = None
    proteins: Literal["log-ratio", "counts"] | None = None
    isotypes: Mapping[str, tuple[str, ...]] = Field(default_factory=lambda: dict(_ISOTYPES))


def read(raw: Path, spec: Read, report: Report) -> Screen:
    """RNA counts and proteins of the condition's cells with one guide.

    The portal has no counts: expm1 of its values is TPM, which is proportional to them cell by
    cell, so that scaling every cell to a total gives what the counts would give.

    Raises:
        DataError: a file, column, condition or control is missing or wrong.
    """
    scperturb = spec.source == "scperturb" or (spec.source == "auto" and find(raw, "*.h5ad"))
    screen = (_scperturb if scperturb else _portal)(raw, spec, report)
    if spec.control not in screen.groups:
        raise DataError(
            f"{raw}: no cell of condition {spec.condition!r} has a guide of the control targets "
            f"{', '.join(spec.control_targets)}"
        )
    return screen


def _portal(raw: Path, spec: Read, report: Report) -> Screen:
    metadata = find_one(raw, "the cells' metadata", "RNA_metadata.csv", "RNA_metadata.csv.gz")
    obs = _cells(read_metadata(metadata), "condition", spec, metadata)
    expression = find_one(raw, "RNA", "RNA_expression.csv.gz", "RNA_expression.csv")
    panel = find_one(
        raw,
        "proteins",
        *("Protein_expression.csv.gz", "Protein_expression.csv"),
        *("raw_CITE_expression.csv.gz", "raw_CITE_expression.csv"),
    )
    rna, rna_cells = read_wide(expression, set(obs.index))
    proteins, protein_cells = read_wide(panel, set(obs.index))
    names = [str(name).removesuffix(" protein") for name in proteins.features]
    proteins = Assay(proteins.x, np.array(names, dtype=str))
    counted = panel.name.startswith("raw_")
    both = obs.loc[rna_cells.intersection(protein_cells, sort=False)]
    screen = Screen(
        rna.cells(rna_cells.get_indexer(both.index)),
        proteins.cells(protein_cells.get_indexer(both.index)),
        both,
    )
    screen = _with_counts(screen, spec.rna or "log1p", expression, spec, report)
    return _with_proteins(screen, counted, spec, panel, report)


def _scperturb(raw: Path, spec: Read, report: Report) -> Screen:
    rna_path = find_one(raw, "RNA", "*_RNA.h5ad")
    protein_path = find_one(raw, "proteins", "*_protein.h5ad")
    with open_hdf5(rna_path) as rna_file, open_hdf5(protein_path) as protein_file:
        rna = AnnDataGroup(rna_file, str(rna_path))
        proteins = AnnDataGroup(protein_file, str(protein_path))
        obs = _cells(rna.table("obs"), "perturbation_2", spec, rna_path)
        obs = obs.loc[obs.index.isin(proteins.table("obs").index)]
        cells = obs.index.to_list()
        screen = Screen(rna.assay(cells), proteins.assay(cells), obs)
    screen = _with_counts(screen, spec.rna or "counts", rna_path, spec, report)
    return _with_proteins(screen, True, spec, protein_path, report)


def _cells(table: pd.DataFrame, column: str, spec: Read, where: Path) -> pd.DataFrame:
    """The condition's cells with one guide, with columns group and guide."""
    condition = need_column(table, column, where)
    if spec.condition not in set(condition):
        error = UnknownNameError("condition", spec.condition, set(condition))
        raise DataError(f"{where}: column {column!r}: {error}")
    guide = need_column(table, spec.guide, where)
    # Several guides of one cell are written with a comma between them, none as nothing or "nan".
    single = ~guide.isin(["", "nan", "None"]) & ~guide.str.contains(",", regex=False)
    chosen = guide[(condition == spec.condition) & single]
    target = chosen.str.replace(spec.guide_number, "", regex=True)
    group = target.where(~target.isin(spec.control_targets), spec.control)
    return pd.DataFrame({GROUP: group, "guide": chosen}, index=chosen.index)


def _with_counts(screen: Screen, values: str, where: Path, spec: Read, report: Report) -> Screen:
    """RNA as counts, or proportional to them."""
    report.add(f"cells of {spec.condition} with one guide", screen)
    x = screen.first.sparse()
    if values == "counts":
        check_counts(x, str(where))
        return screen
    screen = Screen(Assay(undo_log1p(x), screen.first.features), screen.second, screen.obs)
    report.add("RNA: expm1", screen)
    return screen


def _with_proteins(
    screen: Screen, counted: bool, spec: Read, where: Path, report: Report
) -> Screen:
    """Proteins as the spec wants them."""
    if not counted:
        if spec.proteins == "counts":
            raise DataError(
                f"{where}: holds log-ratios; counts stand in raw_CITE_expression.csv.gz"
            )
        return screen
    panel = screen.second
    check_counts(panel.sparse(), str(where))
    targets = ~np.isin(panel.features, list(spec.isotypes))
    if spec.proteins != "counts":
        ratios = _log_ratio(panel, targets, spec, where)
        screen = Screen(screen.first, ratios, screen.obs)
        report.add("proteins: log-ratio to the isotype control", screen)
        return screen
    screen = screen.change("second", lambda assay: assay.columns(targets))
    report.add("proteins: counts, without isotype controls", screen)
    return screen


def _log_ratio(panel: Assay, targets: NDArray[np.bool_], spec: Read, where: Path) -> Assay:
    position = {str(name): j for j, name in enumerate(panel.features)}
    counts = panel.dense()
    names: Strings = panel.features[targets]
    control = _isotype_columns(names, position, spec, where)
    mine = counts[:, targets]
    ratio = np.log((mine + 1.0) / (counts[:, control] + 1.0))
    return Assay(np.maximum(ratio, 0.0).astype(np.float32), names)


def _isotype_columns(
    names: Strings, position: dict[str, int], spec: Read, where: Path
) -> list[int]:
    of = {antibody: isotype for isotype, mine in spec.isotypes.items() for antibody in mine}
    for name in names:
        if of.get(str(name), "") not in position:
            raise DataError(
                f"{where}: no isotype control for {str(name)!r}; name it in read.isotypes, or set "
                "read.proteins to counts"
            )
    return [position[of[str(name)]] for name in names]
