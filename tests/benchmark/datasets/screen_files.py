"""Small synthetic screens, written in exactly the formats of the public files."""

import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anndata
import h5py
import mudata
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.io import mmwrite

Counts = NDArray[np.int64]
ISOTYPES = ["Mouse_IgG1", "Mouse_IgG2a", "Mouse_IgG2b", "Rat_IgG2a"]
ANTIBODIES = ["CD117", "CD59", "CD274", "CD49f"]
GTF = """##description: made for a test
chr1\tHAVANA\tgene\t1001\t2000\t.\t+\t.\tgene_id "ENSG1.1"; level 2; gene_name "A";
chr1\tHAVANA\ttranscript\t1001\t2000\t.\t+\t.\tgene_id "ENSG1.1"; gene_name "A";
chr1\tHAVANA\tgene\t300001\t310000\t.\t-\t.\tgene_id "ENSG2.1"; gene_name "B";
chr2\tENSEMBL\tgene\t501\t900\t.\t+\t.\tgene_id "ENSG3.1";
"""


@dataclass
class Cite:
    """Counts of genes and antibodies; metadata with condition and guide."""

    rna: Counts
    proteins: Counts
    genes: list[str]
    cells: list[str]
    condition: list[str]
    guide: list[str]


def cite(seed: int = 0) -> Cite:
    """Targets FAR (strong effect), NEAR (none) and FEW (strong, few cells), and two controls."""
    rng = np.random.default_rng(seed)
    sizes = {"NO_SITE": 40, "ONE_NON-GENE_SITE": 30, "FAR": 60, "NEAR": 55, "FEW": 12, "": 9}
    target = [name for name, size in sizes.items() for _ in range(size)]
    target += ["FAR"] * 20
    condition = ["IFNγ"] * sum(sizes.values()) + ["Control"] * 20
    level = np.exp(rng.normal(0.5, 1.0, 40))
    rates = np.tile(level, (len(target), 1))
    hit = np.isin(target, ["FAR", "FEW"])
    rates[hit, :10] *= 6
    order = rng.permutation(len(target))
    guides = [f"{name}_{1 + i % 3}" if name else "" for i, name in enumerate(target)]
    return Cite(
        rng.poisson(rates)[order],
        rng.poisson(8.0, (len(target), 8))[order],
        [f"GENE{j}" for j in range(40)],
        [f"CELL_{i + 1}" for i in range(len(target))],
        [condition[i] for i in order],
        [guides[i] for i in order],
    )


