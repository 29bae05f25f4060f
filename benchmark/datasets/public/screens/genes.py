"""Genes of chromatin peaks: the nearest gene of a GENCODE annotation."""

import re
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from benchmark.datasets.base import Rows, Strings
from benchmark.datasets.public.screens.raw.files import open_text
from benchmark.datasets.public.screens.screen import Assay
from weakpair.errors import DataError

Distance = Literal["body", "tss"]
_NAME = re.compile(r'\bgene_name "([^"]+)"')
_ID = re.compile(r'\bgene_id "([^"]+)"')
_PEAK = re.compile(r"(.+)[:-](\d+)-(\d+)")
_CHUNK = 1024


def read_genes(path: Path) -> pd.DataFrame:
    """The genes of a GTF file: columns name, chromosome, start, end (half-open, from 0), tss.

    Raises:
        DataError: the file holds no gene.
    """
    rows = []
    with open_text(path) as file:
        for line in file:
            fields = line.split("\t")
            if line.startswith("#") or len(fields) < 9 or fields[2] != "gene":
                continue
            start, end = int(fields[3]) - 1, int(fields[4])
            name = _NAME.search(fields[8]) or _ID.search(fields[8])
            if name is None:
                raise DataError(f"{path}: a gene without gene_name and gene_id: {line.strip()}")
            tss = end - 1 if fields[6] == "-" else start
            rows.append((name[1], fields[0], start, end, tss))
    if not rows:
        raise DataError(f"{path}: no gene; a GTF annotation such as GENCODE's is needed")
    return pd.DataFrame(rows, columns=["name", "chromosome", "start", "end", "tss"])


def nearest_genes(
    peaks: Strings, genes: pd.DataFrame, within: int, distance: Distance = "body"
) -> Strings:
    """Name of the gene nearest to every peak, shape (p,); "" where none is within reach.

    Args:
        peaks: names such as "chr1:10109-10357".
        genes: from `read_genes`.
        within: the largest distance in bases.
        distance: to the "body" of the gene (0 where they overlap), or to its "tss". Among genes of
            equal distance the nearest start of transcription decides, then the name.

    Raises:
        DataError: a peak whose name is no interval.
    """
    where = _intervals(peaks)
    nearest = np.full(len(peaks), "", dtype=object)
    for chromosome, mine in genes.sort_values("name", kind="stable").groupby("chromosome"):
        rows = np.flatnonzero(where["chromosome"].to_numpy() == chromosome)
        names = mine["name"].to_numpy(dtype=object)
        for start in range(0, len(rows), _CHUNK):
            part = rows[start : start + _CHUNK]
            best, gap = _nearest(where.iloc[part], mine, distance)
            nearest[part] = np.where(gap <= within, names[best], "")
    return nearest.astype(str)


def _nearest(
    peaks: pd.DataFrame, genes: pd.DataFrame, distance: Distance
) -> tuple[Rows, NDArray[np.int64]]:
    """Row of the nearest gene, and its distance, for every peak."""
    to_tss = _gaps(peaks, genes["tss"].to_numpy(), genes["tss"].to_numpy() + 1)
    gaps = to_tss
    if distance == "body":
        gaps = _gaps(peaks, genes["start"].to_numpy(), genes["end"].to_numpy())
    # Chromosomes are shorter than 2^31 bases: one number orders by distance, then by start.
    best = (gaps * 2**31 + to_tss).argmin(axis=1)
    return best, gaps[np.arange(len(best)), best]


def _gaps(peaks: pd.DataFrame, start: Rows, end: Rows) -> NDArray[np.int64]:
    """Bases between half-open intervals, 0 where they overlap or touch, shape (p, g)."""
    after = start[None, :] - peaks["end"].to_numpy()[:, None]
    before = peaks["start"].to_numpy()[:, None] - end[None, :]
    gaps: NDArray[np.int64] = np.maximum(np.maximum(after, before), 0)
    return gaps


def _intervals(peaks: Strings) -> pd.DataFrame:
    parts = [_PEAK.fullmatch(name) for name in peaks]
    if None in parts:
        raise DataError(
            f"peak {str(peaks[parts.index(None)])!r}: a name like chr1:100-600 is needed"
        )
    rows = [(part[1], int(part[2]), int(part[3])) for part in parts if part]
    return pd.DataFrame(rows, columns=["chromosome", "start", "end"])


def gene_scores(assay: Assay, genes: Strings) -> Assay:
    """Counts summed over the peaks of every gene, genes by name; peaks of gene "" are left out."""
    there = np.flatnonzero(genes != "")
    if not there.size:
        raise DataError(
            "no peak has a gene within reach; do peaks and annotation name chromosomes alike?"
        )
    names, column = np.unique(genes[there], return_inverse=True)
    membership = sparse.csr_array(
        (np.ones(len(there), np.float32), (there, column)), shape=(len(genes), len(names))
    )
    return Assay(sparse.csr_array(assay.x @ membership), names)
