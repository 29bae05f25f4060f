"""Writes tables in the formats of the public files, so that preparations run without network."""

import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from benchmark.datasets.public.sets.sachs import CONDITIONS, FIRST, SECOND

Tables = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]


def scgem(raw: Path, tables: Tables) -> None:
    first, second, obs = tables
    np.savetxt(raw / "GeneExpression.txt", first.to_numpy(np.float64))
    np.savetxt(raw / "DNAmethylation.txt", second.to_numpy(np.float64))
    np.savetxt(raw / "type1.txt", [float(group.removeprefix("type")) for group in obs["group"]])


def snare(raw: Path, tables: Tables) -> None:
    first, second, obs = tables
    np.save(raw / "SNAREseq_rna_feat.npy", np.asfortranarray(first.to_numpy(np.float64)))
    np.save(raw / "SNAREseq_atac_feat.npy", np.asfortranarray(second.to_numpy(np.float64)))
    rows = zip(obs.index, obs["CellType"], obs["LabelID"], strict=True)
    lines = ["Barcode\tCellType\tLabelID", *(f"{a}\t{b}\t{c}" for a, b, c in rows)]
    (raw / "SNAREseq_metadata.txt").write_bytes("\r\n".join(lines).encode())


def scicar(raw: Path, tables: Tables) -> None:
    first, second, obs = tables
    for name, table in (("expr", first), ("atac", second)):
        matrix = sparse.csc_matrix(table.to_numpy(np.float64).T)
        sparse.save_npz(raw / f"diff_{name}_shared_cells.npz", matrix)
    names = [str(name) for name in obs.index]
    (raw / "shared_cells.pkl").write_bytes(pickle.dumps(names, protocol=3))
    columns = ["cell_name", "experiment", "treatment_time"]
    table = obs[columns].sort_index().rename_axis("sample")
    table.to_csv(raw / "GSM3271040_RNA_sciCAR_A549_cell.txt", na_rep="NA")


def cytof(raw: Path, tables: Tables) -> None:
    first, second, obs = tables
    reference = (obs["group"] == "reference").to_numpy()
    for prefix, rows in (("ref", reference), ("untreated", ~reference)):
        for what, table in (("PhenoMat", first), ("FuncMat", second)):
            name = f"{prefix}{what}"
            matrix = RMatrix(table[rows].to_numpy(np.float64), list(table.columns))
            _write_rda(raw / f"{name}.rda", {name: matrix})
        annots = pd.DataFrame({"Source": pd.Categorical(obs["Source"][rows])})
        if prefix == "untreated":
            annots["Treatment"] = pd.Categorical(obs["Treatment"][rows])
        annots["Cells"] = pd.Categorical(obs["cell_type"][rows])
        _write_rda(raw / f"{prefix}Annots.rda", {f"{prefix}Annots": annots})


def bmmc(raw: Path, tables: Tables) -> None:
    import anndata

    first, second, obs = tables
    own = obs.drop(columns=["group", "pseudotime_order_ADT"])
    for name, table, metadata in (
        ("rna", first, own),
        ("mod2", second, obs[["batch", "pseudotime_order_ADT"]]),
    ):
        data = anndata.AnnData(sparse.csr_matrix(np.log1p(table.to_numpy())), metadata)
        data.var_names = table.columns.astype(str)
        data.layers["counts"] = sparse.csr_matrix(table.to_numpy())
        data.obs["batch"] = data.obs["batch"].astype("category")
        data.write_h5ad(raw / f"openproblems_bmmc_cite_starter.output_{name}.h5ad")


def sachs(raw: Path, tables: Tables) -> None:
    first, second, _ = tables
    order = ["praf", "pmek", "plcg", "PIP2", "PIP3", "p44/42"]
    order += ["pakts473", "PKA", "PKC", "P38", "pjnk"]
    logs = pd.concat([first, second], axis=1)[order].to_numpy(np.float64)
    intensities = pd.DataFrame(np.expm1(logs).round(2), columns=order)
    intensities.to_csv(raw / "cyto_full_data.csv", index=False)


WRITERS: Mapping[str, Callable[[Path, Tables], None]] = {
    "scgem": scgem,
    "snare_cellmix_scot": snare,
    "scicar_a549_dex": scicar,
    "cytof_bodenmiller": cytof,
    "bmmc_cite_openproblems": bmmc,
    "sachs_cytometry": sachs,
}


