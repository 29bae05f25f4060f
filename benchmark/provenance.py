"""Who computed it: versions, machine, device. Recorded beside results, never part of a key."""

import os
import platform
import subprocess
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

from weakpair import __version__

_PACKAGES = (
    *("torch", "pot", "numpy", "scipy", "scikit-learn", "pandas", "pyarrow"),
    *("dask", "distributed"),
)


@lru_cache(maxsize=1)
def stage_provenance() -> dict[str, Any]:
    """The few lines that every artefact carries; device and threads stand in its recipe."""
    return {
        "weakpair": __version__,
        "host": platform.node(),
        "torch": _version("torch"),
        "precision": precision(),
    }


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
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "gpu": gpu_name(),
        "gpu_driver": gpu_driver(),
        "blas": blas(),
        "precision": precision(),
        **facts,
    }


def precision() -> str:
    """How float32 products are computed: torch's "highest" is float32 throughout.

    Reduced precision (TF32, bfloat16) is off unless a user turns it on, and then stands here.
    """
    import torch

    return str(torch.get_float32_matmul_precision())


def blas() -> list[str]:
    """The libraries that products of matrices run in, e.g. "openblas 0.3.29 (SkylakeX)"."""
    import torch  # noqa: F401 - loads its own
    from threadpoolctl import threadpool_info

    known = [info for info in threadpool_info() if info["user_api"] == "blas"]
    return sorted(
        f"{info['internal_api']} {info['version']} ({info.get('architecture', 'unknown')})"
        for info in known
    )


def gpu_driver() -> str | None:
    """The version of the NVIDIA driver, None without one."""
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return None
    return next(iter(said.stdout.splitlines()), None)


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
