"""Memory of a worker between stages."""

import platform
import subprocess
import sys

import pytest

from benchmark.engine.dispatch.executors import ALLOCATOR

# Arrays below the threshold of mapping, each with something behind it that stays.
KEPT = """
import threading
import numpy as np
import psutil
from benchmark.engine.worker import LARGE_MB, give_back

kept = []

def stage():
    arrays = []
    for _ in range(40):
        arrays.append(np.ones(2**21))
        kept.append(np.ones(2**16))

thread = threading.Thread(target=stage)
thread.start()
thread.join()
rss = psutil.Process().memory_info
held = rss().rss
give_back(LARGE_MB / 2)
small = rss().rss
give_back(LARGE_MB + 1)
print((held - small) >> 20, (small - rss().rss) >> 20)
"""


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="another C library keeps other memory"
)
def test_after_a_large_stage_free_memory_goes_back_to_the_system() -> None:
    env = {name: str(value) for name, value in ALLOCATOR.items()}
    done = subprocess.run(
        [sys.executable, "-c", KEPT], capture_output=True, text=True, check=True, env=env
    )
    after_small, after_large = map(int, done.stdout.split())
    assert after_small < 64
    assert after_large > 500
