"""A cluster gets back what it has lost for good, and only that."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from benchmark.engine.dispatch.respawn import Keeper


class Job:
    """A job, or a nanny, of the cluster."""

    def __init__(self, status: str = "running") -> None:
        self.status = SimpleNamespace(name=status)
        self.closed = False

    async def close(self) -> None:
        self.closed = True


class FakeCluster:
    """Opens what is missing when it is scaled, as Dask's does; `here` are registered workers."""

    def __init__(self, *names: Any) -> None:
        self.workers: dict[Any, Job] = {name: Job() for name in names}
        self.names = names
        self.here: list[Any] = []
        self.opened = 0

    @property
    def scheduler_info(self) -> dict[str, Any]:
        return {"workers": {i: {"name": name} for i, name in enumerate(self.here)}}

    def scale(self, workers: int) -> None:
        assert workers == 8
        for name in self.names:
            if name not in self.workers:
                self.workers[name] = Job()
                self.opened += 1


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def look(cluster: FakeCluster, keeper: Keeper) -> int:
    """How many jobs were asked for."""

    async def looked() -> None:
        keeper.look()
        await asyncio.sleep(0)

    before = cluster.opened
    asyncio.run(looked())
    return cluster.opened - before


def keeper(cluster: FakeCluster, clock: Clock) -> Keeper:
    return Keeper(cluster, 8, away=60, clock=clock)


@pytest.mark.parametrize("names", [("job-1-0", "job-1-1"), ("job-1",)])
def test_a_job_that_reached_its_end_is_replaced(names: tuple[str, ...]) -> None:
    """Jobs of several processes, and those of one, which has the job's name."""
    cluster, clock = FakeCluster("job-1", "job-10"), Clock()
    kept, first = keeper(cluster, clock), cluster.workers["job-1"]
    cluster.here = [*names, "job-10-0"]
    assert look(cluster, kept) == 0
    cluster.here = ["job-10-0"]
    clock.now = 59
    assert look(cluster, kept) == 0
    clock.now = 61
    assert look(cluster, kept) == 1
    assert first.closed
    assert cluster.workers["job-1"] is not first


def test_a_job_that_waits_in_the_queue_is_left_alone() -> None:
    cluster, clock = FakeCluster("job-1"), Clock()
    kept = keeper(cluster, clock)
    for clock.now in (0, 1000, 100_000):
        assert look(cluster, kept) == 0


def test_a_worker_that_comes_back_is_left_alone() -> None:
    cluster, clock = FakeCluster(0), Clock()
    kept = keeper(cluster, clock)
    for clock.now, cluster.here in ((0, [0]), (50, []), (55, [0]), (100, []), (110, [0])):
        assert look(cluster, kept) == 0


@pytest.mark.parametrize("status", ["closed", "failed"])
def test_one_that_died_while_it_started_is_replaced(status: str) -> None:
    cluster = FakeCluster(0, 1)
    cluster.workers[1] = Job(status)
    assert look(cluster, keeper(cluster, Clock())) == 1


def test_one_that_dask_let_go_of_is_asked_for_again() -> None:
    cluster = FakeCluster(0, 1)
    del cluster.workers[1]
    assert look(cluster, keeper(cluster, Clock())) == 1
