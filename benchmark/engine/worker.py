"""Runs one stage: reads its inputs from the store, writes its artefact, reports the outcome."""

import ctypes
import resource
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from benchmark.engine.failures import line_of, log_of
from benchmark.engine.inflight import announced
from benchmark.engine.isolation.restoring import interrupts, one_process, restored
from benchmark.engine.provenance import full_precision, stage_provenance
from benchmark.stages.graph.context import Context, Output
from benchmark.stages.graph.node import Node
from benchmark.stages.table import stage_of
from benchmark.store.codecs import release
from benchmark.store.store import Artefact, Store, TornArtefactError
from weakpair.errors import StoreError

LARGE_MB = 2048.0
"""Peak of a stage, in MiB, after which free memory is given back."""

Status = Literal["done", "cached", "failed", "blocked", "torn", "fatal"]


@dataclass(frozen=True)
class Outcome:
    """End of a stage.

    `torn` names an input that has to be made anew in `torn_key`; `fatal` means that the store
    itself cannot be used and no other stage can succeed either.
    """

    key: str
    status: Status
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_rss_mb: float = 0.0
    peak_gpu_mb: float | None = None
    error: str = ""
    log: str = ""
    torn_key: str = ""


@dataclass(frozen=True)
class Spent:
    """Time and memory that a stage took; `peak_gpu_mb` is None where no GPU was used."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_rss_mb: float = 0.0
    peak_gpu_mb: float | None = None

    def then(self, more: "Spent") -> "Spent":
        """This and then more: times add up, of peaks the higher counts."""
        return Spent(
            self.seconds + more.seconds,
            self.cpu_seconds + more.cpu_seconds,
            max(self.peak_rss_mb, more.peak_rss_mb),
            max(
                (mb for mb in (self.peak_gpu_mb, more.peak_gpu_mb) if mb is not None), default=None
            ),
        )


class Meter:
    """Measures from its making on; CPU time is that of all threads of the process."""

    def __init__(self, device: str) -> None:
        self._cuda = device == "cuda"
        if self._cuda:
            import torch

            torch.cuda.reset_peak_memory_stats()
        _reset_peak()
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> Spent:
        """Time and memory taken so far."""
        wall, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
        return Spent(wall, cpu, _peak_mb(), self._peak_gpu_mb())

    def _peak_gpu_mb(self) -> float | None:
        if not self._cuda:
            return None
        import torch

        return float(torch.cuda.max_memory_allocated()) / 2**20


def compute(context: Context) -> Output:
    """Do what the stage's kind does."""
    return stage_of(context.node).run(context)


@dataclass(frozen=True)
class Work:
    """Work to do for a stage: by default what its kind does, from the start.

    Attributes:
        compute: gives the artefact's content.
        before: what was spent on the stage before that.
        notes: further lines for the artefact's provenance.
    """

    compute: Callable[[Context], Output] = compute
    before: Spent = Spent()
    notes: Mapping[str, Any] = field(default_factory=dict)


WHOLE = Work()


def run_stage(stage: Node, root: str, work: Work = WHOLE) -> Outcome:
    """Compute a stage and store its artefact; never raises but for an interrupt of the user's.

    Whatever a method raises is a failure of its stage, a `KeyboardInterrupt` of its own too.
    """
    with interrupts() as interrupted:
        outcome = _run(stage, Store(Path(root)), work)
        give_back(outcome.peak_rss_mb)
        if interrupted():
            raise KeyboardInterrupt
    return outcome


def _run(stage: Node, store: Store, work: Work) -> Outcome:
    meter = Meter(stage.device)
    try:
        store.must_be_there()
        with announced(store.root, stage):
            with secluded(stage.threads):
                output = work.compute(Context(stage, store))
                spent = work.before.then(meter.read())
                # The precision that it records is that of the computation.
                artefact = _artefact(stage, output, spent, work.notes)
            store.must_be_there()
            store.write(artefact)
    except TornArtefactError as error:
        return Outcome(stage.key, "torn", error=str(error), torn_key=error.key)
    except StoreError as error:
        return Outcome(stage.key, "fatal", error=str(error))
    # A failing method is a row, not the end of the grid; nor is one that ends its process.
    except BaseException as error:  # noqa: BLE001
        failed = Outcome(stage.key, "failed", error=line_of(error), log=log_of(error))
        return replace(failed, **asdict(work.before.then(meter.read())))
    return Outcome(stage.key, "done", **asdict(spent))


def give_back(peak_mb: float) -> None:
    """Give free memory back to the system after a stage of that peak.

    Arrow's pool keeps what tables held. The C library keeps all arrays below its threshold for
    mapping; after large stages that is gigabytes, after others mapping anew costs more than it is.
    """
    release()
    if peak_mb > LARGE_MB:
        # Where the C library is another one, there is nothing to call.
        with suppress(OSError, AttributeError):
            ctypes.CDLL("libc.so.6").malloc_trim(0)


def _artefact(stage: Node, output: Output, spent: Spent, notes: Mapping[str, Any]) -> Artefact:
    provenance = {**stage_provenance(stage.device), "seed": stage.seed, **asdict(spent), **notes}
    return Artefact(stage.key, output.table, stage.recipe, output.facts, provenance)


@contextmanager
def secluded(threads: int) -> Iterator[None]:
    """Compute on so many threads, and leave nothing changed in this process.

    A copy of the process that a method forks ends here.
    """
    import torch  # noqa: F401 - so that its state is put back too

    with restored(), one_process(), threads_pinned(threads):
        yield


@contextmanager
def threads_pinned(threads: int) -> Iterator[None]:
    """Limit BLAS, OpenMP and torch: sums depend on the number of threads, bit for bit.

    Products are in full precision meanwhile.
    """
    import torch
    from threadpoolctl import threadpool_limits

    before = torch.get_num_threads()
    with threadpool_limits(limits=threads), full_precision():
        torch.set_num_threads(threads)
        try:
            yield
        finally:
            torch.set_num_threads(before)


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
