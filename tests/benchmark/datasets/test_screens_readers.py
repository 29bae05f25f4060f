"""Readers of the public formats: text tables, 10x matrices, AnnData groups, annotations."""

import gzip
from pathlib import Path
from typing import Any

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from benchmark.datasets.public.screens import genes
from benchmark.datasets.public.screens.genes import gene_scores, nearest_genes, read_genes
from benchmark.datasets.public.screens.raw import hdf5
from benchmark.datasets.public.screens.raw.files import find_one, open_hdf5, read_metadata
from benchmark.datasets.public.screens.raw.scverse_files import AnnDataGroup
from benchmark.datasets.public.screens.raw.tenx import GENES, PEAKS, libraries
from benchmark.datasets.public.screens.raw.wide import read_wide
from benchmark.datasets.public.screens.screen import Assay, draw_per_group
from tests.benchmark.datasets.screen_files import (
    GTF,
    multiome_features,
    write_tenx_h5,
    write_tenx_mtx,
)
from weakpair.errors import DataError

X = np.random.default_rng(0).poisson(0.7, (9, 5))
CELLS = [f"cell{i}" for i in range(9)]


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".tsv", ".tsv.gz"])
@pytest.mark.parametrize("named", [True, False])
def test_wide_tables_are_transposed(tmp_path: Path, suffix: str, named: bool) -> None:
    path = tmp_path / f"t{suffix}"
    mark = "," if "csv" in suffix else "\t"
    head = [*(['"GENE"'] if named else []), *CELLS]
    lines = [mark.join(head)] + [mark.join([f'"g{j}"', *map(str, X[:, j])]) for j in range(5)]
    text = "\n".join(lines) + "\n"
    path.write_bytes(gzip.compress(text.encode()) if suffix.endswith("gz") else text.encode())
    made, cells = read_wide(path)
    np.testing.assert_array_equal(made.dense(), X)
    assert (list(cells), list(made.features)) == (CELLS, [f"g{j}" for j in range(5)])
    some, cells = read_wide(path, {"cell7", "cell2", "elsewhere"})
    np.testing.assert_array_equal(some.dense(), X[[2, 7]])
    assert list(cells) == ["cell2", "cell7"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("g,a,b\nx,1\n", "3 fields in the header and 2 in the first line"),
        ("g,a,b\nx,1,2\ny,1,2,3\n", r"line 3 \('y'\) does not hold 2 numbers"),
        ("g,a,b\nx,1,two\n", r"line 2 \('x'\) does not hold 2 numbers"),
        ("g,a,b\nx,1,\n", "does not hold 2 numbers"),
        ("g,a,b\nx,,1\n", "does not hold 2 numbers"),
        ("g,a,b,c\nx,1, ,2\n", "does not hold 3 numbers"),
        ("g,a,b\nx,1,nan\n", "does not hold 2 numbers"),
        ("g,a,b\nx,1,2\nx,1,2\n", "stands more than once"),
        ("g,a,a\nx,1,2\n", "stands more than once"),
        ("", "header"),
    ],
)
def test_a_wrong_table_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=message) as caught:
        read_wide(path)
    assert "t.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_torn_gzip_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    rows = [f"g{j}," + ",".join(map(str, range(200))) for j in range(300)]
    whole = gzip.compress("\n".join(["g," + ",".join(f"c{i}" for i in range(200)), *rows]).encode())
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"t\.csv\.gz: not readable"):
        read_wide(path)


def test_metadata_of_the_portal_and_of_r(tmp_path: Path) -> None:
    portal = tmp_path / "m.csv"
    portal.write_text("NAME,condition,sgRNA\nTYPE,group,group\nc1,IFNγ,A_1\nc2,Control,\n")
    table = read_metadata(portal)
    assert table.index.tolist() == ["c1", "c2"]
    assert table["sgRNA"].tolist() == ["A_1", ""]
    r = tmp_path / "m.tsv"
    r.write_text("lane\tgene\nc1\tL1\tNT\nc2\tL2\tNA\n")
    assert read_metadata(r)["gene"].to_dict() == {"c1": "NT", "c2": "NA"}
    r.write_text("lane\tgene\nc1\tL1\tNT\nc1\tL2\tNT\n")
    with pytest.raises(DataError, match="cell 'c1' stands more than once"):
        read_metadata(r)


