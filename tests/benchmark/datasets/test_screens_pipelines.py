"""Preparations from files of exactly the public formats to data sets that load."""

import json
import os
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmark.datasets import Dataset, Pipeline, load, parse_steps
from benchmark.datasets.public.screens import Report, Row
from benchmark.datasets.public.screens.bmmc_cite import Spec as Bmmc
from benchmark.datasets.public.screens.h5mu import Spec as H5mu
from benchmark.datasets.public.screens.papalexi_eccite import Spec as Eccite
from benchmark.datasets.public.screens.perturb_cite_seq import Spec as CiteSeq
from benchmark.datasets.public.screens.perturb_multiome import Spec as Multiome
from tests.benchmark.datasets.screen_files import (
    ANTIBODIES,
    cite,
    log_ratios,
    write_bmmc,
    write_eccite,
    write_h5mu,
    write_multiome,
    write_portal,
    write_scperturb,
)
from weakpair.errors import ConfigError, DataError
from weakpair.specs import Frozen, parse

RNG = np.random.default_rng(5)


def citeseq(**changes: Any) -> CiteSeq:
    return parse(
        CiteSeq, {"hvg": {"name": "hvg", "n": 15}, "energy_on": "pca(n=5)", **changes}, "s"
    )


def prepare(name: str, raw: Path, out: Path, spec: Frozen) -> Report:
    module = import_module(f"benchmark.datasets.public.screens.{name.replace('-', '_')}")
    report: Report = module.prepare(raw, out, spec)
    return report


def run(name: str, raw: Path, spec: Frozen) -> tuple[Report, Dataset]:
    out = raw.parent / f"{raw.name}-prepared"
    report = prepare(name, raw, out, spec)
    return report, load(out)


def last(report: Report) -> tuple[int, int, int, int]:
    row = report.rows[-1]
    return row.cells, row.features1, row.features2, row.perturbations


# Perturb-CITE-seq


def test_cite_seq_keeps_far_and_large_perturbations_and_the_control(tmp_path: Path) -> None:
    write_portal(tmp_path / "raw", cite())
    report, data = run(
        "perturb-cite-seq", tmp_path / "raw", citeseq(control_cells=25, min_energy=1)
    )
    # FAR has 60 cells; NEAR is like the control, FEW has 12 cells; CELL_1 has no proteins.
    missing = cite().guide[0].startswith("FAR") and cite().condition[0] == "IFNγ"
    assert data.counts() == {"FAR": (60 - missing,) * 2, "control": (25, 25)}
    assert data.modality2.features == tuple(ANTIBODIES)
    assert last(report) == (len(data.modality1), 15, 4, 2)
    energy = report.figures["energy distance to the control"]
    assert list(energy) == ["FAR", "NEAR"]
    assert energy["FAR"] > 1 > 0.5 > energy["NEAR"]
    steps = [row.step for row in report.rows]
    assert steps[0] == "cells of IFNγ with one guide"
    assert report.rows[0].perturbations == 4
    assert "energy distance of at least 1" in steps


def test_cite_seq_from_both_sources_is_the_same(tmp_path: Path) -> None:
    screen = cite()
    write_portal(tmp_path / "portal", screen)
    write_scperturb(tmp_path / "scperturb", screen)
    (_, first), (_, second) = (
        run("perturb-cite-seq", tmp_path / source, citeseq()) for source in ("portal", "scperturb")
    )
    for one, two in ((first.modality1, second.modality1), (first.modality2, second.modality2)):
        assert one.features == two.features
        order = [two.ids.tolist().index(name) for name in one.ids]
        np.testing.assert_array_equal(one.labels, two.labels[order])
        np.testing.assert_allclose(one.x, two.x[order], atol=2e-5)


