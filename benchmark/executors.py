"""Where stages run: in this process, or on Dask workers."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from benchmark.graph import Stage
from benchmark.worker import Outcome, run_stage
from weakpair.errors import ConfigError

CONNECT_TIMEOUT = "10s"


class Executor(Protocol):
    """Takes stages and hands back outcomes, in whatever order they end."""

    slots: int

    def submit(self, stage: Stage) -> None:
        """Start a stage; its inputs are in the store."""

    def next(self) -> Outcome:
        """Wait for the next outcome."""


class SerialExecutor:
    """Runs each stage in this process, when its outcome is asked for."""

    slots = 1

    def __init__(self, root: str) -> None:
        self._root = root
        self._waiting: list[Stage] = []

    def submit(self, stage: Stage) -> None:
        """Queue a stage."""
        self._waiting.append(stage)

    def next(self) -> Outcome:
        """Run the stage that was queued first."""
        return run_stage(self._waiting.pop(0), self._root)


class DaskExecutor:
    """Submits stages to a Dask cluster; artefacts travel through the store, not the network."""

    def __init__(self, client: Any, root: str) -> None:
        self._client = client
        self._root = root
        # Twice as many as there are threads, so that no worker waits for the client.
        self.slots = 2 * max(1, sum(client.nthreads().values()))
        self._stages: dict[str, Stage] = {}
        self._done = _quiet_distributed().as_completed(loop=client.loop)

    def submit(self, stage: Stage) -> None:
        """Send a stage to the scheduler."""
        future = self._client.submit(run_stage, stage, self._root, pure=False, key=None)
        self._stages[future.key] = stage
        self._done.add(future)

    def next(self) -> Outcome:
        """Wait for any stage; one whose worker died is a failed stage, not a failed run."""
        future = next(self._done)
        stage = self._stages.pop(future.key)
        if future.status == "finished":
            outcome: Outcome = future.result()
            return outcome
        error = future.exception()
        return Outcome(
            stage.key, "failed", error=f"{type(error).__name__}: {error}", log=str(error)
        )


def _quiet_distributed() -> Any:
    """Dask's package; closed connections are its own affair, failures reach us as outcomes."""
    from dask import config

    config.set({"logging": {"distributed": "critical", "tornado": "critical"}})
    import distributed

    return distributed


@contextmanager
def local_cluster(workers: int, threads: int, root: str) -> Iterator[Executor]:
    """A cluster of `workers` processes on this machine, reachable from it alone."""
    distributed = _quiet_distributed()
    with _interrupts_ignored():
        cluster = distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            memory_limit=0,
            silence_logs="CRITICAL",
            env={"OMP_NUM_THREADS": str(threads)},
        )
    with cluster, distributed.Client(cluster, set_as_default=False) as client:
        yield DaskExecutor(client, root)


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


@contextmanager
def running_cluster(address: str, root: str) -> Iterator[Executor]:
    """A cluster that runs already; its workers must see the store under the same path.

    Raises:
        ConfigError: nothing answers at that address.
    """
    try:
        client = _quiet_distributed().Client(address, timeout=CONNECT_TIMEOUT, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise ConfigError(f"no Dask scheduler answers at {address!r} ({error})") from error
    with client:
        if not client.nthreads():
            raise ConfigError(f"the Dask scheduler at {address!r} has no workers")
        yield DaskExecutor(client, root)
