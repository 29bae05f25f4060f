"""A check of a device, right or wrong and how fast: one Markdown file, in five minutes with CUDA.

    python -m tests.benchmarks.gpu_check [--device cuda] [--quick] [--out build/gpu-check.md]

Sections: the machine; the tests that need a GPU; a grid on the CPU and on the device, score by
score; aligners by number of cells; GROOVE's fit alone and batched; peak memory. Where something
differs by more than its tolerance the file says WRONG, and the exit code is 1.

Determinism: products are in full precision (no TF32), `torch.use_deterministic_algorithms` is left
off. Two runs on one device agree to rounding, not to the bit; each device has keys of its own.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import torch

import aligners
import learners
from learners.neural.together import member, train_together
from tests.benchmarks.bench_aligners import Problem, views
from weakpair.imports import HOME

BENCH = [sys.executable, "-m", "weakpair"]
LEARNERS = "lda,ps,groove-cosine,davae,ipic"
ALIGNERS = "eot,labeled-eot,labeled-egwot,labeled-coot,label-uniform"
# Networks amplify rounding; scores of few cells move by steps.
SCORES, PLANS = 0.05, 1e-6
WRONG = "WRONG"


def timed(device: str, work: Callable[[], Any]) -> tuple[Any, float]:
    """Result of some work, and its seconds; the device has ended when the clock stops."""
    began = time.perf_counter()
    result = work()
    if device != "cpu":
        torch.cuda.synchronize()
    return result, time.perf_counter() - began


def run(*words: str) -> tuple[int, str]:
    done = subprocess.run(words, cwd=HOME, capture_output=True, text=True, check=False)
    return done.returncode, (done.stdout + done.stderr).strip()


def machine(device: str) -> Iterator[str]:
    yield "## Machine\n"
    code, said = run(*BENCH, "doctor")
    yield f"```text\n{said}\n```\n"
    if code:
        yield f"{WRONG}: bench doctor ends with {code}\n"
    name = torch.cuda.get_device_name() if device != "cpu" else "the CPU itself"
    yield f"torch {torch.__version__}, CUDA {torch.version.cuda}, device {device}: {name}\n"


def device_tests() -> Iterator[str]:
    yield "## Tests that need a GPU\n"
    code, said = run(sys.executable, "-m", "pytest", "-q", "-k", "cuda or devices", "tests")
    yield f"```text\n{said.splitlines()[-1]}\n```\n"
    if code not in (0, 5):
        yield f"{WRONG}: pytest ends with {code}\n"


def grids(device: str, *, quick: bool) -> Iterator[str]:
    """A grid on both devices, the largest difference of every metric."""
    yield "## A grid on the CPU and on the device\n"
    chosen = LEARNERS.split(",")[:2] if quick else LEARNERS.split(",")
    with TemporaryDirectory() as folder:
        frames, seconds = {}, {}
        for name in ("cpu", device):
            out = Path(folder) / name
            words = ["run", "--grid", "smoke", "--learners", ",".join(chosen), "--workers", "0"]
            words += ["--aligners", ALIGNERS, "--device", name, "--out", str(out)]
            began = time.perf_counter()
            code, said = run(*BENCH, *words, "--store", str(Path(folder) / f"store-{name}"))
            seconds[name] = time.perf_counter() - began
            if code:
                yield f"{WRONG}: bench run --device {name} ends with {code}\n"
                yield f"```text\n{said}\n```\n"
                return
            frames[name] = pd.read_parquet(out / "results.parquet")
    where = ["task", "learner", "aligner", "fold", "metric", "direction"]
    where = [column for column in where if column in frames["cpu"]]
    both = frames["cpu"].merge(frames[device], on=where, suffixes=("", "_there"))
    both["apart"] = (both["value"] - both["value_there"]).abs()
    yield f"`smoke` with {', '.join(chosen)}: {len(both)} scores; " + ", ".join(
        f"{name} {took:.0f} s" for name, took in seconds.items()
    )
    yield "\n| metric | largest difference | |\n|---|---:|---|"
    for metric, apart in both.groupby("metric")["apart"].max().items():
        yield f"| {metric} | {apart:.2e} | {WRONG if apart > SCORES else ''} |"
    yield ""


def plans(device: str, *, quick: bool) -> Iterator[str]:
    """Seconds of aligners on both devices, and how far their plans are apart."""
    yield "## Aligners\n"
    yield "| problem | aligner | CPU s | device s | ratio | plans apart, of the largest | |"
    yield "|---|---|---:|---:|---:|---:|---|"
    sizes = ((500, 5),) if quick else ((2_000, 10), (10_000, 20))
    for n, labels in sizes:
        problem = views(f"n={n:,} L={labels}", n, labels)
        for name in ("labeled-eot", "labeled-egwot", "labeled-coot"):
            yield _plan_row(problem, name, device)
    yield ""


def _plan_row(p: Problem, name: str, device: str) -> str:
    aligner = aligners.get(name)
    z1, z2 = p.x.astype(np.float32), p.y.astype(np.float32)
    few = np.flatnonzero(np.arange(len(z1)) < 200)
    aligner.align(z1[few], p.t1[few], z2[few], p.t1[few], device=device)  # kernels are loaded
    here, own = timed("cpu", lambda: aligner.align(z1, p.t1, z2, p.t2))
    there, took = timed(device, lambda: aligner.align(z1, p.t1, z2, p.t2, device=device))
    pairs = zip(here.blocks, there.blocks, strict=True)
    apart = max(float((one.weights - other.weights.cpu()).abs().max()) for one, other in pairs)
    apart /= max(float(block.weights.max()) for block in here.blocks)
    cells = [p.name, name, f"{own:.2f}", f"{took:.2f}", f"{own / took:.1f}", f"{apart:.1e}"]
    return f"| {' | '.join(cells)} | {WRONG if apart > PLANS else ''} |"


def fits(device: str, *, quick: bool) -> Iterator[str]:
    """Seconds of GROOVE's fits, one after another and as one batch."""
    yield "## GROOVE's fit\n"
    yield "| | CPU s | device s | ratio |\n|---|---:|---:|---:|"
    p = views("fits", 300 if quick else 2_000, 10)
    cells = (p.x.astype(np.float32), p.t1, p.y.astype(np.float32), p.t2)
    steps = 5 if quick else 200

    def alone(where: str) -> Any:
        return learners.get("groove-cosine", steps=steps).fit(*cells, seed=0, device=where)

    def batched(where: str) -> Any:
        members = []
        for seed in range(4):
            learner: Any = learners.get("groove-cosine", steps=steps)
            members.append(member(learner, learner.start(*cells, seed=seed, device=where)))
        return train_together(members, torch.device(where))

    for name, work in (("one fit", alone), ("four as a batch", batched)):
        work(device)
        took = [timed(where, partial(work, where))[1] for where in ("cpu", device)]
        yield f"| {name} | {took[0]:.2f} | {took[1]:.2f} | {took[0] / took[1]:.1f} |"
    yield ""


def memory(device: str) -> Iterator[str]:
    if device != "cpu":
        yield f"Peak memory of the device: {torch.cuda.max_memory_allocated() / 2**30:.2f} GiB.\n"


def report(device: str, *, quick: bool) -> str:
    lines = [f"# A check of the device {device}, {time.strftime('%Y-%m-%d')}\n"]
    lines += [*machine(device), *([] if quick else device_tests())]
    lines += [*grids(device, quick=quick), *plans(device, quick=quick)]
    lines += [*fits(device, quick=quick), *memory(device)]
    wrong = sum(WRONG in line for line in lines)
    lines.append("All is as it should be." if not wrong else f"{wrong} lines say {WRONG}.")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    parser.add_argument("--quick", action="store_true", help="a minute, smaller problems")
    parser.add_argument("--out", type=Path, default=HOME / "build" / "gpu-check.md")
    options = parser.parse_args()
    if options.device == "cuda" and not torch.cuda.is_available():
        sys.exit("torch sees no CUDA device here; --device cpu tries the check itself")
    text = report(options.device, quick=options.quick)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(text, encoding="utf-8")
    print(text)
    sys.exit(WRONG in text)


if __name__ == "__main__":
    main()
