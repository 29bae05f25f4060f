"""Our aligners against loops of POT at equal tolerance, one process, one thread.

    python tests/benchmarks/bench_aligners.py [--quick | --large]

Both sides go from latents to plans whose L1 marginal error is at most 1e-3, and stop outer loops
when the plan moves by at most 1e-3 in L1. POT computes in float64, and for linear problems with the
smallest number of iterations that reaches the tolerance, found beforehand. "eot, hard" is a
regularisation of 1e-4 of the largest cost to an error of 1e-8; POT has 300 iterations for it, and
">" says that they were not enough. "labeled-eot" includes
the cost's maximum over all pairs, which its definition asks for, on both sides; in "labeled-eot,
scale known" both are given it. Times are the best of several runs, in milliseconds.
"""

import argparse
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import ot
import torch
from numpy.typing import NDArray
from ot.gromov import gwggrad, init_matrix
from threadpoolctl import threadpool_limits

import aligners

Real = NDArray[np.float64]
TOL = 1e-3
EPSILON = 5e-3
HARD = {"epsilon": 1e-4, "tol": 1e-8}
POT_SECONDS = 100.0


@dataclass(frozen=True)
class Problem:
    """A data set of two views, and the labels' blocks."""

    name: str
    x: Real
    t1: NDArray[np.int64]
    y: Real
    t2: NDArray[np.int64]

    @property
    def blocks(self) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        labels = np.unique(self.t1)
        return [(np.flatnonzero(self.t1 == k), np.flatnonzero(self.t2 == k)) for k in labels]


def views(name: str, n: int, labels: int, *, ragged: bool = False, width: int = 128) -> Problem:
    """Clustered, correlated views: label centres and 10 latent factors, mostly shared loadings.

    Factors of a cell are N(centre of its label, 1), centres N(0, 2^2); view m shows them through
    loadings A + 0.3 B_m plus N(0, 0.3^2) noise. The cells of the two views are not the same.
    """
    generator = np.random.default_rng(0)
    share = generator.dirichlet(np.full(labels, 3.0)) if ragged else np.full(labels, 1 / labels)
    shared, *own = generator.normal(size=(3, 10, width))
    centres = 2 * generator.normal(size=(labels, 10))
    points, codes = [], []
    for special in own:
        cuts = np.round(np.cumsum(share)[:-1] * n).astype(int)
        t = generator.permutation(np.searchsorted(cuts, np.arange(n), side="right"))
        z = centres[t] + generator.normal(size=(n, 10))
        x = z @ (shared + 0.3 * special) / np.sqrt(10) + 0.3 * generator.normal(size=(n, width))
        points.append(x.astype(np.float32).astype(np.float64))
        codes.append(t)
    return Problem(name, points[0], codes[0], points[1], codes[1])


def best(run: Callable[[], object], repeats: int) -> float:
    """Shortest of several runs, in seconds: a second's worth at least, five at most."""
    times: list[float] = []
    while sum(times) < 5 and (len(times) < repeats or sum(times) < 1):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return min(times)


def uniform(n: int) -> Real:
    return np.full(n, 1 / n)


def iterations_needed(cost: Real, epsilon: float) -> int:
    """Sinkhorn iterations, a multiple of 10 as POT checks, to an L1 error of at most TOL."""
    kernel = np.exp(-cost / epsilon)
    a, b = uniform(cost.shape[0]), uniform(cost.shape[1])
    u = a.copy()
    for count in range(1, 100_000):
        v = b / (kernel.T @ u)
        u = a / (kernel @ v)
        if count % 10 == 0 and np.abs(v * (kernel.T @ u) - b).sum() <= TOL:
            return count
    raise RuntimeError("POT's iteration does not converge")


def sinkhorn(cost: Real, epsilon: float, count: int | None = None) -> Real:
    """POT's plan: `count` iterations, or until the L2 error bounds the L1 error by TOL."""
    a, b = uniform(cost.shape[0]), uniform(cost.shape[1])
    stop = 0.0 if count else TOL / np.sqrt(len(b))
    plan: Real = ot.sinkhorn(
        a, b, cost, epsilon, numItermax=count or 10_000, stopThr=stop, warn=False
    )
    return plan


def pot_eot(p: Problem, repeats: int) -> float:
    cost = ot.dist(p.x, p.y)
    scale = float(cost.max())
    count = iterations_needed(cost, EPSILON * scale)

    def run() -> None:
        cost = ot.dist(p.x, p.y)
        sinkhorn(cost, EPSILON * cost.max(), count)

    return best(run, repeats)


