"""The toys are registered for the time of a test only."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import aligners
import learners
from benchmark.runs.run import RunOptions
from tests.benchmark import toys


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(learners.REGISTRY, "_entries", dict(learners.REGISTRY._entries))
    monkeypatch.setattr(aligners.REGISTRY, "_entries", dict(aligners.REGISTRY._entries))
    learners.REGISTRY.add(toys.SPY)
    learners.REGISTRY.add(toys.BROKEN)
    aligners.REGISTRY.add(toys.BY_ORDER)
    aligners.REGISTRY.add(toys.BROKEN_ALIGNER)
    toys.Spy.seen.clear()
    yield
    toys.Spy.seen.clear()


@pytest.fixture
def options(tmp_path: Path) -> RunOptions:
    """In this process, where toys are registered and remember."""
    return RunOptions(out=tmp_path / "run", store=tmp_path / "store", isolate="never")
