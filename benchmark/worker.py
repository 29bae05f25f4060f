"""Runs one stage: reads its inputs from the store, writes its artefact, reports the outcome."""

import resource
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
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
    cpu_seconds: float = 0.0
    peak_rss_mb: float = 0.0
    peak_gpu_mb: float = 0.0
    error: str = ""
    log: str = ""
    torn_key: str = ""


@dataclass(frozen=True)
class _Spent:
    """What a stage took."""

    seconds: float
    cpu_seconds: float
    peak_rss_mb: float
    peak_gpu_mb: float


class _Meter:
    """Measures from its making on; CPU time is that of all threads of the process."""

    def __init__(self, device: str) -> None:
        self._cuda = device == "cuda"
        if self._cuda:
            import torch

            torch.cuda.reset_peak_memory_stats()
        _reset_peak()
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> _Spent:
        """What was taken so far."""
        wall, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
        return _Spent(wall, cpu, _peak_mb(), self._peak_gpu_mb())

    def _peak_gpu_mb(self) -> float:
        if not self._cuda:
            return 0.0
        import torch

        return float(torch.cuda.max_memory_allocated()) / 2**20


def run_stage(stage: Stage, root: str) -> Outcome:
    """Compute a stage and store its artefact; never raises but for an interrupt."""
    store = Store(Path(root))
    resources = stage.recipe["resources"]
    meter = _Meter(str(resources.get("device", "cpu")))
    try:
        with threads_pinned(int(resources.get("threads", 1))):
            output = _compute(Context(stage, store))
        spent = meter.read()
        store.write(_artefact(stage, output, spent))
    except TornArtefactError as error:
        return Outcome(stage.key, "torn", error=str(error), torn_key=error.key)
    except StoreError as error:
        return Outcome(stage.key, "fatal", error=str(error))
    except Exception as error:  # noqa: BLE001 - a failing method is a row, not the end of the grid
        log = traceback.format_exc()
        failed = Outcome(stage.key, "failed", error=_line(error), log=log)
        return replace(failed, **asdict(meter.read()))
    return Outcome(stage.key, "done", **asdict(spent))


def _compute(context: Context) -> Output:
    module = import_module(f"benchmark.stages.{context.stage.kind}")
    output: Output = module.run(context)
    return output


def _artefact(stage: Stage, output: Output, spent: _Spent) -> Artefact:
    provenance = {**stage_provenance(), "seed": stage.seed, **asdict(spent)}
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