@pytest.mark.parametrize("encoding", ["csr", "csc", "dense"])
def test_cite_seq_is_the_papers_arithmetic(tmp_path: Path, encoding: str) -> None:
    """Step by step on dense arrays: 10,000 + log1p, minus the control's mean, HVGs last."""
    screen = cite()
    write_scperturb(tmp_path / "raw", screen, encoding=encoding)
    spec = citeseq(control_cells=None, min_energy=-9, min_cells=2)
    _, data = run("perturb-cite-seq", tmp_path / "raw", spec)
    target = np.array([guide.rsplit("_", 1)[0] for guide in screen.guide])
    mine = (np.array(screen.condition) == "IFNγ") & (np.array(screen.guide) != "")
    mine[0] = False
    logged = np.log1p(1e4 * screen.rna[mine] / screen.rna[mine].sum(axis=1, keepdims=True))
    proteins = log_ratios(screen.proteins)[mine]
    control = np.isin(target[mine], ["NO_SITE", "ONE_NON-GENE_SITE"])
    order = np.argsort(np.array(screen.cells)[mine])
    assert data.modality1.ids.tolist() == np.array(screen.cells)[mine][order].tolist()
    columns = [screen.genes.index(name) for name in data.modality1.features]
    expected = (logged - logged[control].mean(axis=0))[order][:, columns]
    np.testing.assert_allclose(data.modality1.x, expected, atol=1e-5)
    np.testing.assert_allclose(
        data.modality2.x, (proteins - proteins[control].mean(axis=0))[order], atol=1e-5
    )
    chosen = data.modality1.labels == "control"
    np.testing.assert_allclose(data.modality1.x[chosen].mean(axis=0), 0, atol=1e-5)


def test_the_portals_ratios_are_those_of_its_counts(tmp_path: Path) -> None:
    write_portal(tmp_path / "counts", cite())
    write_portal(tmp_path / "ratios", cite(), raw_proteins=False)
    (_, counts), (_, ratios) = (
        run("perturb-cite-seq", tmp_path / name, citeseq(control_cells=None, relative=False))
        for name in ("counts", "ratios")
    )
    both = np.isin(ratios.modality2.ids, counts.modality2.ids)
    np.testing.assert_allclose(ratios.modality2.x[both], counts.modality2.x, atol=1e-6)


def test_steps_are_parameters(tmp_path: Path) -> None:
    write_scperturb(tmp_path / "raw", cite())
    spec = citeseq(
        read={"condition": "Control", "control_targets": ["FAR"], "proteins": "counts"},
        relative=False,
        hvg=None,
        min_energy=-9,
    )
    with pytest.raises(DataError, match="no perturbation of 50 cells"):
        run("perturb-cite-seq", tmp_path / "raw", spec)
    kept = citeseq(read={"proteins": "counts"}, relative=False, hvg=None, min_energy=-9)
    _, data = run("perturb-cite-seq", tmp_path / "raw", kept)
    assert set(data.labels) == {"FAR", "NEAR", "control"}
    assert len(data.modality1.features) == 40
    assert (data.modality2.x == np.rint(data.modality2.x)).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"read": {"condition": "IFNy"}}, "unknown condition 'IFNy'; did you mean 'IFNγ'"),
        ({"read": {"guide": "sgRNAs"}}, "unknown column 'sgRNAs'; did you mean 'sgRNA'"),
        ({"read": {"control_targets": ["NT"]}}, "guide of the control targets NT"),
        ({"read": {"isotypes": {"Mouse_IgG1": ["CD117"]}}}, "no isotype control for"),
        ({"read": {"source": "portal"}}, "no file of the cells' metadata; RNA_metadata.csv"),
        ({"min_energy": 1e6}, "the farthest is FAR at"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    write_scperturb(tmp_path / "raw", cite())
    with pytest.raises(DataError, match=message) as caught:
        run("perturb-cite-seq", tmp_path / "raw", citeseq(**change))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "raw-prepared").exists()