def write_portal(raw: Path, screen: Cite, *, raw_proteins: bool = True) -> None:
    """The Single Cell Portal's files, in its folders."""
    raw.mkdir(parents=True, exist_ok=True)
    for folder in ("metadata", "other", "documentation"):
        (raw / folder).mkdir()
    total = screen.rna.sum(axis=1, keepdims=True)
    logged = np.log1p(1e6 * screen.rna / total)
    names = [*ANTIBODIES, *ISOTYPES]
    cells = pd.Index(screen.cells)
    pd.DataFrame(logged.T, pd.Index(screen.genes, name="GENE"), cells).to_csv(
        raw / "other/RNA_expression.csv.gz"
    )
    if raw_proteins:
        # Another order of cells, one of them missing, no name over the antibodies.
        table = pd.DataFrame(screen.proteins.T, names, cells).iloc[:, ::-1]
        table.drop(columns="CELL_1").to_csv(raw / "other/raw_CITE_expression.csv.gz")
    else:
        ratios = log_ratios(screen.proteins)
        index = pd.Index([f"{name} protein" for name in ANTIBODIES], name="Protein")
        path = raw / "documentation/Protein_expression.csv.gz"
        pd.DataFrame(ratios.T, index, cells).to_csv(path)
    lines = [
        "NAME,library_preparation_protocol,condition,MOI,sgRNA",
        "TYPE,group,group,numeric,group",
    ]
    rows = zip(screen.cells, screen.condition, screen.guide, strict=True)
    lines += [f"{cell},10X,{c},{int(g != '')},{g}" for cell, c, g in rows]
    (raw / "metadata/RNA_metadata.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def log_ratios(proteins: Counts) -> NDArray[np.float64]:
    """The portal's transformation, isotypes in the order of ISOTYPES for the four antibodies."""
    ratio = np.log((proteins[:, :4] + 1) / (proteins[:, 4:] + 1))
    return np.maximum(ratio, 0)


def write_scperturb(raw: Path, screen: Cite, *, encoding: str = "csr") -> None:
    """scPerturb's pair of files."""
    raw.mkdir(parents=True, exist_ok=True)
    guide = pd.Series([g or np.nan for g in screen.guide], index=screen.cells, dtype=object)
    obs = pd.DataFrame({"perturbation_2": screen.condition, "sgRNA": guide}, index=screen.cells)
    x: Any = screen.rna.astype(np.float32)
    if encoding != "dense":
        x = sparse.csr_matrix(x) if encoding == "csr" else sparse.csc_matrix(x)
    var = pd.DataFrame(index=screen.genes)
    anndata.AnnData(x, obs.astype({"perturbation_2": "category"}), var).write_h5ad(
        raw / "FrangiehIzar2021_RNA.h5ad"
    )
    keep = slice(1, None)
    anndata.AnnData(
        screen.proteins[keep].astype(np.float32),
        obs.iloc[keep][["perturbation_2"]],
        pd.DataFrame(index=[*ANTIBODIES, *ISOTYPES]),
    ).write_h5ad(raw / "FrangiehIzar2021_protein.h5ad")


def write_tenx_h5(path: Path, x: Counts, barcodes: list[str], features: pd.DataFrame) -> None:
    """Cell Ranger's HDF5 file; x is cells x features."""
    matrix = sparse.csc_matrix(x.T)
    with h5py.File(path, "w") as file:
        group = file.create_group("matrix")
        for name in ("data", "indices", "indptr"):
            group[name] = getattr(matrix, name)
        group["shape"] = np.array(matrix.shape)
        group["barcodes"] = np.array(barcodes, dtype="S")
        for name in ("id", "name", "feature_type"):
            group[f"features/{name}"] = features[name].to_numpy(dtype="S")


def write_tenx_mtx(folder: Path, x: Counts, barcodes: list[str], features: pd.DataFrame) -> None:
    """Cell Ranger's folder of three gzipped files; x is cells x features."""
    folder.mkdir(parents=True)
    mmwrite(folder / "matrix.mtx", sparse.coo_matrix(x.T))
    plain = folder / "matrix.mtx"
    (folder / "matrix.mtx.gz").write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    with gzip.open(folder / "barcodes.tsv.gz", "wt") as text:
        text.write("".join(f"{code}\n" for code in barcodes))
    features[["id", "name", "feature_type"]].to_csv(
        folder / "features.tsv.gz", sep="\t", header=False, index=False
    )


def multiome_features(peaks: list[str], genes: int = 12) -> pd.DataFrame:
    """Genes, one name twice, and peaks."""
    names = [*(f"G{j}" for j in range(genes - 1)), "G0"]
    rows = [(f"ENSG{j:05d}", name, "Gene Expression") for j, name in enumerate(names)]
    rows += [(peak, peak, "Peaks") for peak in peaks]
    return pd.DataFrame(rows, columns=["id", "name", "feature_type"])


def write_multiome(raw: Path, *, form: str = "h5", seed: int = 0) -> dict[str, Counts]:
    """Two libraries of day 14 with peaks of their own, one of day 7; returns their counts."""
    rng = np.random.default_rng(seed)
    raw.mkdir(parents=True, exist_ok=True)
    peaks = {
        "rep1": ["chr1:1500-1900", "chr1:2500-2900", "chr1:150000-150400", "chr2:600-700"],
        "rep2": ["chr1:900-1100", "chr1:311000-311400", "chr2:100000-100800", "chrX:1-50"],
        "rep3": ["chr1:1500-1900"],
    }
    metadata = ["barcode,replicate,Timepoint,target,guide"]
    counts = {}
    for name, mine in peaks.items():
        features = multiome_features(mine)
        n = 30
        barcodes = [f"ACGT{i:04d}-1" for i in range(n)]
        x = rng.poisson(1.5, (n, len(features)))
        counts[name] = x
        day = "Day 7" if name == "rep3" else "Day 14"
        for i, code in enumerate(barcodes[:-1]):
            target = "NT" if i % 3 == 0 else ["GATA1", "SPI1"][i % 2]
            metadata.append(f"{name}_{code},{name},{day},{target},g{i}")
        if form == "h5":
            path = raw / f"GSE274113_{name}_filtered_feature_bc_matrix.h5"
            write_tenx_h5(path, x, barcodes, features)
        else:
            write_tenx_mtx(raw / name, x, barcodes, features)
    metadata += [",,,,"] * 2
    with gzip.open(raw / "GSE274113_annotated_metadata.csv.gz", "wt") as text:
        text.write("\n".join(metadata) + "\n")
    with gzip.open(raw / "gencode.v38.annotation.gtf.gz", "wt") as text:
        text.write(GTF)
    return counts


def write_bmmc(path: Path, rna: Counts, proteins: Counts, types: list[str]) -> None:
    """GSE194122's processed file, gzipped where the name says so."""
    names = [
        *(f"gene{j}" for j in range(rna.shape[1])),
        *(f"p{j}" for j in range(proteins.shape[1])),
    ]
    counts = sparse.csr_matrix(np.hstack([rna, proteins]).astype(np.float32))
    kinds = ["GEX"] * rna.shape[1] + ["ADT"] * proteins.shape[1]
    made = anndata.AnnData(
        counts * 0.5,
        pd.DataFrame(
            {"cell_type": pd.Categorical(types), "batch": "s1d1"},
            index=[f"cell{i}-s1d1" for i in range(len(rna))],
        ),
        pd.DataFrame({"feature_types": pd.Categorical(kinds)}, index=names),
        layers={"counts": counts},
    )
    plain = path.with_suffix("") if path.suffix == ".gz" else path
    made.write_h5ad(plain)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(plain.read_bytes()))
        plain.unlink()


