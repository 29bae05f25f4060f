"""Executors: stages run in this process, or on Dask workers."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from benchmark.engine.dispatch.respawn import kept
from benchmark.engine.failures import line_of, log_of
from benchmark.engine.isolation.policy import Guards, Policy, run_isolated
from benchmark.engine.task import Task
from benchmark.engine.together import run_task
from benchmark.engine.worker import Outcome
from weakpair.errors import ClusterError

IN_PROCESS = Policy()
_COUNT_EVERY = 1.0
_STARTS = 3
# Where glibc settles by itself once a process has freed large arrays. Dask has a worker return
# freed memory at once: every tensor is then mapped anew, page by page, a quarter of a stage's time.
ALLOCATOR = {"MALLOC_TRIM_THRESHOLD_": 2**26, "MALLOC_MMAP_THRESHOLD_": 2**25}


class Executor(Protocol):
    """Takes tasks and hands back their outcomes, in whatever order they end."""

    @property
    def slots(self) -> int:
        """Number of tasks that it takes at a time."""

    def submit(self, task: Task) -> None:
        """Start a task; the inputs of its stages are in the store."""

    def next(self) -> tuple[Outcome, ...]:
        """Wait for the next task to end; a single outcome of several stages: all of them failed."""


class SerialExecutor:
    """Runs each stage when its outcome is asked for: in this process, or in a child of it."""

    slots = 1

    def __init__(self, root: str, policy: Policy = IN_PROCESS) -> None:
        self._root, self._policy = root, policy
        self._guards = Guards(root, policy.limits)
        self._waiting: list[Task] = []

    def submit(self, task: Task) -> None:
        """Queue a task."""
        self._waiting.append(task)

    def next(self) -> tuple[Outcome, ...]:
        """Run the task that was queued first."""
        task = self._waiting.pop(0)
        if self._policy.isolates(task):
            return self._guards.run(task, self._policy.alone(task))
        return run_task(task, self._root)

    def close(self) -> None:
        """End the children, if there are any."""
        self._guards.close()


@contextmanager
def serial(root: str, policy: Policy = IN_PROCESS) -> Iterator[Executor]:
    """Run one task at a time."""
    executor = SerialExecutor(root, policy)
    try:
        yield executor
    finally:
        executor.close()


class DaskExecutor:
    """Submits stages to a Dask cluster; artefacts travel through the store, not the network.

    `expected` workers may still be on their way. A stage whose worker is lost runs on another;
    without any worker stages wait for one. One that was on a worker's list whenever workers died
    goes to a child process, where it can only harm itself.
    """

    def __init__(
        self, client: Any, root: str, policy: Policy = IN_PROCESS, expected: int = 1
    ) -> None:
        self._client = client
        self._policy = policy
        self._root = root
        self._expected = expected
        self._slots = 0
        self._counted = -_COUNT_EVERY
        self._tasks: dict[str, tuple[Task, bool]] = {}
        self._done = quiet_distributed().as_completed(loop=client.loop)

    @property
    def slots(self) -> int:
        """Twice as many as there are threads, so that no worker waits for the client."""
        if time.monotonic() - self._counted >= _COUNT_EVERY:
            with self._scheduler_needed():
                threads = sum(self._client.nthreads().values())
            self._slots = 2 * max(self._expected, threads)
            self._counted = time.monotonic()
        return self._slots

    def submit(self, task: Task) -> None:
        """Send a task to the scheduler.

        Raises:
            ClusterError: the scheduler is gone.
        """
        self._send(task, isolated=self._policy.isolates(task))

    def _send(self, task: Task, *, isolated: bool) -> None:
        work: tuple[Any, ...] = (run_task, task, self._root)
        if isolated:
            work = (run_isolated, task, self._root, self._policy.limits, self._policy.alone(task))
        with self._scheduler_needed():
            future = self._client.submit(*work, pure=False, key=None)
        self._tasks[future.key] = task, isolated
        self._done.add(future)

    def next(self) -> tuple[Outcome, ...]:
        """Wait for any task; one that its worker dies of is a failed stage, not a failed run.

        Raises:
            ClusterError: the scheduler is gone.
        """
        distributed = quiet_distributed()
        while True:
            future = next(self._done)
            task, isolated = self._tasks.pop(future.key)
            try:
                outcomes: tuple[Outcome, ...] = future.result()
            except distributed.CancelledError as error:
                raise self._lost() from error
            except Exception as error:  # noqa: BLE001 - whatever a stage did to its worker
                # Dask blames every stage on the list of a dead worker, be it running or not.
                if not isolated and isinstance(error, distributed.KilledWorker):
                    self._send(task, isolated=True)
                    continue
                return (Outcome(task.key, "failed", error=line_of(error), log=log_of(error)),)
            return outcomes

    @contextmanager
    def _scheduler_needed(self) -> Iterator[None]:
        try:
            yield
        except (OSError, RuntimeError, ValueError) as error:
            raise self._lost() from error

    def _lost(self) -> ClusterError:
        return ClusterError(
            f"the Dask scheduler at {self._client.scheduler.address} is gone; finished stages "
            "are stored, run the same command on a new one to go on"
        )


def quiet_distributed() -> Any:
    """Dask's package, its workers fit for large arrays.

    Closed connections are its own affair, failures reach us as outcomes.
    """
    from dask import config

    # The client's logger has a level of its own.
    names = ("distributed", "distributed.client", "tornado")
    config.set({"logging": dict.fromkeys(names, "critical")})
    config.set({"distributed.worker.profile.enabled": False})  # nobody looks at it
    config.set({f"distributed.nanny.pre-spawn-environ.{k}": v for k, v in ALLOCATOR.items()})
    import distributed

    return distributed


@contextmanager
def local_cluster(
    workers: int, threads: int, root: str, policy: Policy = IN_PROCESS
) -> Iterator[Executor]:
    """A cluster of `workers` processes on this machine, which no other user of it can reach.

    Raises:
        ClusterError: the processes cannot be started.
    """
    distributed = quiet_distributed()
    from benchmark.engine.dispatch.sockets import private_folder

    with private_folder() as folder, _started(folder, workers, threads) as cluster:
        opened = distributed.Client(cluster, set_as_default=False)
        with opened as client, kept(cluster, workers):
            yield DaskExecutor(client, root, policy, workers)


def _started(folder: str, workers: int, threads: int) -> Any:
    """Dask gives a cluster up when one process dies while it starts; so it is started again."""
    from benchmark.engine.dispatch.sockets import private_cluster

    for _ in range(_STARTS):
        with _interrupts_ignored(), suppress(RuntimeError):
            return private_cluster(
                folder,
                workers,
                nthreads=1,
                memory_limit=0,
                preload=["weakpair.imports"],
                env={"OMP_NUM_THREADS": str(threads)},
            )
    raise ClusterError(
        f"cannot start {workers} workers: their processes died {_STARTS} times as they started; "
        "try fewer --workers, or --workers 0"
    )


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Children started inside inherit this, so that Ctrl-C reaches this process alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