def test_logarithms_where_counts_belong_are_refused(tmp_path: Path) -> None:
    screen = cite()
    screen.rna = np.log1p(screen.rna)
    write_scperturb(tmp_path / "raw", screen)
    with pytest.raises(DataError, match=r"RNA\.h5ad: .* is no count"):
        run("perturb-cite-seq", tmp_path / "raw", citeseq())
    write_scperturb(tmp_path / "counts", cite())
    (_, logs), (_, counts) = (
        run("perturb-cite-seq", tmp_path / name, citeseq(read=read))
        for name, read in (("raw", {"rna": "log1p"}), ("counts", {}))
    )
    assert logs.modality1.features == counts.modality1.features
    np.testing.assert_allclose(logs.modality1.x, counts.modality1.x, atol=1e-4)


def test_an_unknown_parameter_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'min_energy'"):
        citeseq(min_enery=0.1)


def test_the_defaults_are_the_papers() -> None:
    spec = CiteSeq()
    assert (spec.min_energy, spec.min_cells, spec.hvg and spec.hvg.n) == (0.05, 50, 500)
    assert sum(map(len, spec.read.isotypes.values())) == 20
    multiome = Multiome()
    assert [step.model_dump() for step in multiome.atac][1] == {"name": "svd", "n": 256}
    assert multiome.rna[-1].model_dump()["n"] == 512
    found = (multiome.day, multiome.cells, multiome.perturbations, multiome.within)
    assert found == (14, 128, 20, 100_000)
    assert multiome.peaks.share == 0.01


# Perturb-Multiome


def multiome(**changes: Any) -> Multiome:
    small = {
        "rna": "normalize-total, log1p, detected(share=0.01), hvg(n=6)",
        "atac": "tfidf, svd(n=2)",
    }
    return parse(Multiome, {**small, "perturbations": 3, "cells": 8, **changes}, "m")


def test_multiome_is_balanced_and_of_the_day(tmp_path: Path) -> None:
    write_multiome(tmp_path / "raw")
    report, data = run("perturb-multiome", tmp_path / "raw", multiome())
    assert data.counts() == {"GATA1": (8, 8), "NT": (8, 8), "SPI1": (8, 8)}
    assert last(report) == (24, 6, 2, 3)
    assert data.modality2.features == ("svd1", "svd2")
    assert {name.split("_")[0] for name in data.modality1.ids} == {"rep1", "rep2"}
    assert data.paired


def test_multiome_from_h5_and_from_mtx_is_the_same(tmp_path: Path) -> None:
    for form in ("h5", "mtx"):
        write_multiome(tmp_path / form, form=form)
    (_, first), (_, second) = (
        run("perturb-multiome", tmp_path / form, multiome()) for form in ("h5", "mtx")
    )
    assert first.digest == second.digest


def test_peaks_of_each_library_are_gathered_by_gene(tmp_path: Path) -> None:
    """Without weighting: sums of the counts of the peaks within 100,000 bases of a gene."""
    counts = write_multiome(tmp_path / "raw")
    spec = multiome(atac=[], rna=[], cells=1, perturbations=None, seed=3)
    _, data = run("perturb-multiome", tmp_path / "raw", spec)
    assert data.modality2.features == ("A", "B", "ENSG3.1")
    genes = 12
    for name, row in zip(data.modality2.ids, data.modality2.x, strict=True):
        library, code = name.split("_")
        x = counts[library][int(code[4:8])]
        peaks = x[genes:]
        if library == "rep1":
            # chr1:150000 is 148,000 bases from A and 149,600 from B: out of reach.
            expected = [peaks[0] + peaks[1], 0, peaks[3]]
        else:
            # chr1:311000 is 1,000 bases behind B, chr2:100000 is 99,100 behind the gene there.
            expected = [peaks[0], peaks[1], peaks[2]]
        assert row.tolist() == expected
    by_name = dict(zip(data.modality1.features, data.modality1.x.T, strict=True))
    # Genes stand in the order of their names; G0 stands twice in the annotation.
    assert {"G0.ENSG00000", "G0.ENSG00011", "G1"} <= set(by_name)
    first = data.modality1.ids[0]
    library, code = str(first).split("_")
    assert by_name["G1"][0] == counts[library][int(code[4:8])][1]