def test_one_file_is_found_by_the_first_pattern_that_fits(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.csv").touch()
    assert find_one(tmp_path, "cells", "a.csv", "b.csv").name == "b.csv"
    (tmp_path / "b.csv").touch()
    with pytest.raises(DataError, match="keep one file of cells"):
        find_one(tmp_path, "cells", "b.csv")
    with pytest.raises(DataError, match=r"no file of cells; a\.csv or c\.csv is needed"):
        find_one(tmp_path, "cells", "a.csv", "c.csv")


@pytest.mark.parametrize("form", ["h5", "mtx"])
def test_tenx_matrices(tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hdf5, "_CHUNK", 4)
    features = multiome_features(["chr1:1-9", "chr1:20-30"], genes=3)
    if form == "h5":
        write_tenx_h5(tmp_path / "a_matrix.h5", X, CELLS, features)
    else:
        write_tenx_mtx(tmp_path / "a", X, CELLS, features)
    (library,) = libraries(tmp_path)
    wanted = np.array(["cell8", "cell0", "cell5"])
    rna, atac = library.read(wanted, GENES), library.read(wanted, PEAKS)
    np.testing.assert_array_equal(rna.dense(), X[[8, 0, 5], :3])
    np.testing.assert_array_equal(atac.dense(), X[[8, 0, 5], 3:])
    assert rna.features.tolist() == ["G0.ENSG00000", "G1", "G0.ENSG00002"]
    assert atac.features.tolist() == ["chr1:1-9", "chr1:20-30"]
    with pytest.raises(DataError, match="unknown type of features 'Peak'; did you mean 'Peaks'"):
        library.read(wanted, "Peak")


def test_what_is_no_multiome_matrix_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no multiome matrix"):
        libraries(tmp_path)
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = [1]
    with pytest.raises(DataError, match="no group 'matrix'"):
        libraries(tmp_path)
    (tmp_path / "other.h5").write_bytes(b"torn")
    with pytest.raises(DataError, match=r"other\.h5: not readable"):
        libraries(tmp_path)


@pytest.mark.parametrize("encoding", ["csr", "csc", "dense"])
def test_anndata_matrices_are_read_by_rows(
    tmp_path: Path, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hdf5, "_CHUNK", 4)
    forms: dict[str, Any] = {
        "csr": sparse.csr_matrix,
        "csc": sparse.csc_matrix,
        "dense": np.asarray,
    }
    x = forms[encoding](X.astype(np.float32))
    names = pd.DataFrame(index=[f"g{j}" for j in range(5)])
    anndata.AnnData(
        x, pd.DataFrame(index=CELLS), names, layers={"twice": forms[encoding](2.0 * X)}
    ).write_h5ad(tmp_path / "a.h5ad")
    with open_hdf5(tmp_path / "a.h5ad") as file:
        group = AnnDataGroup(file, "a.h5ad")
        whole = group.assay(["cell6", "cell1", "cell8"])
        part = group.assay(["cell1", "cell6"], "twice", np.array([4, 0]))
        with pytest.raises(DataError, match="unknown layer 'twic'; did you mean 'twice'"):
            group.assay(["cell1"], "twic")
        with pytest.raises(DataError, match="cells are missing"):
            group.assay(["cell1", "cell99"])
    np.testing.assert_array_equal(whole.dense(), X[[6, 1, 8]])
    np.testing.assert_array_equal(part.dense(), 2 * X[[1, 6]][:, [4, 0]])
    assert part.features.tolist() == ["g4", "g0"]


@pytest.fixture
def annotation(tmp_path: Path) -> pd.DataFrame:
    path = tmp_path / "gencode.gtf.gz"
    path.write_bytes(gzip.compress(GTF.encode()))
    return read_genes(path)


def test_genes_of_an_annotation(annotation: pd.DataFrame) -> None:
    assert annotation.to_numpy().tolist() == [
        ["A", "chr1", 1000, 2000, 1000],
        ["B", "chr1", 300000, 310000, 309999],
        ["ENSG3.1", "chr2", 500, 900, 500],
    ]


@pytest.mark.parametrize(
    ("peak", "within", "body", "tss"),
    [
        ("chr1:1500-1900", 0, "A", ""),
        ("chr1:2100-2300", 100, "A", ""),
        ("chr1:2101-2300", 100, "", ""),
        ("chr1:310000-310400", 0, "B", "B"),
        ("chr1:100000-100500", 98_000, "A", ""),
        ("chr1:100000-100500", 99_000, "A", "A"),
        ("chr1:200000-200500", 10**6, "A", "B"),
        ("chr2-600-700", 100, "ENSG3.1", "ENSG3.1"),
        ("chrUn_1:600-700", 10**6, "", ""),
    ],
)
def test_the_nearest_gene_within_reach(
    annotation: pd.DataFrame, peak: str, within: int, body: str, tss: str
) -> None:
    if peak == "chr1:200000-200500":
        # 198,000 bases to A's body, 99,500 to B's.
        body = "B"
    peaks = np.array([peak])
    assert nearest_genes(peaks, annotation, within)[0] == body
    assert nearest_genes(peaks, annotation, within, "tss")[0] == tss


def test_nearest_genes_against_a_direct_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(genes, "_CHUNK", 3)
    rng = np.random.default_rng(3)
    start = rng.integers(0, 5000, 30)
    table = pd.DataFrame({"name": [f"g{i:02d}" for i in range(30)], "chromosome": "chr1"})
    table["start"], table["end"] = start, start + rng.integers(1, 400, 30)
    table["tss"] = np.where(rng.random(30) < 0.5, table["start"], table["end"] - 1)
    left = rng.integers(0, 5000, 50)
    peaks = [(int(a), int(a + 150)) for a in left]

    def gap(a: int, b: int, c: int, d: int) -> int:
        return max(c - b, a - d, 0)

    rows = list(zip(*(table[c].tolist() for c in ("start", "end", "tss", "name")), strict=True))
    expected = []
    for a, b in peaks:
        best = min((gap(a, b, c, d), gap(a, b, t, t + 1), name) for c, d, t, name in rows)
        expected.append(best[2] if best[0] <= 60 else "")
    names = np.array([f"chr1:{a}-{b}" for a, b in peaks])
    assert nearest_genes(names, table, 60).tolist() == expected


def test_gene_scores_sum_the_peaks_of_a_gene() -> None:
    assay = Assay(sparse.csr_array(X.astype(np.float32)), np.array(list("vwxyz")))
    made = gene_scores(assay, np.array(["B", "", "A", "B", ""]))
    assert made.features.tolist() == ["A", "B"]
    np.testing.assert_array_equal(made.dense(), np.stack([X[:, 2], X[:, 0] + X[:, 3]], axis=1))
    with pytest.raises(DataError, match="no peak has a gene within reach"):
        gene_scores(assay, np.full(5, ""))


def test_a_peak_without_an_interval_is_named(annotation: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="peak 'peak_1': a name like chr1:100-600"):
        nearest_genes(np.array(["chr1:1-2", "peak_1"]), annotation, 10)


def test_a_draw_of_one_group_does_not_depend_on_the_others() -> None:
    labels = np.array(["a"] * 20 + ["b"] * 30 + ["c"] * 3)
    rows = draw_per_group(labels, {"b": 7, "c": 5}, seed=4)
    assert np.unique(labels[rows], return_counts=True)[1].tolist() == [20, 7, 3]
    assert (np.diff(rows) > 0).all()
    alone = draw_per_group(labels[labels == "b"], {"b": 7}, seed=4)
    np.testing.assert_array_equal(rows[labels[rows] == "b"] - 20, alone)
    assert not np.array_equal(rows, draw_per_group(labels, {"b": 7, "c": 5}, seed=5))
