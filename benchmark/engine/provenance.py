"""Provenance: versions, machine, device. Recorded beside results, never part of a key."""

import os
import platform
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

from weakpair import __version__

_PACKAGES = (
    *("torch", "pot", "numpy", "scipy", "scikit-learn", "pandas", "pyarrow", "pyro-ppl"),
    *("dask", "distributed"),
)
# Those whose versions may change what a stage computes.
_NUMERIC = ("pot", "numpy", "scipy", "scikit-learn", "pandas", "pyro-ppl")


def stage_provenance(device: str) -> dict[str, Any]:
    """Facts that every artefact carries: code, machine and, on a GPU, which.

    Device class and threads stand in its recipe. On a cluster this is the worker's own.
    """
    return {**_here(device), "precision": precision()}


@lru_cache(maxsize=2)
def _here(device: str) -> dict[str, Any]:
    on_gpu = device == "cuda"
    return {
        "weakpair": __version__,
        "git": git_state(Path(__file__)),
        "host": platform.node(),
        "processor": _processor(),
        "gpu": gpu_name() if on_gpu else None,
        "gpu_driver": gpu_driver() if on_gpu else None,
        "torch": _version("torch"),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in _NUMERIC},
    }


def run_provenance(
    *, computing: bool = True, before: Mapping[str, Any] | None = None, **facts: Any
) -> dict[str, Any]:
    """Facts of a run: versions, git state, processor, device, `facts`.

    A run that computes nothing imports no torch: how it would compute stands as the run `before`
    it in the same folder has it.
    """
    how = _how() if computing else {name: (before or {}).get(name) for name in _HOW}
    return {
        "weakpair": __version__,
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "git": git_state(Path(__file__)),
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        **how,
        **facts,
    }


_HOW = ("gpu", "gpu_driver", "blas", "precision")


def _how() -> dict[str, Any]:
    """Facts on what computes here, and how."""
    with full_precision():
        rounding = precision()
    return {
        "gpu": gpu_name(),
        "gpu_driver": gpu_driver(),
        "blas": blas(),
        "precision": rounding,
    }


@contextmanager
def full_precision() -> Iterator[None]:
    """Keep cuDNN from rounding to TF32 for the time being, which it does by default."""
    import torch

    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before


def precision() -> dict[str, Any]:
    """The numbers' type and how products of them are computed.

    torch's "highest" is float32 throughout. Reduced precision (TF32, bfloat16) is off unless a
    user turns it on, and then stands here.
    """
    import torch

    return {
        "dtype": str(torch.get_default_dtype()).removeprefix("torch."),
        "matmul": torch.get_float32_matmul_precision(),
        "tf32": torch.backends.cuda.matmul.allow_tf32 or torch.backends.cudnn.allow_tf32,
        "bf16": any(torch.is_autocast_enabled(device) for device in ("cpu", "cuda")),
    }


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


def git_state(file: Path) -> dict[str, Any] | None:
    """Commit and dirty flag of the checkout that `file` belongs to, None if it is of none.

    A checkout that an installed package merely lies in has nothing to do with it.
    """
    folder = file.parent
    try:
        _git(folder, "ls-files", "--error-unmatch", file.name)
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
