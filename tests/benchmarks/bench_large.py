"""A screen of real size, end to end: `python tests/benchmarks/bench_large.py --cells 2000,20000`.

Draws a screen of sparse counts of genes and of proteins, whose perturbations shift shared latents,
as two .h5ad files; then runs `bench run` on it as a user would, from an empty store, and prints
time and memory as Markdown. Memory is what all processes of the command have together, shared pages
once (PSS), looked at every half second. `--lopo K` also leaves K perturbations out and compares the
time that `--dry-run` predicts for it with the time it takes.
"""

import argparse
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import anndata
import numpy as np
import pandas as pd
import psutil
from numpy.typing import NDArray
from scipy import sparse

LATENTS, MOVED, CHUNK = 20, 5, 10_000
BENCH = [sys.executable, "-m", "weakpair"]
METHODS = [
    *("--learners", "pca,lda,ps,groove-cosine", "--aligners", "labeled-eot,label-uniform"),
    *("--preprocess1", "normalize-total, log1p", "--preprocess2", "normalize-total, log1p"),
    *("--group", "perturbation", "--device", "cpu"),
]


def write_screen(folder: Path, cells: int, labels: int, genes: int, proteins: int) -> None:
    """Write rna.h5ad, sparse counts, and protein.h5ad of the same cells, in orders of their own."""
    rng = np.random.default_rng(0)
    shifts = rng.normal(0, 1.5, (labels, LATENTS)) * (rng.random((labels, LATENTS)) < MOVED / 20)
    codes = np.arange(cells) % labels
    latents = shifts[codes] + rng.normal(size=(cells, LATENTS))
    obs = pd.DataFrame(
        {"perturbation": pd.Categorical([f"p{code:03}" for code in codes])},
        index=[f"cell{number}" for number in range(cells)],
    )
    for name, width, depth, scale in (
        ("rna", genes, 0.15, 0.25),
        ("protein", proteins, 20.0, 0.25),
    ):
        loadings = rng.normal(0, scale, (LATENTS, width))
        means = depth * rng.gamma(1.0, 1.0, width)
        order = rng.permutation(cells)
        parts = [
            _counts(rng, latents[order[i : i + CHUNK]] @ loadings, means)
            for i in range(0, cells, CHUNK)
        ]
        counts = sparse.vstack(parts, format="csr")
        own = obs.iloc[order]
        features = pd.DataFrame(index=[f"{name}{number}" for number in range(width)])
        anndata.AnnData(counts, own, features).write_h5ad(folder / f"{name}.h5ad")


def _counts(
    rng: np.random.Generator, logs: NDArray[np.float64], means: NDArray[np.float64]
) -> sparse.csr_matrix:
    return sparse.csr_matrix(rng.poisson(means * np.exp(logs - 0.5)).astype(np.float32))


class Watch(Thread):
    """The largest memory of a process and its children together, in GiB."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.process, self.done, self.largest = psutil.Process(pid), Event(), 0.0

    def run(self) -> None:
        """Look until told that it is done."""
        while not self.done.wait(0.5):
            try:
                family = [self.process, *self.process.children(recursive=True)]
            except psutil.Error:
                return
            self.largest = max(self.largest, sum(map(_pss, family)) / 2**30)


def _pss(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0


def timed(words: list[str], folder: Path) -> tuple[float, float]:
    """Wall seconds and GiB of a `bench` command.

    Raises:
        RuntimeError: it failed.
    """
    began = time.perf_counter()
    with (folder / "said.txt").open("w") as said:
        process = subprocess.Popen([*BENCH, *words], cwd=folder, stdout=said, stderr=said)
        watch = Watch(process.pid)
        watch.start()
        code = process.wait()
    watch.done.set()
    if code:
        raise RuntimeError((folder / "said.txt").read_text()[-2000:])
    return time.perf_counter() - began, watch.largest


def predicted(words: list[str], folder: Path) -> float:
    """Seconds that `--dry-run` says the command will take."""
    done = subprocess.run(
        [*BENCH, *words, "--dry-run"], cwd=folder, check=True, capture_output=True, text=True
    )
    found = re.search(r"about ([\d.]+) (s|min|h) on", " ".join(done.stdout.split()))
    if not found:
        raise RuntimeError(f"no prediction in {done.stdout!r}")
    return float(found[1]) * {"s": 1, "min": 60, "h": 3600}[found[2]]


def by_kind(run: Path) -> str:
    """Seconds of the stages by kind, largest first, fits by learner."""
    sums: Counter[str] = Counter()
    for row in pd.read_parquet(run / "stages.parquet").to_dict("records"):
        learner = row["what"].split()[1] if row["kind"] == "fit" else ""
        sums[f"{row['kind']} {learner}".strip()] += row["seconds"]
    return ", ".join(f"{name} {seconds:.0f}" for name, seconds in sums.most_common(7))


def peaks(run: Path) -> str:
    """The largest memory of a process in stages of each kind, in GiB, largest first."""
    stages = pd.read_parquet(run / "stages.parquet")
    largest = stages.groupby("kind")["peak_rss_mb"].max().sort_values(ascending=False) / 1024
    return ", ".join(f"{kind} {peak:.1f}" for kind, peak in largest.items())


def report(options: argparse.Namespace, cells: int) -> None:
    """Print the rows of a size."""
    with TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        write_screen(folder, cells, min(options.labels, cells // 10), options.genes, 100)
        size = sum(file.stat().st_size for file in folder.glob("*.h5ad")) / 1e6
        run = [
            "run",
            "--data",
            "rna.h5ad,protein.h5ad",
            *METHODS,
            "--workers",
            str(options.workers),
        ]
        folds = [*run, "--split", f"kfold:{options.folds}"]
        seconds, memory = timed([*folds, "--out", "folds"], folder)
        store = sum(f.stat().st_size for f in (folder / ".weakpair").rglob("*") if f.is_file())
        print(
            f"| {cells:,} | {size:,.0f} MB | {seconds:,.0f} s | {memory:.1f} GiB "
            f"| {peaks(folder / 'folds')} | {store / 1e9:.1f} GB | {by_kind(folder / 'folds')} |",
            flush=True,
        )
        if options.lopo:
            some = [*run, "--split", f"lopo:{options.lopo}", "--out", "lopo"]
            expected = predicted(some, folder)
            seconds, memory = timed(some, folder)
            print(
                f"| {cells:,}, lopo:{options.lopo} | "
                f"| {seconds:,.0f} s ({expected:,.0f} s predicted) | {memory:.1f} GiB "
                f"| {peaks(folder / 'lopo')} | | {by_kind(folder / 'lopo')} |",
                flush=True,
            )


def main() -> None:
    """Read the options and report every size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--cells", default="2000,20000", help="sizes, comma-separated")
    parser.add_argument("--labels", type=int, default=200, help="perturbations at most")
    parser.add_argument("--genes", type=int, default=2000)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--lopo", type=int, default=0, help="perturbations to leave out")
    parser.add_argument("--folder", type=Path, help="where temporary files go")
    options = parser.parse_args()
    print("| cells | files | time | memory | GiB of one process | store | seconds of stages |")
    print("|---|---:|---:|---:|---|---:|---|")
    for cells in options.cells.split(","):
        report(options, int(cells))


if __name__ == "__main__":
    main()