def pot_labeled_eot(p: Problem, repeats: int, *, scale_known: bool = False) -> float:
    scale = float(ot.dist(p.x, p.y).max())
    counts = [iterations_needed(ot.dist(p.x[r], p.y[c]), EPSILON * scale) for r, c in p.blocks]

    def run() -> None:
        largest = scale if scale_known else float(ot.dist(p.x, p.y).max())
        for (r, c), count in zip(p.blocks, counts, strict=True):
            sinkhorn(ot.dist(p.x[r], p.y[c]), EPSILON * largest, count)

    return best(run, repeats)


def pot_labeled_eot_known(p: Problem, repeats: int) -> float:
    return pot_labeled_eot(p, repeats, scale_known=True)


def pot_labeled_eot_batch(p: Problem, repeats: int) -> float:
    """POT's solver of batches, for blocks of one size; inf where sizes differ."""
    if len({(len(r), len(c)) for r, c in p.blocks}) > 1:
        return np.inf
    scale = float(ot.dist(p.x, p.y).max())
    costs = [ot.dist(p.x[r], p.y[c]) for r, c in p.blocks]
    count = max(iterations_needed(cost, EPSILON * scale) for cost in costs)

    def run() -> Real:
        batch = np.stack([ot.dist(p.x[r], p.y[c]) for r, c in p.blocks])
        found: Real = ot.batch.solve_batch(
            batch, EPSILON * scale, max_iter=count, tol=0, method="sinkhorn", grad="detach"
        ).plan
        return found

    plan = run()
    off = [np.abs(plan.sum(axis) - 1 / plan.shape[axis % 2 + 1]).sum(1).max() for axis in (1, 2)]
    if not min(off) <= TOL:
        raise RuntimeError(f"POT's batch is off by {min(off):.1e}")
    return best(run, repeats)


def pot_eot_hard(p: Problem, repeats: int) -> float:
    """Epsilon 1e-4 of the largest cost to an error of 1e-8, by the solver in logarithms."""
    began = time.perf_counter()
    cost = ot.dist(p.x, p.y)
    a, b = uniform(len(cost)), uniform(cost.shape[1])
    _, log = ot.sinkhorn(
        *(a, b, cost, HARD["epsilon"] * cost.max()),
        method="sinkhorn_log",
        numItermax=300,
        stopThr=HARD["tol"] / np.sqrt(len(b)),
        log=True,
        warn=False,
    )
    seconds = time.perf_counter() - began
    return seconds if log["err"][-1] <= HARD["tol"] / np.sqrt(len(b)) else -seconds


def pot_gromov(p: Problem, blocks: list[tuple[NDArray[np.int64], NDArray[np.int64]]]) -> float:
    """Linearise with POT's gradient, solve each block with POT's Sinkhorn; inf when too slow."""
    began = time.perf_counter()
    n1, n2 = len(p.x), len(p.y)
    c1, c2 = ot.dist(p.x, p.x), ot.dist(p.y, p.y)
    constant, h1, h2 = init_matrix(c1 / c1.max(), c2 / c2.max(), uniform(n1), uniform(n2))
    plan = np.zeros((n1, n2))
    for r, c in blocks:
        plan[np.ix_(r, c)] = 1 / (n1 * len(c))
    change = np.inf
    while change > TOL:
        gradient = gwggrad(constant, h1, h2, plan)
        before, plan = plan, np.zeros((n1, n2))
        for r, c in blocks:
            cost = gradient[np.ix_(r, c)]
            plan[np.ix_(r, c)] = len(r) / n1 * sinkhorn(cost - cost.min(), 2 * EPSILON)
        change = np.abs(plan - before).sum()
        if time.perf_counter() - began > POT_SECONDS:
            return -(time.perf_counter() - began)
    return time.perf_counter() - began


def pot_egwot(p: Problem, repeats: int) -> float:
    return pot_gromov(p, [(np.arange(len(p.x)), np.arange(len(p.y)))])


def pot_labeled_egwot(p: Problem, repeats: int) -> float:
    return pot_gromov(p, p.blocks)