def test_rare_peaks_are_left_out_in_their_library(tmp_path: Path) -> None:
    counts = write_multiome(tmp_path / "raw")
    shares = np.mean(counts["rep1"][:29, 12:] > 0, axis=0)
    between = float(np.unique(shares)[:2].mean())
    spec = multiome(peaks={"share": between}, atac=[], cells=1, within=10**6)
    report, _ = run("perturb-multiome", tmp_path / "raw", spec)
    row = next(r for r in report.rows if r.step.startswith("GSE274113_rep1") and "peaks" in r.step)
    assert row.features2 == (shares >= between).sum() < 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"day": 9}, "no cell of day 9; 'Timepoint' has 7, 14"),
        ({"target": "gene"}, "unknown column 'gene'"),
        ({"cells": 100}, "0 perturbations have 100 cells, 3 are wanted"),
        ({"perturbations": 4}, "3 perturbations have 8 cells, 4 are wanted"),
        ({"library": "lane"}, "the name has no library like 'lane'"),
    ],
)
def test_what_is_wrong_with_a_multiome_is_one_line(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    write_multiome(tmp_path / "raw")
    with pytest.raises(DataError, match=message):
        run("perturb-multiome", tmp_path / "raw", multiome(**change))


def test_a_multiome_without_annotation_asks_for_it(tmp_path: Path) -> None:
    write_multiome(tmp_path / "raw")
    (tmp_path / "raw" / "gencode.v38.annotation.gtf.gz").unlink()
    with pytest.raises(DataError, match=r"no file of the gene annotation; gencode\*\.gtf\.gz"):
        run("perturb-multiome", tmp_path / "raw", multiome())


# The other sets


@pytest.mark.parametrize("suffix", [".h5ad", ".h5ad.gz"])
def test_bmmc_is_projected_on_components_of_rna(tmp_path: Path, suffix: str) -> None:
    rna, proteins = RNG.poisson(2.0, (90, 30)), RNG.poisson(5.0, (90, 6))
    raw = tmp_path / "raw"
    raw.mkdir()
    write_bmmc(raw / f"cite_BMMC_processed{suffix}", rna, proteins, ["B", "T", "NK"] * 30)
    spec = parse(Bmmc, {"rna": "normalize-total, log1p, pca(n=5)"}, "bmmc")
    report, data = run("bmmc-cite", raw, spec)
    assert last(report) == (90, 5, 6, 3)
    logged = np.log1p(1e4 * rna / rna.sum(axis=1, keepdims=True))
    centred = logged - logged.mean(axis=0)
    spectrum = np.linalg.svd(centred, compute_uv=False)[:5]
    np.testing.assert_allclose(np.linalg.norm(data.modality1.x, axis=0), spectrum, rtol=1e-4)
    np.testing.assert_allclose(data.modality2.x.mean(axis=1), 0, atol=1e-6)
    assert data.modality1.obs["batch"].unique().tolist() == ["s1d1"]
    assert parse(Bmmc, {}, "bmmc").rna[-1].model_dump() == {"name": "pca", "n": 200}


def test_eccite_keeps_large_perturbations(tmp_path: Path) -> None:
    rna, proteins = RNG.poisson(2.0, (80, 25)), RNG.poisson(5.0, (80, 4))
    write_eccite(tmp_path / "raw", rna, proteins, ["NT"] * 40 + ["STAT1"] * 30 + ["IRF7"] * 10)
    spec = parse(
        Eccite, {"selection": {"min_cells": 20}, "rna": "normalize-total, log1p, hvg(n=7)"}, "e"
    )
    report, data = run("papalexi-eccite", tmp_path / "raw", spec)
    assert data.counts() == {"NT": (40, 40), "STAT1": (30, 30)}
    assert last(report) == (70, 7, 4, 2)


def test_any_h5mu(tmp_path: Path) -> None:
    rna, proteins = RNG.poisson(2.0, (50, 20)), RNG.poisson(5.0, (50, 3))
    raw = tmp_path / "raw"
    raw.mkdir()
    write_h5mu(raw / "own.h5mu", rna, proteins, ["ctrl", "drug"] * 25)
    content: dict[str, Any] = {
        "group": "perturbation",
        "modality1": {"key": "rna", "steps": "log1p, hvg(n=4)"},
        "modality2": {"key": "prot", "layer": "raw"},
        "selection": {"max_cells": 9},
    }
    report, data = run("h5mu", raw, parse(H5mu, content, "own"))
    assert data.counts() == {"ctrl": (9, 9), "drug": (9, 9)}
    rows = [int(name[1:]) for name in data.modality2.ids]
    np.testing.assert_array_equal(data.modality2.x, proteins[rows] + 1)
    columns = [int(name.removeprefix("g")) for name in data.modality1.features]
    np.testing.assert_allclose(data.modality1.x, np.log1p(rna[rows][:, columns]), rtol=1e-6)
    assert report.rows[0].cells == 49
    with pytest.raises(DataError, match="unknown modality 'protein'; did you mean 'prot'"):
        run("h5mu", raw, parse(H5mu, {**content, "modality2": {"key": "protein"}}, "own"))


# What is written


def test_spec_and_report_are_plain_values_that_can_be_stored(tmp_path: Path) -> None:
    write_scperturb(tmp_path / "raw", cite())
    spec = citeseq(seed=4)
    report, _ = run("perturb-cite-seq", tmp_path / "raw", spec)
    assert parse(CiteSeq, json.loads(spec.model_dump_json()), "stored") == spec
    stored = json.loads(json.dumps(report.table()))
    assert [Row(**row) for row in stored["steps"]] == report.rows
    assert stored["figures"] == report.figures
    out = tmp_path / "raw-prepared"
    assert {path.stem for path in out.iterdir()} == {"modality1", "modality2", "obs"}
    assert list(pd.read_parquet(out / "obs.parquet").columns) == ["group", "guide"]


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    write_scperturb(tmp_path / "raw", cite())
    made = []
    for name in ("a", "b"):
        prepare("perturb-cite-seq", tmp_path / "raw", tmp_path / name, citeseq())
        made.append({p.name: p.read_bytes() for p in (tmp_path / name).iterdir()})
    assert made[0] == made[1]
    other = citeseq(seed=9, control_cells=30)
    prepare("perturb-cite-seq", tmp_path / "raw", tmp_path / "b", other)
    assert (tmp_path / "b" / "obs.parquet").read_bytes() != made[0]["obs.parquet"]


@pytest.mark.data
@pytest.mark.skipif("WEAKPAIR_DATA" not in os.environ, reason="WEAKPAIR_DATA is not set")
def test_a_real_set_through_the_same_steps(tmp_path: Path) -> None:
    """Raw counts of bone marrow, written as GEO writes them, give what the grids' steps give."""
    folder = Path(os.environ["WEAKPAIR_DATA"]) / "bmmc_cite_openproblems"
    if not folder.is_dir():
        pytest.skip("WEAKPAIR_DATA has no folder bmmc_cite_openproblems")
    source = load(folder)
    raw = tmp_path / "raw"
    raw.mkdir()
    rna, proteins = (s.x.astype(np.int64) for s in (source.modality1, source.modality2))
    write_bmmc(raw / "a.h5ad", rna, proteins, source.modality1.labels.tolist())
    spec = parse(Bmmc, {"rna": "normalize-total, log1p, hvg(n=500), pca(n=50)"}, "bmmc")
    report, data = run("bmmc-cite", raw, spec)
    assert last(report)[:3] == (600, 50, 134)
    assert data.counts() == source.counts()
    dense = Pipeline(parse_steps("normalize-total, log1p, hvg(n=500), pca(n=50)"))
    expected = dense.fit(source.modality1.x, source.modality1.features).apply(source.modality1.x)
    # Prepared cells lie in the order of their ids, and "cell10" comes before "cell2".
    source_rows = [int(name.split("-")[0].removeprefix("cell")) for name in data.modality1.ids]
    assert sorted(source_rows) == list(range(600))
    np.testing.assert_allclose(data.modality1.x, expected[source_rows], atol=2e-3)
