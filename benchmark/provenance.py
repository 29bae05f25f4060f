"""Who computed it: versions, machine, device. Recorded beside results, never part of a key."""

import os
import platform
import subprocess
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from weakpair import __version__

_PACKAGES = ("torch", "pot", "numpy", "scipy", "scikit-learn", "pandas", "pyarrow", "dask")


@lru_cache(maxsize=1)
def stage_provenance() -> dict[str, Any]:
    """The few lines that every artefact carries."""
    return {"weakpair": __version__, "host": platform.node(), "torch": _version("torch")}


def run_provenance(**facts: Any) -> dict[str, Any]:
    """Everything worth knowing of a run: versions, git state, processor, device, `facts`."""
    return {
        "weakpair": __version__,
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "git": git_state(Path(__file__).parent),
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "gpu": gpu_name(),
        **facts,
    }


def gpu_name() -> str | None:
    """The first CUDA device's name, None without one."""
    import torch

    return torch.cuda.get_device_name(0) if torch.cuda.is_available() else None


def git_state(folder: Path) -> dict[str, Any] | None:
    """Commit and dirty flag of the checkout `folder` lies in, None outside of one."""
    try:
        sha = _git(folder, "rev-parse", "HEAD")
        return {"sha": sha, "dirty": bool(_git(folder, "status", "--porcelain"))}
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(folder: Path, *words: str) -> str:
    command = ["git", "-C", str(folder), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