def pot_labeled_coot(p: Problem, repeats: int) -> float:
    """COOT's block coordinate descent with the costs' maxima divided out, as ours."""

    def run() -> None:
        (n1, d1), d2 = p.x.shape, p.y.shape[1]
        features = np.full((d1, d2), 1 / (d1 * d2))
        plans: list[Real] = []
        blocks, change = p.blocks, np.inf
        col_masses = np.concatenate([np.full(len(c), len(r) / n1 / len(c)) for r, c in blocks])
        order = np.concatenate([c for _, c in blocks])
        separable = (p.x**2).mean(0)[:, None] + (p.y[order] ** 2).T @ col_masses
        while change > TOL:
            before, plans = plans, []
            for r, c in blocks:
                cost = (p.x[r] ** 2).mean(1)[:, None] + (p.y[c] ** 2).mean(1)
                cost -= 2 * p.x[r] @ features @ p.y[c].T
                plans.append(len(r) / n1 * sinkhorn(cost, EPSILON * cost.max()))
            if before:
                change = sum(np.abs(a - b).sum() for a, b in zip(plans, before, strict=True))
            cost = separable.copy()
            for (r, c), plan in zip(blocks, plans, strict=True):
                cost -= 2 * p.x[r].T @ plan @ p.y[c]
            features = sinkhorn(cost, EPSILON * cost.max())

    return best(run, min(repeats, 3))


METHODS = {
    "eot": pot_eot,
    "labeled-eot": pot_labeled_eot,
    "labeled-eot, scale known": pot_labeled_eot_known,
    "labeled-eot, scale known, against batches": pot_labeled_eot_batch,
    "eot, hard": pot_eot_hard,
    "egwot": pot_egwot,
    "labeled-egwot": pot_labeled_egwot,
    "labeled-coot": pot_labeled_coot,
}


def ours(method: str, p: Problem, dtype: str, repeats: int) -> float:
    """Time of `align` as a user calls it; the plan must have converged."""
    name, _, kind = method.partition(", ")
    aligner = aligners.get(name, tol=TOL, dtype=dtype)
    tol = TOL
    if kind == "hard":
        aligner.set_params(**HARD)
        tol = HARD["tol"]
    elif kind:
        aligner.set_params(scale="none", epsilon=EPSILON * float(ot.dist(p.x, p.y).max()))
    z1, z2 = p.x.astype(np.float32), p.y.astype(np.float32)
    plan = aligner.align(z1, p.t1, z2, p.t2)
    if not plan.converged or plan.marginal_error > tol:
        raise RuntimeError(f"{method} did not converge: {plan.status}")
    return best(lambda: aligner.align(z1, p.t1, z2, p.t2), repeats)


def problems(*, quick: bool) -> Iterator[Problem]:
    yield views("P1 n=800 L=10", 800, 10)
    if not quick:
        yield views("P2 n=1600 L=10", 1600, 10)
        yield views("P3 n=2048 L=20", 2048, 20)
        yield views("P4 n=2950 L=19 ragged", 2950, 19, ragged=True)


def compare(*, quick: bool, methods: list[str]) -> None:
    """Print one Markdown row per problem and method."""
    print(f"POT {ot.__version__}; in the hard regime float32 gives way to float64\n")
    print("| problem | method | POT f64 ms | ours f64 ms | ratio | ours f32 ms | ratio |")
    print("|---|---|---|---|---|---|---|")
    for p in problems(quick=quick):
        for method in methods:
            mine = [ours(method, p, dtype, 15) for dtype in ("float64", "float32")]
            theirs = METHODS[method](p, 15)
            over = "> " if theirs < 0 else ""
            times = [f"{t * 1e3:.1f} | {over}{abs(theirs) / t:.1f}" for t in mine]
            cells = [p.name, method, f"{over}{abs(theirs) * 1e3:.1f}", *times]
            print("|", " | ".join(cells), "|", flush=True)


def large() -> None:
    """LabeledEOT at 50,000 x 50,000 with 20 labels: seconds and peak memory of the process."""
    p = views("large", 50_000, 20)
    z1, z2 = p.x.astype(np.float32), p.y.astype(np.float32)
    for dtype in ("float32", "float64"):
        plan = aligners.get("labeled-eot", dtype=dtype).align(z1, p.t1, z2, p.t2)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(
            f"labeled-eot 50,000 x 50,000 L=20 {dtype}: {plan.status.seconds:.1f} s, "
            f"plan {plan.nbytes / 2**30:.2f} GiB, peak RSS of the process {peak:.2f} GiB, "
            f"marginal error {plan.marginal_error:.1e}, converged {plan.converged}",
            flush=True,
        )
        del plan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="P1 only")
    parser.add_argument("--large", action="store_true", help="memory at 50,000 cells instead")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    options = parser.parse_args()
    torch.set_num_threads(1)
    with threadpool_limits(1):
        if options.large:
            large()
        else:
            compare(quick=options.quick, methods=options.methods)


if __name__ == "__main__":
    main()
