"""Time and peak memory of preparing a large screen: `python tests/benchmarks/bench_screens.py`.

Writes a synthetic pair of files as scPerturb has them, then prepares it as Perturb-CITE-seq in a
process of its own and prints that process's peak memory. Ends with 1 where it exceeds the limit.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import anndata
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from benchmark.datasets.public.screens.perturb_cite_seq import Spec, prepare
from benchmark.datasets.public.screens.raw.frangieh import Read

PANEL = [(antibody, isotype) for isotype, mine in Read().isotypes.items() for antibody in mine]
CHUNK = 10_000


def write_files(raw: Path, cells: int, genes: int, density: float) -> None:
    """Counts of `genes`, `density` of them above 0; 99 targets, the first 20 of which matter."""
    rng = np.random.default_rng(0)
    target = rng.integers(0, 100, cells)
    names = [f"cell{i}" for i in range(cells)]
    guides = ["NO_SITE_1" if t == 99 else f"T{t}_1" for t in target]
    obs = pd.DataFrame({"perturbation_2": "IFNγ", "sgRNA": guides}, index=names)
    parts = [counts(rng, target[i : i + CHUNK], genes, density) for i in range(0, cells, CHUNK)]
    rna = sparse.vstack(parts, format="csr")
    anndata.AnnData(rna, obs, pd.DataFrame(index=[f"g{j}" for j in range(genes)])).write_h5ad(
        raw / "Large_RNA.h5ad"
    )
    panel = [*(antibody for antibody, _ in PANEL), *Read().isotypes]
    proteins = rng.poisson(8.0, (cells, len(panel))).astype(np.float32)
    anndata.AnnData(proteins, obs, pd.DataFrame(index=panel)).write_h5ad(raw / "Large_protein.h5ad")


def counts(
    rng: np.random.Generator, target: NDArray[np.int64], genes: int, density: float
) -> sparse.csr_matrix:
    """Counts of some cells; targets 0 to 19 raise a 400th of the genes each."""
    there = rng.random((len(target), genes), dtype=np.float32) < density
    width = genes // 400
    for t in range(20):
        there[target == t, width * t : width * (t + 1)] = True
    row, column = np.nonzero(there)
    raised = (column // width == target[row]) & (target[row] < 20)
    values = 1 + rng.poisson(1.0, len(row)) + 20 * raised
    return sparse.csr_matrix((values.astype(np.float32), (row, column)), shape=there.shape)


def measure(raw: Path) -> None:
    """In the process that is measured: prepare, and print counts, seconds and peak memory."""
    start = time.perf_counter()
    report = prepare(raw, raw / "out", Spec())
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(report)
    print(json.dumps({"seconds": round(seconds, 1), "peak_gib": round(peak, 2)}))


def main() -> int:
    """Measure once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=200_000)
    parser.add_argument("--genes", type=int, default=2_000)
    parser.add_argument("--density", type=float, default=0.05)
    parser.add_argument("--limit", type=float, default=8.0, help="GiB")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure)
        return 0
    with TemporaryDirectory() as folder:
        write_files(Path(folder), options.cells, options.genes, options.density)
        command = [sys.executable, __file__, "--measure", folder]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    print(done.stdout, end="")
    peak = json.loads(done.stdout.splitlines()[-1])["peak_gib"]
    return int(peak > options.limit)


if __name__ == "__main__":
    sys.exit(main())