def write_eccite(raw: Path, rna: Counts, proteins: Counts, genes: list[str]) -> None:
    """GEO's tables as R writes them: the header has no name over the features."""
    raw.mkdir(parents=True, exist_ok=True)
    cells = [f"l1_ACGT{i:03d}" for i in range(len(rna))]
    tables = {"GSM4633614_ECCITE_cDNA": rna, "GSM4633615_ECCITE_ADT": proteins}
    for name, x in tables.items():
        lines = ["\t".join(cells)]
        lines += ["\t".join([f"f{j}", *map(str, x[:, j])]) for j in range(x.shape[1])]
        with gzip.open(raw / f"{name}_counts.tsv.gz", "wt") as text:
            text.write("\n".join(lines) + "\n")
    lines = ["orig.ident\treplicate\tgene"]
    lines += [
        f"{c}\tLane1\trep{1 + i % 2}\t{g}"
        for i, (c, g) in enumerate(zip(cells, genes, strict=True))
    ]
    with gzip.open(raw / "GSE153056_ECCITE_metadata.tsv.gz", "wt") as text:
        text.write("\n".join(lines) + "\n")


def write_h5mu(path: Path, rna: Counts, proteins: Counts, groups: list[str]) -> None:
    """A MuData file; the second modality has another order of cells and lacks the last one."""
    cells = [f"c{i}" for i in range(len(rna))]
    obs = pd.DataFrame(index=cells)
    names = [[f"{m}{j}" for j in range(x.shape[1])] for m, x in (("g", rna), ("p", proteins))]
    genes, antibodies = (pd.DataFrame(index=mine) for mine in names)
    first = anndata.AnnData(sparse.csr_matrix(rna.astype(np.float32)), obs, genes)
    second = anndata.AnnData(proteins.astype(np.float32), obs, antibodies)[:-1][::-1].copy()
    second.layers["raw"] = second.X + 1
    with mudata.set_options(pull_on_update=False):
        made = mudata.MuData({"rna": first, "prot": second})
        made.obs["perturbation"] = pd.Series(groups, index=cells)
        made.write(path)
