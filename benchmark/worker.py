"""Runs one stage: reads its inputs from the store, writes its artefact, reports the outcome."""

import resource
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from benchmark.graph import Stage
from benchmark.provenance import stage_provenance
from benchmark.stages.context import Context, Output
from benchmark.store import Artefact, Store, TornArtefactError
from weakpair.errors import BenchError, StoreError

Status = Literal["done", "cached", "failed", "blocked", "torn", "fatal"]


@dataclass(frozen=True)
class Outcome:
    """How a stage ended.

    `torn` names an input that has to be made anew in `torn_key`; `fatal` means that the store
    itself cannot be used and no other stage can succeed either.
    """

    key: str
    status: Status
    seconds: float = 0.0
    peak_rss_mb: float = 0.0
    error: str = ""
    log: str = ""
    torn_key: str = ""


def run_stage(stage: Stage, root: str) -> Outcome:
    """Compute a stage and store its artefact; never raises but for an interrupt."""
    store = Store(Path(root))
    _reset_peak()
    started = time.perf_counter()
    try:
        with threads_pinned(int(stage.recipe["resources"].get("threads", 1))):
            output = _compute(Context(stage, store))
        seconds = time.perf_counter() - started
        store.write(_artefact(stage, output, seconds))
    except TornArtefactError as error:
        return Outcome(stage.key, "torn", error=str(error), torn_key=error.key)
    except StoreError as error:
        return Outcome(stage.key, "fatal", error=str(error))
    except Exception as error:  # noqa: BLE001 - a failing method is a row, not the end of the grid
        seconds = time.perf_counter() - started
        log = traceback.format_exc()
        return Outcome(stage.key, "failed", seconds, _peak_mb(), _line(error), log)
    return Outcome(stage.key, "done", seconds, _peak_mb())


def _compute(context: Context) -> Output:
    module = import_module(f"benchmark.stages.{context.stage.kind}")
    output: Output = module.run(context)
    return output


def _artefact(stage: Stage, output: Output, seconds: float) -> Artefact:
    provenance = {**stage_provenance(), "seconds": seconds}
    return Artefact(stage.key, output.table, stage.recipe, output.facts, provenance)


@contextmanager
def threads_pinned(threads: int) -> Iterator[None]:
    """Limit BLAS, OpenMP and torch: sums depend on the number of threads, bit for bit."""
    import torch
    from threadpoolctl import threadpool_limits

    before = torch.get_num_threads()
    with threadpool_limits(limits=threads):
        torch.set_num_threads(threads)
        try:
            yield
        finally:
            torch.set_num_threads(before)


def _line(error: Exception) -> str:
    first = next(iter(str(error).splitlines()), "")
    return first if isinstance(error, BenchError) else f"{type(error).__name__}: {first}"


def _reset_peak() -> None:
    """Restart the kernel's high-water mark, where it lets us, so that the peak is the stage's."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


def _peak_mb() -> float:
    """Peak resident memory in MiB, of the stage where the mark could be restarted."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    kilobytes: Any = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(kilobytes) / 1024