class RMatrix:
    """A matrix with column names, as R's `cbind` makes it."""

    def __init__(self, values: np.ndarray[Any, Any], columns: list[str]) -> None:
        self.values = values
        self.columns = columns


def _write_rda(path: Path, objects: dict[str, Any]) -> None:
    import rdata
    from rdata.conversion import to_r

    def construct(matrix: RMatrix, converter: Any) -> Any:
        plain = converter.convert_to_r_object(matrix.values.ravel(order="F"))
        attributes = converter.convert_to_r_attributes(
            {
                "dim": np.array(matrix.values.shape, dtype=np.int32),
                "dimnames": [None, np.array(matrix.columns)],
            }
        )
        return to_r.build_r_object(plain.info.type, value=plain.value, attributes=attributes)

    known = {**to_r.DEFAULT_CLASS_MAP, RMatrix: construct}
    rdata.write_rda(path, objects, compression="xz", constructor_dict=known)


def toy_tables(name: str) -> Tables:
    """Small tables of the shape and metadata of a set."""
    rng = np.random.default_rng(0)
    cells = sum(CONDITIONS.values()) if name == "sachs_cytometry" else 12
    x1, x2 = rng.poisson(2.0, (cells, 4)) + 0.0, rng.poisson(2.0, (cells, 3)) + 0.0
    x1[0], x2[0] = 1.0, 1.0  # no feature is zero everywhere
    ids = [f"c{i:03d}" for i in range(cells)]
    metadata: dict[str, Any] = {"group": [f"type{1 + i % 3}" for i in range(cells)]}
    names = [f"gene{j:02d}" for j in range(4)], [f"cpg{j:02d}" for j in range(3)]
    if name == "snare_cellmix_scot":
        names = [f"rna_pc{j}" for j in range(4)], [f"atac_topic{j}" for j in range(3)]
        lines = ["BJ", "GM", "H1"] * 4
        metadata = {"CellType": lines, "LabelID": [1, 2, 3] * 4, "group": lines}
    elif name == "scicar_a549_dex":
        ids = [f"sci-RNA-{'AB'[i % 2]}-{i:03d}.ACGT" for i in range(cells)][::-1]
        names = [f"gene{j:04d}" for j in range(4)], [f"motif{j:04d}" for j in range(3)]
        times = [0.0, 1.0, 3.0] * 4
        metadata = {
            "cell_name": "A549",
            "experiment": "coassay",
            "treatment_time": times,
            "group": [f"dex_{time:g}h" for time in times],
            "plate": [name.split("-")[2] for name in ids],
        }
    elif name == "cytof_bodenmiller":
        ids = [f"c{i:05d}" for i in range(cells)]
        names = ["CD20", "IgM", "CD4", "HLA.DR"], ["pErk", "pS6", "pAkt"]
        label = ["reference"] * 4 + ["vanadate"] * 3 + ["PMA/Ionomycin"] * 5
        kinds = ["nk", "cd4+"] * 6
        metadata = {
            "Source": [f"{kind}_H0.fcs" for kind in kinds],
            "Treatment": label,
            "group": label,
            "cell_type": kinds,
            "treatment_x_celltype": [f"{a}|{b}" for a, b in zip(label, kinds, strict=True)],
        }
    elif name == "bmmc_cite_openproblems":
        names = ["ENO1", "SSU72", "MT-CYB", "UBE2J2"], ["CD86", "CD3", "CD8"]
        metadata = {
            "cell_type": ["CD8+ T CD49f+", "Transitional B", "CD4+ T naive"] * 4,
            "batch": ["s1d1", "s1d2"] * 6,
            "pseudotime_order_ADT": [np.nan, 0.5, 0.25] * 4,
            "group": ["CD8 T", "B/plasma", "CD4 T"] * 4,
        }
    elif name == "sachs_cytometry":
        ids = [f"c{i}" for i in range(cells)]
        names = list(FIRST), list(SECOND)
        x1 = np.log1p(rng.poisson(9.0, (cells, len(FIRST))) / 100)
        x2 = np.log1p(rng.poisson(9.0, (cells, len(SECOND))) / 100)
        metadata = {"group": [name for name, size in CONDITIONS.items() for _ in range(size)]}
    index = pd.Index(ids, name="cell")
    obs = pd.DataFrame(metadata, index=index)
    first = pd.DataFrame(x1, index, names[0], np.float32)
    second = pd.DataFrame(x2, index, names[1], np.float32)
    return first, second, obs
