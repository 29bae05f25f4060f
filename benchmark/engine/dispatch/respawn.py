"""Workers that are gone for good are asked for again.

Dask lets go of a worker that is away for a few seconds, of one that dies while it starts, and of
a job that reaches its end, and never asks for another: a long run would wait for ever.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_EVERY = 2.0
_AWAY = 60.0
_OVER = ("closed", "failed")


class Keeper:
    """Keeps `workers` processes in a Dask cluster of jobs, or of processes of this machine.

    A job that has run and of which no process was there for `away` seconds counts as gone.
    """

    def __init__(
        self,
        cluster: Any,
        workers: int,
        *,
        away: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cluster, self._workers = cluster, workers
        self._away, self._clock = away, clock
        self._seen: dict[Any, float] = {}
        self._ending: set[asyncio.Future[Any]] = set()

    def look(self) -> None:
        """Forget what is gone and ask for as much as there should be; on the cluster's loop."""
        info = self._cluster.scheduler_info["workers"].values()
        present = {str(worker["name"]) for worker in info}
        for name, job in list(self._cluster.workers.items()):
            if any(one == str(name) or one.startswith(f"{name}-") for one in present):
                self._seen[name] = self._clock()
            elif job.status.name in _OVER or self._gone(name):
                self._forget(name, job)
        self._cluster.scale(self._workers)

    def _gone(self, name: Any) -> bool:
        return name in self._seen and self._clock() - self._seen[name] > self._away

    def _forget(self, name: Any, job: Any) -> None:
        self._seen.pop(name, None)
        del self._cluster.workers[name]
        ending = asyncio.ensure_future(job.close())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)


@contextmanager
def kept(cluster: Any, workers: int) -> Iterator[None]:
    """Look after the cluster's workers every few seconds."""
    from tornado.ioloop import PeriodicCallback

    keeper = Keeper(cluster, workers, away=_AWAY)
    callback = PeriodicCallback(keeper.look, 1000 * _EVERY)
    cluster.loop.add_callback(callback.start)
    try:
        yield
    finally:
        cluster.loop.add_callback(callback.stop)
