"""Child processes that import what this process imports, from the same places."""

import os
import subprocess
import sys
from typing import Any


def start_child(code: str, *args: str, **options: Any) -> "subprocess.Popen[Any]":
    """Start a Python process that runs `code` with our import names claimed.

    Args:
        code: what it runs.
        args: its `sys.argv` from 1 on.
        options: of `subprocess.Popen`.
    """
    path = os.pathsep.join(place or os.getcwd() for place in sys.path)  # noqa: PTH109
    return subprocess.Popen(
        # The current folder may hold namesakes of ours; -P keeps it from coming before all others.
        [sys.executable, "-P", "-c", f"from weakpair.imports import claim; claim(); {code}", *args],
        env={**os.environ, "PYTHONPATH": path},
        **options,
    )
